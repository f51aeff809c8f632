"""Random prices and random usage, charged anew: plain model, rehearsal, dry run and books agree to the last digit.

Each run has a seed of its own; REHEARSALS_SEED=… plays that one again.
"""

from __future__ import annotations

import os
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest

from billing.services import auditing
from pricing.models import Version
from pricing.services import catalogue, drafting, publishing
from usage.models import Correction, DebitLine, Rerating, ReratingLine, Reversal
from usage.rules.receipts import Receipt
from usage.services import correcting, rerating
from usage.services.rerating import ReratingOrder
from usage.tests.model import histories as h
from usage.tests.model import rehearsals as model
from usage.tests.model.catalogue import Catalogue
from usage.tests.model.prices import Rate
from usage.tests.model.rehearsal_deeds import GiveBack
from usage.tests.model.rehearsals import Story
from usage.tests.model.reratings import rerated
from usage.tests.rerated import now_charged
from usage.tests.test_rehearsals_agree import (
    LONG_BEFORE,
    SEED,
    a_draft,
    by_line,
    lived,
    rehearsed,
    shared,
    undone_later,
)

__all__ = ["shared"]

Lines = dict[int, list[Decimal]]


def a_version(shared: Catalogue, rates: Sequence[Rate]) -> Version:
    """Published prices of a table that nobody pays by."""
    table = catalogue.create_table(code="corrections", token="AIT")
    draft = drafting.open_draft(table=table)
    drafting.replace_rates(draft=draft, rows=shared.rows(rates), revision=None)
    return publishing.publish(version=draft, moment=LONG_BEFORE)


def charged_anew(shared: Catalogue, story: Story, version: Version, table_id: int, now: datetime) -> Rerating:
    order = ReratingOrder("Random.", story.since, story.until, table_id=table_id, version_id=version.pk)
    asked = rerating.ask(order=order, by="mina", now=now)
    work(asked, now)
    rerating.approve(rerating=asked, by="tom", now=now)
    return work(asked, now)


def work(asked: Rerating, now: datetime) -> Rerating:
    while correcting.work(asked.pk, 0, now):
        pass
    done = Rerating.objects.get(pk=asked.pk)
    assert done.state in ("ready", "done", "reverted"), done.fault
    return done


def lines_now(receipts: Mapping[int, Receipt]) -> Lines:
    """Tokens of each line as the usage is charged by now, by its place in the story."""
    found = {}
    for place, receipt in receipts.items():
        rows = DebitLine.objects.filter(debit=now_charged(receipt.id).pk).order_by("position")
        found[place] = list(rows.values_list("tokens", flat=True))
    return found


def courtesies(receipts: Mapping[int, Receipt]) -> dict[int, Decimal]:
    """Tokens that were given back in part of the usage as it is charged by now, by its place in the story."""
    found = {}
    for place, receipt in receipts.items():
        rows = Reversal.objects.filter(debit=now_charged(receipt.id).pk, is_whole=False)
        if tokens := sum(rows.values_list("tokens", flat=True), Decimal(0)):
            found[place] = tokens
    return found


def at_most(given_back: Mapping[int, Decimal], lines: Lines) -> dict[int, Decimal]:
    """What is given back again where these lines are charged."""
    most = {place: min(tokens, sum(lines[place], Decimal(0))) for place, tokens in given_back.items()}
    return {place: tokens for place, tokens in most.items() if tokens}


def differences(asked: Rerating) -> dict[tuple[UUID, int], Decimal]:
    rows = ReratingLine.objects.filter(rerating=asked)
    changed = {(row.account_id, row.feature_id): row.tokens_after - row.tokens_before for row in rows}
    return {key: tokens for key, tokens in changed.items() if tokens}


def booked_differences(asked: Rerating) -> dict[tuple[UUID, int], Decimal]:
    found: dict[tuple[UUID, int], Decimal] = defaultdict(Decimal)
    for each in Correction.objects.filter(rerating=asked, restores_id=None):
        for sign, debit in ((-1, each.debit_id), (1, each.replacement_id)):
            for feature, tokens in DebitLine.objects.filter(debit=debit).values_list("feature_id", "tokens"):
                found[each.account_id, feature] += sign * tokens
    return {key: tokens for key, tokens in found.items() if tokens}


def sums(story: Story, lines: Lines) -> dict[tuple[str, str], Decimal]:
    """By account and feature, of the usage that a rehearsal tells of."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for place, tokens in lines.items():
        spend = story.deeds[place][1]
        if model.is_told(story, place):
            for item, each in zip(spend.items, tokens, strict=True):
                found[spend.account, item.feature] += each
    return dict(found)


def gave_back_whole(story: Story) -> bool:
    """Whether usage of the period was given back whole: a rehearsal counts it by its prices, as if they had been."""
    return any(
        isinstance(deed, GiveBack) and deed.share is None and model.is_asked(story, deed.spend)
        for _, deed in story.deeds
    )


def lies() -> set[str]:
    """The checks of the audit that find something: the story is told by a key that nobody made."""
    return {each.check.name for each in auditing.findings()}


def play(shared: Catalogue, seed: int, *, is_audited: bool) -> None:
    story = model.story(random.Random(seed))
    now = story.deeds[-1][0] + h.DAY
    with undone_later():
        shared.publish(model.ASKED, story.live, LONG_BEFORE, None)
        shared.publish(model.OTHER, story.other, LONG_BEFORE, None)
        receipts = lived(shared, story)
        charged, standard = by_line(receipts), shared.tables[model.ASKED].pk
        live = Version.objects.filter(table=standard).latest("number")
        told = rehearsed(a_draft(shared, story.draft), story)
        version = a_version(shared, story.draft)

        before = lies() if is_audited else set()
        given_back = courtesies(receipts)

        charged_anew(shared, story, live, standard, now)
        assert not Correction.objects.exists()

        done = charged_anew(shared, story, version, standard, now + h.DAY)
        expected = charged | rerated(story, story.draft)
        assert lines_now(receipts) == expected
        assert courtesies(receipts) == at_most(given_back, expected)
        assert differences(done) == booked_differences(done)
        if model.is_priced(story, story.draft) and not gave_back_whole(story):
            assert sums(story, expected) == {key: each.after for key, each in told.items()}

        count = Correction.objects.count()
        for again in (standard, version.table_id):
            charged_anew(shared, story, version, again, now + 2 * h.DAY)
        assert Correction.objects.count() == count
        if is_audited:
            assert lies() == before

        rerating.revert(rerating=done, by="tom", reason="Random.", now=now + 3 * h.DAY)
        work(done, now + 3 * h.DAY)
        assert (lines_now(receipts), courtesies(receipts)) == (charged, given_back)
        if is_audited:
            assert lies() == before


@pytest.mark.timeout(900)
@pytest.mark.parametrize("debits_a_slice", [200, 2])
def test_model_dry_run_and_books_agree(
    shared: Catalogue, monkeypatch: pytest.MonkeyPatch, debits_a_slice: int
) -> None:
    monkeypatch.setattr(correcting, "A_SLICE", debits_a_slice)
    for number in range(SEED, SEED + int(os.environ.get("REHEARSALS") or 10)):
        try:
            play(shared, number, is_audited=number % 5 == 0)
        except AssertionError as fault:
            pytest.fail(f"REHEARSALS_SEED={number}\n{fault}", pytrace=False)
