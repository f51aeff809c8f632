"""Every planted gap is found once, names its subject, opens one inbox row, and is gone when it is mended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from billing.models import Gap, InboxItem, OrderCharge, Portion
from billing.queries.reconciling import QUESTIONS
from billing.services import auditing, gaps, reconciling
from billing.tests.books import Books
from billing.tests.books_of_invoices import charge_money
from billing.tests.books_of_orders import MARCH, buy
from billing.tests.desks.people import a_member
from billing.tests.invoiced import APRIL, SPRING, drafted, finalised
from billing.tests.pen import falsify
from billing.tests.reconciliation.planted import PLANTS, Plant
from config.embedded.postgres import OWNER
from usage.services import reversing
from usage.tests.made import DAY, Shop, a_grant, a_reversal, clock
from usage.tests.remembering import forget_what_is_remembered
from usage.tests.reported import an_event, rate, report, the_event
from wallets.models import Account

FIRST, LAST = MARCH.date(), date(2026, 4, 3)


def keep() -> Books:
    """A charge and what was given back of it, an event, orders that gave and asked, and an invoice with overage."""
    shop = Shop(since=SPRING - 40 * DAY)
    names = {**charge_money(shop), **buy(shop)}
    customer = shop.an_account(SPRING)
    a_grant(customer, "100", now=SPRING)
    used = shop.debit(customer, "30", now=SPRING + DAY)
    back = reversing.reverse(a_reversal(used, "10", SPRING + 2 * DAY))
    sent = an_event(shop, customer, at=clock())
    report(shop, sent)
    rate()
    buyer = Account.objects.get(pk=names["buyer"])
    finalised(drafted(buyer, SPRING + 3 * DAY)[0].pk, SPRING + 3 * DAY)
    asked = OrderCharge.objects.filter(account=buyer, invoiced__isnull=False).first()
    assert asked is not None
    names |= {"debit": used.id, "reversal": back.id, "event": str(the_event(sent).pk), "charge": asked.pk}
    return Books(names)


@pytest.fixture(scope="module")
def books(own_database: None, django_db_blocker: Any) -> Iterator[Books]:
    with django_db_blocker.unblock():
        forget_what_is_remembered()
        kept = keep()
        connection.close()
        connection.settings_dict["USER"] = OWNER
        yield kept
        connection.close()
        forget_what_is_remembered()


@pytest.fixture(autouse=True)
def _nothing_stays(books: Books) -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def compare() -> set[tuple[str, str]]:
    """Reconcile the days of the books, and today, on which the database made what has a time of its own."""
    today = clock().date()
    for first, last in ((FIRST, LAST), (today, today)):
        assert reconciling.reconcile(first=first, last=last).state == "done"
    return set(Gap.objects.open().values_list("kind", "subject"))


def subject_of(plant: Plant, books: Books) -> str:
    with connection.cursor() as cursor:
        cursor.execute(plant.subject, books.names)
        return str(cursor.fetchone()[0])


class TestReconciling:
    def test_finds_nothing_in_true_books(self, books: Books) -> None:
        assert compare() == set()
        assert Portion.objects.exists()
        assert OrderCharge.objects.exists()

    @pytest.mark.parametrize("plant", PLANTS, ids=str)
    def test_finds(self, books: Books, plant: Plant) -> None:
        subject = subject_of(plant, books)
        falsify(books, plant.table, plant.plant)

        assert (plant.kind, subject) in compare()
        gap = Gap.objects.get(kind=plant.kind, subject=subject)
        assert abs(gap.difference) == 1
        assert compare() == set(Gap.objects.values_list("kind", "subject"))
        rows = InboxItem.objects.filter(rule="gap", subject=str(gap.pk))
        assert rows.get().state == "open"

        falsify(books, plant.table, plant.mend)
        assert compare() == set()
        gap.refresh_from_db()
        assert (gap.state, gap.how, gap.notes.count()) == ("closed", "itself", 2)
        assert rows.get().state == "resolved"
        names = ["open_gap_has_its_inbox_row", "gap_is_what_its_notes_say", "inbox_row_is_what_its_notes_say"]
        assert auditing.findings(names) == ()

    def test_plants_a_gap_of_every_kind(self) -> None:
        assert {plant.kind for plant in PLANTS} == set(QUESTIONS)


class TestAccepting:
    def test_lasts_while_the_figures_are_the_same(self, books: Books) -> None:
        plant = next(each for each in PLANTS if each.kind == "invoice")
        falsify(books, plant.table, plant.plant)
        compare()
        gap = Gap.objects.get()

        gaps.accept(gap_id=gap.pk, reason="A cent of old.", user=a_member("Finance"))
        assert compare() == set()

        falsify(books, plant.table, plant.plant)
        assert compare() == {("invoice", gap.subject)}
        assert list(gap.notes.values_list("verb", "by")) == [
            ("found", ""),
            ("accepted", "finance"),
            ("again", ""),
        ]
        assert InboxItem.objects.filter(rule="gap", subject=str(gap.pk)).count() == 2


def test_a_month_beside_is_not_looked_at(books: Books) -> None:
    plant = PLANTS[0]
    falsify(books, plant.table, plant.plant)

    reconciling.reconcile(first=APRIL, last=APRIL)

    assert not Gap.objects.exists()
