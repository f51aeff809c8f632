"""Random prices and random usage: plain model, quote, debit and rehearsal agree to the last digit.

Each run has a seed of its own; REHEARSALS_SEED=… plays that one again.
"""

from __future__ import annotations

import os
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from pricing.errors import OverlapsInTime
from pricing.models import RateTable, Version
from pricing.services import drafting
from usage.models import Rehearsal, RehearsalLine, Terms
from usage.rules.enrolment import Enrolment, PolicyChoice
from usage.rules.orders import DebitOrder, Item, QuoteOrder, ReversalOrder
from usage.rules.receipts import Receipt
from usage.services import metering, rehearsing, reversing, terms
from usage.tests.model import histories as h
from usage.tests.model import rehearsals as model
from usage.tests.model.catalogue import Catalogue
from usage.tests.model.playing import BEGINNING
from usage.tests.model.prices import Rate
from usage.tests.model.product import SOMEBODY, SOMEBODY_WHY, Tokendesk
from usage.tests.model.rehearsal_deeds import CallOff, GiveBack, Keep, Move, SetOwn, Spend
from usage.tests.model.rehearsals import Story, Told
from usage.tests.model.telling import ordered
from usage.tests.remembering import forget_what_is_remembered
from wallets.models import Account

SEED = int(os.environ.get("REHEARSALS_SEED") or random.SystemRandom().randrange(10**9))
LONG_BEFORE = BEGINNING - timedelta(days=50)
LIVE = 2
"""The number of the version that charges; the catalogue begins with another."""
Sums = dict[tuple[str, str], Told]


class Over(Exception):
    """What was played is rolled back."""


@pytest.fixture
def shared(
    db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Catalogue]:
    """A catalogue, and a process that remembers prices and terms inside a transaction too."""
    with capsys.disabled():
        sys.stdout.write(f"REHEARSALS_SEED={SEED}\n")
    monkeypatch.setattr("pricing.queries.pricebook._is_lasting", lambda: True)
    monkeypatch.setattr("usage.queries.standings._is_lasting", lambda: True)
    yield Catalogue()
    forget_what_is_remembered()


@contextmanager
def undone_later() -> Iterator[None]:
    """A world of its own: nothing of it is remembered afterwards."""
    forget_what_is_remembered()
    try:
        with transaction.atomic():
            yield
            raise Over
    except Over:
        pass


def lived(shared: Catalogue, story: Story) -> dict[int, Receipt]:
    """Let the story happen; answers the receipt of each debit by its place."""
    for reference in h.ACCOUNTS:
        asked = Enrolment(policy=PolicyChoice("overage"))
        terms.enrol(reference=reference, asked=asked, author=SOMEBODY, now=LONG_BEFORE)
    receipts: dict[int, Receipt] = {}
    for place, (now, deed) in enumerate(story.deeds):
        if isinstance(deed, Spend):
            quotation = quoted(shared, now, deed)
            receipts[place] = spent(shared, f"spend-{place}", now, deed)
            assert [line.tokens for line in receipts[place].lines] == quotation
        elif isinstance(deed, GiveBack) and deed.spend in receipts:
            give_back(shared, f"back-{place}", now, receipts[deed.spend], deed.share)
        elif not isinstance(deed, GiveBack):
            arrange(shared, now, deed)
    return receipts


def arrange(shared: Catalogue, now: datetime, deed: Move | CallOff | SetOwn | Keep) -> None:
    """Let an account pay by another table, now or later or not after all, at its own price, or stay on what is live."""
    if isinstance(deed, Move):
        asked = Enrolment(rate_table=deed.table, rate_table_from=deed.begins)
        with suppress(OverlapsInTime):
            terms.enrol(reference=deed.account, asked=asked, author=SOMEBODY, now=now)
        return
    if isinstance(deed, CallOff):
        row = Terms.objects.filter(account__reference=deed.account).scheduled(now).first()
        if row is not None:
            terms.withdraw(account_id=row.account_id, terms_id=row.pk, author=SOMEBODY_WHY, now=now)
        return
    tokendesk = Tokendesk(shared)
    tokendesk.accounts = dict(Account.objects.values_list("reference", "pk"))
    if isinstance(deed, SetOwn):
        tokendesk.set_own_price(deed.account, deed.price, now, deed.begins, deed.ends)
    else:
        tokendesk.keep(deed.account, model.ASKED, LIVE, now, deed.until)


def items_of(deed: Spend) -> tuple[Item, ...]:
    return ordered(deed.items)


def spent(shared: Catalogue, key: str, now: datetime, deed: Spend) -> Receipt:
    return metering.charge(
        DebitOrder(
            account=deed.account,
            product_id=shared.products["bot"],
            api_key_id=1,
            key=key,
            fingerprint=bytes(32),
            items=items_of(deed),
            received_at=now,
            occurred_at=deed.occurred_at,
            now=now,
        )
    )


def quoted(shared: Catalogue, now: datetime, deed: Spend) -> list[Decimal]:
    product, items = shared.products["bot"], items_of(deed)
    order = QuoteOrder(deed.account, product, items, now, deed.occurred_at, now=now)
    return [line.tokens for line in metering.quote(order).lines]


def give_back(shared: Catalogue, key: str, now: datetime, receipt: Receipt, share: int | None) -> None:
    part = None if share is None else (receipt.tokens * share / 100).quantize(Decimal("0.000001"))
    if part != 0:
        product = shared.products["bot"]
        reversing.reverse(ReversalOrder(receipt.id, product, key, bytes(32), part, now=now))


def rehearsed(version: Version, story: Story) -> Sums:
    """What the product's rehearsal found."""
    ends = story.deeds[-1][0] + h.DAY
    asked = rehearsing.ask(version=version, since=story.since, until=story.until, now=ends)
    while rehearsing.work(asked.pk, 0):
        pass
    assert Rehearsal.objects.get(pk=asked.pk).state == "done", Rehearsal.objects.get(pk=asked.pk).fault
    return {
        (line.account.reference, line.feature.code): Told(
            line.lines,
            line.quantity,
            line.tokens_before,
            line.tokens_after,
            line.unpriced_lines,
            line.unpriced_tokens,
            *(line.cost_before, line.costed_before, line.cost_after, line.costed_after),
        )
        for line in RehearsalLine.objects.filter(rehearsal=asked).select_related("account", "feature")
    }


def a_draft(shared: Catalogue, rates: Sequence[Rate]) -> Version:
    draft = drafting.open_draft(table=RateTable.objects.get(pk=shared.tables[model.ASKED].pk))
    return drafting.replace_rates(draft=draft, rows=shared.rows(rates), revision=None)


def by_line(receipts: Mapping[int, Receipt]) -> dict[int, list[Decimal]]:
    return {place: [line.tokens for line in each.lines] for place, each in receipts.items()}


def unlike(told: Sums, expected: Sums) -> dict[tuple[str, str], tuple[object, object]]:
    keys = told.keys() | expected.keys()
    pairs = {key: (told.get(key), expected.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def after_publishing(shared: Catalogue, story: Story) -> dict[tuple[str, str], Decimal]:
    """What the story's usage costs where the draft is published for its period."""
    shared.publish(model.ASKED, story.live, LONG_BEFORE, None)
    shared.publish(model.ASKED, story.draft, LONG_BEFORE, story.since)
    shared.publish(model.ASKED, story.live, LONG_BEFORE, story.until)
    shared.publish(model.OTHER, story.other, LONG_BEFORE, None)
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for place, receipt in lived(shared, story).items():
        spend = story.deeds[place][1]
        assert isinstance(spend, Spend)
        if model.is_told(story, place):
            for line in receipt.lines:
                found[spend.account, line.feature] += line.tokens
    return dict(found)


def play(shared: Catalogue, seed: int) -> None:
    story = model.story(random.Random(seed))
    with undone_later():
        shared.publish(model.ASKED, story.live, LONG_BEFORE, None)
        shared.publish(model.OTHER, story.other, LONG_BEFORE, None)
        charged = by_line(lived(shared, story))
        live = Version.objects.filter(table=shared.tables[model.ASKED]).latest("number")
        same = rehearsed(live, story)
        told = rehearsed(a_draft(shared, story.draft), story)

        assert unlike(same, model.rehearsed(story, story.live, charged)) == {}
        assert {key: each for key, each in same.items() if each.before != each.after} == {}
        assert {key: each for key, each in same.items() if each.cost_before != each.cost_after} == {}
        assert unlike(told, model.rehearsed(story, story.draft, charged)) == {}
    if model.is_priced(story, story.draft):
        with undone_later():
            assert after_publishing(shared, story) == {key: each.after for key, each in told.items()}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("lines_a_slice", [50_000, 4])
def test_model_quote_debit_and_rehearsal_agree(
    shared: Catalogue, monkeypatch: pytest.MonkeyPatch, lines_a_slice: int
) -> None:
    monkeypatch.setattr(rehearsing, "LINES_A_SLICE", lines_a_slice)
    for number in range(SEED, SEED + int(os.environ.get("REHEARSALS") or 20)):
        try:
            play(shared, number)
        except AssertionError as fault:
            pytest.fail(f"REHEARSALS_SEED={number}\n{fault}", pytrace=False)
