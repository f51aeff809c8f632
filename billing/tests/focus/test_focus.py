"""A month by FOCUS 1.2: in form, and in sum what the ledger, revenue and invoices have."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client

from billing.models import AccountBilling, CreditNote, Invoice, Seller
from billing.queries import focus
from billing.services import recognising
from billing.tests.books_of_invoices import charge_money
from billing.tests.books_of_orders import MARCH, buy
from billing.tests.books_of_revenue import earn
from billing.tests.desks.people import at_the_desk_of
from billing.tests.focus.specification import faults_of, faults_of_columns
from billing.tests.invoiced import APRIL, SPRING, drafted, finalised
from billing.tests.orders.sold import a_line, an_offer, bought, order
from usage.services import reversing
from usage.tests.made import DAY, UNLIMITED, Shop, a_grant, a_reversal
from usage.tests.remembering import forget_what_is_remembered
from wallets.models import Account, Entry

pytestmark = pytest.mark.django_db
JANUARY, FEBRUARY = date(2001, 1, 1), date(2001, 2, 1)
MONTHS = (JANUARY, FEBRUARY, MARCH.date(), APRIL)
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def names(own_database: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """Books in a database of their own."""
    with django_db_blocker.unblock():
        forget_what_is_remembered()
        kept = keep()
        connection.close()
        yield kept
        forget_what_is_remembered()


def keep() -> dict[str, Any]:
    """Overage invoiced, credited and repaid; orders billed here and elsewhere; usage given back a month later."""
    shop = Shop(since=SPRING - 40 * DAY)
    found = {**charge_money(shop), **buy(shop), **earn()}
    buyer = Account.objects.get(pk=found["buyer"])
    finalised(drafted(buyer, SPRING + 3 * DAY)[0].pk, SPRING + 3 * DAY)
    elsewhere = shop.an_account(SPRING)
    AccountBilling.objects.create(customer=elsewhere, billing="external")
    order(elsewhere, a_line(an_offer("7.77", tokens=[bought("3")])), now=SPRING)
    mixed = shop.an_account(SPRING, policy=UNLIMITED)
    for tokens, price in (("7", "0.13"), ("5", "0.29")):
        a_grant(mixed, tokens, now=SPRING, kind="purchase", unit_cost=Decimal(price), currency="USD")
    used = shop.debit(mixed, "4", "11", "3.5", features=(shop.chat, shop.image, shop.chat), now=SPRING + DAY)
    a_grant(mixed, "2", now=SPRING + 5 * DAY, kind="purchase", unit_cost=Decimal("0.5"), currency="USD")
    reversing.reverse(a_reversal(used, "5", SPRING + 6 * DAY))
    reversing.reverse(a_reversal(used, None, SPRING + 35 * DAY))
    recognising.reckon()
    return {**found, "mixed": mixed}


def exported(month: date, *more: str) -> Rows:
    text = io.StringIO()
    call_command("export", "focus", "--month", f"{month:%Y-%m}", *more, stdout=text)
    return list(csv.DictReader(io.StringIO(text.getvalue())))


def summed(rows: Rows, amount: str, *by: str, **where: str) -> dict[Any, Decimal]:
    found: dict[Any, Decimal] = defaultdict(Decimal)
    for row in rows:
        if all(row[name] == value for name, value in where.items()):
            found[tuple(row[name] for name in by) if len(by) > 1 else row[by[0]]] += Decimal(row[amount] or 0)
    return {key: amount for key, amount in found.items() if amount}


def asked(statement: str, month: date) -> dict[Any, Decimal]:
    """A sum by the first column, by SQL of the test's own. M: an instant's month."""
    with connection.cursor() as cursor:
        cursor.execute(
            statement.replace("M(", "date_trunc('month', timezone('UTC', ").replace(")M", "))::date"), [month]
        )
        return {key: amount for key, amount in cursor.fetchall() if amount}


LEDGER = """
    SELECT u.code, sum(CASE WHEN e.kind IN ('draw', 'late_draw', 'overage') THEN e.amount ELSE -e.amount END)
    FROM wallets_entry e JOIN wallets_wallet w ON w.id = e.wallet_id JOIN wallets_tokenunit u ON u.id = w.unit_id
    WHERE M(e.recorded_at)M = %s AND (e.kind IN ('draw', 'late_draw', 'overage')
        OR e.kind IN ('restore', 'overage_reversal', 'credit') AND e.cause_kind = 'reversal') GROUP BY 1"""
REVENUE = """
    SELECT currency, sum(amount) FROM (
        SELECT month, currency, recognised AS amount FROM billing_revenuemonth
        UNION ALL
        SELECT month, currency, earned FROM billing_billedmonth WHERE kind = 'overage' AND line_id IS NOT NULL) AS r
    WHERE month = %s GROUP BY 1"""
ELSEWHERE = """
    SELECT currency, sum(amount) FROM (
        SELECT recorded_at, currency, amount FROM billing_ordercharge WHERE is_external
        UNION ALL
        SELECT made_at, currency, paid FROM billing_grantrevenue r WHERE NOT EXISTS (
            SELECT FROM billing_ordergrant o WHERE o.grant_id = r.grant_id)
          AND NOT EXISTS (SELECT FROM wallets_entry e WHERE e.grant_id = r.grant_id AND e.kind = 'transfer_in')) AS b
    WHERE M(recorded_at)M = %s GROUP BY 1"""


class TestTotals:
    @pytest.mark.parametrize("month", MONTHS, ids=str)
    def test_are_those_of_the_ledger_of_revenue_and_of_invoices(
        self, names: dict[str, Any], month: date, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(focus, "ROWS_AT_ONCE", 2)
        rows = exported(month)
        earning = ("usage", "reversal", "repayment", "earned")

        tokens = [row for row in rows if row["x_Source"] in earning[:3]]
        assert summed(tokens, "PricingCurrencyEffectiveCost", "PricingCurrency") == asked(LEDGER, month)
        earned = [row for row in rows if row["x_Source"] in earning]
        assert summed(earned, "EffectiveCost", "BillingCurrency") == asked(REVENUE, month)
        billed = summed([row for row in rows if row["InvoiceId"]], "BilledCost", "InvoiceId")
        documents = [
            each for each in Invoice.objects.final() if f"{each.issued_at:%Y-%m}" == f"{month:%Y-%m}"
        ]
        notes = [each for each in CreditNote.objects.all() if f"{each.issued_at:%Y-%m}" == f"{month:%Y-%m}"]
        totals = {each.number: each.total for each in documents} | {
            each.number: -each.total for each in notes
        }
        assert billed == {number: total for number, total in totals.items() if total}
        elsewhere = [row for row in rows if not row["InvoiceId"]]
        assert summed(elsewhere, "BilledCost", "BillingCurrency") == asked(ELSEWHERE, month)

    def test_are_not_of_nothing(self, names: dict[str, Any]) -> None:
        sources = {row["x_Source"] for month in MONTHS for row in exported(month)}

        assert sources == {
            *("usage", "reversal", "repayment", "earned"),
            *("invoice", "order", "grant", "credit_note"),
        }

    def test_of_an_account_are_by_feature_what_it_used(self, names: dict[str, Any]) -> None:
        mixed = names["mixed"]
        rows = exported(MARCH.date(), "--account", mixed.reference)

        assert {row["BillingAccountId"] for row in rows} == {mixed.reference}
        used = summed(
            rows, "ConsumedQuantity", "ChargeCategory", "SkuId", "PricingCurrency", x_Source="usage"
        )
        assert sorted(used.values()) == [Decimal("7.5"), Decimal(11)]
        assert sum(summed(rows, "PricingCurrencyEffectiveCost", "SkuId", x_Source="reversal").values()) == -5
        assert summed(rows, "EffectiveCost", "x_Source", BillingCurrency="USD")["repayment"] > 0
        late = exported(APRIL, "--account", mixed.reference)
        assert {row["ChargeClass"] for row in late if row["x_Source"] == "reversal"} == {"Correction"}


class TestForm:
    def test_is_that_of_the_specification(self, names: dict[str, Any]) -> None:
        for month in MONTHS:
            rows = exported(month)

            with localcontext(prec=60):
                assert list(faults_of_columns(list(rows[0]))) == []
                assert [(row, fault) for row in rows for fault in faults_of(row)] == []

    def test_is_refused_without_a_seller_or_an_account(
        self, names: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Seller.objects, "first", Seller.objects.none().first)
        with pytest.raises(CommandError, match="who sells"):
            exported(JANUARY)
        with pytest.raises(CommandError, match="There is no account nobody"):
            exported(JANUARY, "--account", "nobody")
        with pytest.raises(CommandError, match="A month is written"):
            call_command("export", "focus", "--month", "May")


class TestDoor:
    def test_sends_the_file_to_finance_alone(self, names: dict[str, Any]) -> None:
        address = "/admin/billing/revenuemonth/2026-03/focus.csv"

        sent = at_the_desk_of("Finance").get(f"{address}?account={names['mixed'].reference}")

        rows = list(csv.DictReader(io.StringIO(b"".join(sent).decode())))
        assert sent["Content-Disposition"].startswith('attachment; filename="focus-2026-03-acme-')
        assert rows == exported(MARCH.date(), "--account", names["mixed"].reference)
        assert at_the_desk_of("Auditor").get(address).status_code == 403
        assert Client().get(address).status_code == 302


class TestLedger:
    def test_lists_each_movement_with_what_caused_it(self, names: dict[str, Any]) -> None:
        text = io.StringIO()

        call_command(
            "export", "ledger", "--month", "2026-03", "--account", names["mixed"].reference, stdout=text
        )

        rows = list(csv.DictReader(io.StringIO(text.getvalue())))
        entries = Entry.objects.filter(account=names["mixed"], recorded_at__month=3).order_by("number")
        assert [(row["number"], row["kind"], Decimal(row["amount"])) for row in rows] == [
            (str(each.number), each.kind, each.amount) for each in entries
        ]
        assert {row["cause_kind"] for row in rows} == {"grant", "debit", "reversal"}

    def test_says_the_same_as_the_file_of_the_list(self, names: dict[str, Any]) -> None:
        reference, text = names["mixed"].reference, io.StringIO()
        listed = f"q={reference}&recorded_at_from=2026-03-01&recorded_at_to=2026-03-31"

        call_command("export", "ledger", "--month", "2026-03", "--account", reference, stdout=text)
        file = at_the_desk_of("Finance").get(f"/admin/wallets/entry/file.csv?{listed}")

        exported = text.getvalue().splitlines()
        taken = b"".join(file).decode().splitlines()
        assert len(exported) > 3
        assert taken[0] == exported[0]
        assert sorted(taken[1:]) == sorted(exported[1:])
