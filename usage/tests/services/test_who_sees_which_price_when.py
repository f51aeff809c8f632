"""Around the instant of a scheduled change, withdrawn or not, all that tell or take a price agree on the table."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import permutations, product
from uuid import UUID

import pytest
from django.db import connection

from pricing.models import RateTable
from usage.models import Debit, RehearsalLine, Terms
from usage.queries.audit_prices import PRICES
from usage.queries.explanations import explain
from usage.queries.pricelists import price_list
from usage.queries.terms import table_at
from usage.rules.enrolment import Enrolment
from usage.rules.orders import Item, QuoteOrder
from usage.services import metering, rehearsing, terms
from usage.tests.made import AUTHOR, DAY
from usage.tests.town import SPRING, TABLE_OF, Town, a_customer, a_town, ways
from wallets.models import Account

BEGINS = SPRING + 10 * DAY
LATER = BEGINS + 20 * DAY
BLINK, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
(BY_TERMS_OF_THE_ACCOUNT,) = (
    check for check in PRICES if check.name == "debit_is_priced_by_the_accounts_table"
)
WAYS_AND_FATES = tuple(
    (*way, is_withdrawn) for way, is_withdrawn in product(permutations(TABLE_OF, 2), (False, True))
)


def arrange(account: Account, asked: dict[str, str | None], *, is_withdrawn: bool) -> None:
    """Schedule a change long before it begins, and perhaps take it back."""
    wanted = Enrolment(**asked, rate_table_from=BEGINS)
    terms.enrol(reference=account.reference, asked=wanted, author=AUTHOR, now=SPRING + DAY)
    if is_withdrawn:
        row = Terms.objects.get(account=account, effective_from=BEGINS)
        terms.withdraw(account_id=account.pk, terms_id=row.pk, author=AUTHOR, now=BEGINS - BLINK)


def told(town: Town, account: Account, moment: datetime) -> dict[str, str | None]:
    """The table by which each of them prices usage of an instant, and charges it: then, and long afterwards."""
    items = (Item(town.shop.chat, Decimal(1), {}),)
    order = QuoteOrder(account.reference, town.shop.product.pk, items, received_at=moment, now=moment)
    on_time, late = (
        town.shop.debit(account, "1", now=moment),
        town.shop.debit(account, "1", at=moment, now=LATER),
    )
    table = table_at(account.pk, moment)
    return {
        "query": table.code if table else None,
        "quote": metering.quote(order).lines[0].table,
        "debit": on_time.lines[0].table,
        "late debit": late.lines[0].table,
        "explanation": explain(on_time.id)["steps"][0]["table"],
        "price list": price_list(account.reference, moment).head["table"],
    }


def lies() -> set[object]:
    """Debits that the audit finds priced by another table than the account's."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT debit FROM ({BY_TERMS_OF_THE_ACCOUNT.sql}) AS lies")
        return {debit for (debit,) in cursor.fetchall()}


def rehearsed(table: RateTable) -> int:
    """How many lines a rehearsal of the table's prices finds."""
    version = table.versions.get(number=2)
    asked = rehearsing.ask(version=version, since=SPRING, until=LATER, now=LATER + DAY)
    while rehearsing.work(asked.pk, 60):
        pass
    return sum(RehearsalLine.objects.filter(rehearsal=asked).values_list("lines", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize(("before", "after", "is_withdrawn"), WAYS_AND_FATES)
def test_all_agree_before_the_instant_at_it_and_after(before: str, after: str, is_withdrawn: bool) -> None:
    town = a_town()
    asked = ways(town)
    customer = a_customer(**asked[before])
    arrange(customer, asked[after], is_withdrawn=is_withdrawn)

    seen = {by: told(town, customer, BEGINS + by) for by in (-BLINK, 0 * BLINK, BLINK, DAY)}

    old = town.tables[TABLE_OF[before]]
    new = old if is_withdrawn else town.tables[TABLE_OF[after]]
    expected = {by: dict.fromkeys(seen[by], (old if by < 0 * BLINK else new).code) for by in seen}
    assert seen == expected
    assert lies().isdisjoint(Debit.objects.filter(account=customer).values_list("pk", flat=True))
    lines = {
        table.code: 2 * [each["debit"] for each in seen.values()].count(table.code) for table in (old, new)
    }
    assert {table.code: rehearsed(table) for table in (old, new)} == lines


@pytest.mark.usefixtures("owner_db")
@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_the_audit_finds_a_debit_that_paid_by_the_other_table(is_withdrawn: bool) -> None:
    town = a_town()
    asked = ways(town)
    customer = a_customer(**asked["own table"])
    arrange(customer, asked["segment"], is_withdrawn=is_withdrawn)
    debits = [town.shop.debit(customer, "1", now=BEGINS + by).id for by in (-BLINK, 0 * BLINK)]
    wrong = ("segment", "own") if not is_withdrawn else ("segment", "segment")

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE usage_debit DISABLE TRIGGER USER")
        for debit, name in zip(debits, wrong, strict=True):
            cursor.execute(
                "UPDATE usage_debit SET table_id = %s WHERE id = %s", [town.tables[name].pk, debit]
            )

    assert lies() >= set(debits)


@pytest.mark.usefixtures("owner_db")
class TestUsageDatedAhead:
    """Usage may be dated five minutes ahead: it can be charged by terms that are withdrawn before they begin."""

    def test_pays_by_the_scheduled_table_until_that_is_withdrawn(self) -> None:
        town = a_town()
        asked = ways(town)
        customer = a_customer(**asked["own table"])

        def ahead(now: datetime) -> UUID:
            return town.shop.debit(customer, "1", at=BEGINS, now=now).id

        before = ahead(BEGINS - 4 * MINUTE)
        wanted = Enrolment(**asked["segment"], rate_table_from=BEGINS)
        terms.enrol(reference=customer.reference, asked=wanted, author=AUTHOR, now=BEGINS - 3 * MINUTE)
        between = ahead(BEGINS - 2 * MINUTE)
        row = Terms.objects.get(account=customer, effective_from=BEGINS)
        terms.withdraw(account_id=customer.pk, terms_id=row.pk, author=AUTHOR, now=BEGINS - MINUTE)
        after = ahead(BEGINS - BLINK)

        paid = dict(Debit.objects.filter(account=customer).values_list("pk", "tokens"))
        assert [paid[each] for each in (before, between, after)] == [2, 4, 2]
        assert lies().isdisjoint({before, between, after})

        own, segment = (town.tables[name].pk for name in ("own", "segment"))
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE usage_debit DISABLE TRIGGER USER")
            swap = "UPDATE usage_debit SET table_id = %s WHERE id = %s"
            cursor.executemany(swap, [(segment, before), (own, between), (segment, after)])
        assert lies() >= {before, between, after}
