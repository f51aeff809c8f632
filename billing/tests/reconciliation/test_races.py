"""Runs at the same moment make one row a gap, and one in the inbox; so do those who raise and settle at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from billing.models import Gap, InboxItem
from billing.rules.reconciling import Found
from billing.services import gaps, inbox, reconciling
from billing.services.inbox import Raised
from usage.tests.made import named
from usage.tests.racing import at_once, blocked

pytestmark = pytest.mark.committed
DAY = date(1999, 5, 5)


def test_two_runs_find_a_gap_once() -> None:
    name = named("erp")
    found = Found("differs", f"{name} invoice 1", DAY, None, Decimal(1), Decimal(2), "EUR")

    def keep() -> int:
        with transaction.atomic():
            return gaps.keep([found], kinds=["differs"], first=DAY, last=DAY, system=name)

    assert at_once([keep] * 6) == [1] * 6

    gap = Gap.objects.get(subject=found.subject)
    assert list(gap.notes.values_list("verb", flat=True)) == ["found"]
    row = InboxItem.objects.get(rule="gap", subject=str(gap.pk))
    assert row.notes.count() == 1

    with transaction.atomic():
        gaps.keep([], kinds=["differs"], first=DAY, last=DAY, system=name)
    row.refresh_from_db()
    assert row.is_resolved


def test_a_run_opens_no_gap_that_is_accepted_meanwhile() -> None:
    name, user = named("erp"), User.objects.create(username=named("closer"))
    found = Found("differs", f"{name} invoice 1", DAY, None, Decimal(1), Decimal(2), "EUR")

    def keep() -> None:
        with transaction.atomic():
            gaps.keep([found], kinds=["differs"], first=DAY, last=DAY, system=name)

    keep()
    gap = Gap.objects.get(subject=found.subject)
    with ThreadPoolExecutor(1) as threads, transaction.atomic():
        gaps.accept(gap_id=gap.pk, reason="Rounded there.", user=user)
        run = blocked(threads, keep)
        assert not run.done(), "The run never waited."
    run.result()

    gap.refresh_from_db()
    assert (gap.how, gap.reason) == ("accepted", "Rounded there.")


def test_two_who_reconcile_the_same_days_both_end() -> None:
    runs = at_once([partial(reconciling.reconcile, first=DAY, last=DAY)] * 4)
    reconciling.work()

    for run in runs:
        run.refresh_from_db()
        assert run.state == "done"


def test_twenty_who_raise_make_one_row_and_one_settles_it() -> None:
    subject = named("wallet")
    about = Raised("burn", subject, "It burns")

    rows = at_once([partial(inbox.raise_item, about)] * 20)
    settled = at_once([partial(inbox.settle_item, rule="burn", subject=subject)] * 8)

    assert len(set(rows)) == 1
    assert sorted(settled) == [False] * 7 + [True]
    assert list(InboxItem.objects.get(subject=subject).notes.values_list("verb", flat=True)) == [
        "raised",
        "resolved",
    ]
