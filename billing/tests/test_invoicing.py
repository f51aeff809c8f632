"""Overage rated to money: a draft a month, finalised once, corrected by credit notes alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.db.models import ProtectedError

from billing.errors import CreditTooMuch, DraftChanged, InvoiceIsFinal, NothingToInvoice
from billing.models import CreditNote, Invoice, InvoicedOverage, InvoiceLine, Seller
from billing.queries.open_overage import draft_of, open_by_invoice
from billing.services import auditing, credit_notes, crediting, invoicing
from billing.services.crediting import CreditOrder
from billing.services.invoicing import FixedLine
from billing.tests.invoiced import (
    APRIL,
    AUTUMN_BEGINS,
    MARCH,
    MINUTE,
    SPRING,
    a_rate,
    a_seller,
    a_spender,
    drafted,
    finalised,
)
from config.kernel.errors import InvalidRequest
from usage.services import reversing
from usage.tests.made import DAY, Shop, a_grant, a_reversal, ledger_of
from wallets.models import Account, Wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop(since=SPRING - 40 * DAY)


@pytest.fixture
def seller() -> Seller:
    return a_seller()


@pytest.fixture
def account(shop: Shop, seller: Seller) -> Account:
    return a_spender(shop)


def owed(account: Account) -> Decimal:
    return Wallet.objects.get(account=account).overage


def lines(invoice: Invoice) -> list[tuple[str, Decimal, Decimal]]:
    rows = InvoiceLine.objects.filter(invoice=invoice).order_by("position")
    return list(rows.values_list("feature", "quantity", "amount"))


class TestAMonth:
    def test_is_invoiced_settled_and_credited(self, shop: Shop, account: Account) -> None:
        a_grant(account, "100", kind="promo", now=SPRING)
        first = shop.debit(account, "130", now=SPRING + 9 * DAY)
        second = shop.debit(account, "7.5", now=AUTUMN_BEGINS - MINUTE)
        shop.debit(account, "5", now=AUTUMN_BEGINS)
        reversing.reverse(a_reversal(second, "2.5", now=AUTUMN_BEGINS))
        assert drafted(account, AUTUMN_BEGINS - timedelta(microseconds=1)) == []

        (draft,) = drafted(account)
        assert (draft.period, draft.currency, draft_of(draft).total) == (MARCH, "USD", Decimal("0.44"))
        invoice = finalised(draft.pk)
        bought = a_grant(account, "100", kind="purchase", now=AUTUMN_BEGINS + DAY)
        back = reversing.reverse(a_reversal(first, now=AUTUMN_BEGINS + 2 * DAY))
        (note,) = crediting.credit_account(customer_id=account.pk, now=AUTUMN_BEGINS + 2 * DAY)

        assert lines(invoice) == [(shop.chat, Decimal(35), Decimal("0.44"))]
        assert (invoice.year, f"{invoice.issued_on}") == (2026, "2026-03-31")
        bought.refresh_from_db()
        assert (bought.remaining, owed(account)) == (95, 0)
        assert (back.overage, back.restored) == (30, 100)
        assert (note.total, note.reversal_id, note.invoice_id) == (Decimal("0.38"), back.id, invoice.pk)
        assert crediting.credit_account(customer_id=account.pk) == []
        assert [finding.check.name for finding in auditing.findings()] == []

    def test_is_drafted_once_and_made_up_for(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "8", now=SPRING + DAY)
        shop.debit(account, "16", now=SPRING + 40 * DAY)

        made = drafted(account, SPRING + 100 * DAY)

        assert [(each.period, draft_of(each).total) for each in made] == [
            (MARCH, Decimal("0.10")),
            (APRIL, Decimal("0.20")),
        ]
        assert drafted(account, SPRING + 100 * DAY) == []

    def test_with_nothing_open_makes_no_draft(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "8", now=SPRING + DAY)
        a_grant(account, "8", kind="purchase", now=SPRING + 2 * DAY)

        assert invoicing.make_drafts(SPRING + 100 * DAY)
        assert not Invoice.objects.filter(customer=account).exists()

    def test_is_found_by_the_job_once_an_hour(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "8", now=SPRING + DAY)

        rung = [invoicing.make_drafts(SPRING + 100 * DAY + minutes * MINUTE) for minutes in (0, 10, 20)]

        assert rung == [True, False, False]
        assert Invoice.objects.get(customer=account).total == Decimal("0.10")

    def test_is_made_up_for_where_the_job_was_killed(
        self, shop: Shop, seller: Seller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spenders = sorted((a_spender(shop) for _ in range(3)), key=lambda each: each.pk)
        for spender in spenders:
            shop.debit(spender, "8", now=SPRING + DAY)
        real = invoicing.draft_account

        def killed(*, customer_id: UUID, now: datetime | None) -> list[Invoice]:
            if customer_id == spenders[1].pk:
                raise SystemExit
            return real(customer_id=customer_id, now=now)

        monkeypatch.setattr(invoicing, "draft_account", killed)
        with pytest.raises(SystemExit):
            invoicing.make_drafts(SPRING + 100 * DAY)
        assert [Invoice.objects.filter(customer=each).count() for each in spenders] == [1, 0, 0]

        monkeypatch.setattr(invoicing, "draft_account", real)

        assert invoicing.make_drafts(SPRING + 100 * DAY + 10 * MINUTE)
        assert [Invoice.objects.filter(customer=each).count() for each in spenders] == [1, 1, 1]


class TestADraft:
    def test_loses_what_is_repaid_or_given_back(self, shop: Shop, account: Account) -> None:
        repaid = shop.debit(account, "8", now=SPRING + DAY)
        kept = shop.debit(account, "16", now=SPRING + DAY)
        (draft,) = drafted(account)

        a_grant(account, "8", kind="purchase", now=AUTUMN_BEGINS)
        reversing.reverse(a_reversal(kept, "4", now=AUTUMN_BEGINS))

        assert repaid.overage == 8
        assert draft_of(draft).total == Decimal("0.15")
        with pytest.raises(DraftChanged):
            invoicing.finalise_as_listed(
                invoice=Invoice.objects.get(pk=draft.pk), by="fin", now=AUTUMN_BEGINS
            )
        draft = Invoice.objects.get(pk=draft.pk)
        assert (draft.is_draft, draft.total) == (True, Decimal("0.15"))

    def test_with_nothing_left_on_it_is_not_issued(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "8", now=SPRING + DAY)
        (draft,) = drafted(account)
        a_grant(account, "8", kind="purchase", now=AUTUMN_BEGINS)

        with pytest.raises(NothingToInvoice):
            finalised(draft.pk)

    def test_that_is_discarded_leaves_its_overage_to_the_next(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "8", now=SPRING + DAY)
        (draft,) = drafted(account)

        invoicing.discard(invoice_id=draft.pk, by="fin", reason="A gift.")

        assert drafted(account) == []
        (later,) = drafted(account, AUTUMN_BEGINS + 40 * DAY)
        assert (later.period, draft_of(later).total, owed(account)) == (APRIL, Decimal("0.10"), 8)

    def test_carries_fees_beside_overage(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "8", now=SPRING + DAY)
        (draft,) = drafted(account)
        fee = invoicing.add_line(invoice_id=draft.pk, line=FixedLine("Plan", Decimal("9.995")), by="fin")
        wrong = invoicing.add_line(invoice_id=draft.pk, line=FixedLine("Oops", Decimal(3)), by="fin")
        invoicing.drop_line(invoice_id=draft.pk, line_id=wrong.pk)

        invoice = finalised(draft.pk)

        assert (fee.amount, invoice.total) == (Decimal("10.00"), Decimal("10.10"))
        assert lines(invoice) == [("", 1, Decimal("10.00")), (shop.chat, 8, Decimal("0.10"))]

    def test_is_opened_for_fees_where_there_is_no_overage(self, account: Account) -> None:
        asked = {"customer_id": account.pk, "period": MARCH, "currency": "USD"}
        draft = invoicing.open_draft(**asked)
        assert invoicing.open_draft(**asked) == draft
        invoicing.add_line(invoice_id=draft.pk, line=FixedLine("Plan", Decimal(20)), by="fin")

        assert finalised(draft.pk).total == 20
        assert ledger_of(account) == []
        with pytest.raises(InvoiceIsFinal):
            invoicing.open_draft(**asked)


class TestAFinalInvoice:
    def test_never_changes(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "8", now=SPRING + DAY)
        (draft,) = drafted(account)
        invoice = finalised(draft.pk)

        with pytest.raises(InvoiceIsFinal):
            finalised(draft.pk)
        for change in (
            lambda: Invoice.objects.filter(pk=invoice.pk).update(total=1),
            lambda: invoice.lines.update(amount=1),
            lambda: invoice.lines.all().delete(),
            lambda: InvoicedOverage.objects.filter(line__invoice=invoice).delete(),
        ):
            with pytest.raises((IntegrityError, ProgrammingError, ProtectedError)), transaction.atomic():
                change()
        assert ledger_of(account) == [("overage", 8), ("settle", 8)]

    def test_is_numbered_without_a_gap(self, shop: Shop, seller: Seller) -> None:
        numbers = []
        for spender in [a_spender(shop) for _ in range(3)]:
            shop.debit(spender, "8", now=SPRING + DAY)
            (draft,) = drafted(spender)
            numbers.append(finalised(draft.pk).sequence)

        assert numbers == list(range(numbers[0], numbers[0] + 3))

    def test_leaves_what_is_found_later_to_the_next_month(self, shop: Shop, account: Account) -> None:
        """Usage in another token unit that had no rate yet."""
        shop.debit(account, "8", now=SPRING + DAY)
        a_rate(None, account, since=SPRING + 2 * DAY)
        shop.debit(account, "16", now=SPRING + 3 * DAY)
        (draft,) = drafted(account)
        finalised(draft.pk)
        assert [lot.tokens for lot in open_by_invoice(account.pk).unrated] == [16]

        a_rate("0.5", account, since=SPRING + 2 * DAY)

        (later,) = drafted(account, AUTUMN_BEGINS + 40 * DAY)
        assert (later.period, draft_of(later).total) == (APRIL, Decimal("8.00"))


class TestARate:
    def test_is_the_accounts_own_of_the_instant_of_usage(self, shop: Shop, account: Account) -> None:
        a_rate("1")
        a_rate("0.02", account, since=SPRING + 10 * DAY)
        a_rate(None, account, since=SPRING + 20 * DAY)
        for day in (1, 11, 21):
            shop.debit(account, "10", now=SPRING + day * DAY)
        shop.debit(account, "10", at=SPRING + 10 * DAY - MINUTE, now=SPRING + 22 * DAY)

        (draft,) = drafted(account)

        told = [(line.tokens, line.rate.price, line.amount) for line in draft_of(draft).lines]
        assert sorted(told) == [
            (10, Decimal("0.02"), Decimal("0.20")),
            (10, Decimal("1"), Decimal("10.00")),
            (20, Decimal("0.0125"), Decimal("0.25")),
        ]


class TestACreditNote:
    def test_by_hand_gives_back_no_more_than_a_line(self, shop: Shop, account: Account) -> None:
        debit = shop.debit(account, "80", now=SPRING + DAY)
        (draft,) = drafted(account)
        invoice = finalised(draft.pk)
        (line,) = invoice.lines.all()

        def credit(amount: str, reason: str = "A slow day.") -> CreditNote:
            order = CreditOrder(invoice.pk, {line.pk: Decimal(amount)}, reason, key=amount)
            return crediting.credit_by_hand(order=order, by="fin")

        assert credit("0.75").total == Decimal("0.75")
        assert credit("0.75") == CreditNote.objects.get(invoice=invoice)
        with pytest.raises(CreditTooMuch):
            credit("0.26")
        for amount, reason in (("0.001", "A slow day."), ("0", "A slow day."), ("0.10", " ")):
            with pytest.raises(InvalidRequest):
                credit(amount, reason)
        reversing.reverse(a_reversal(debit, now=AUTUMN_BEGINS + DAY))
        (note,) = crediting.credit_account(customer_id=account.pk)
        assert note.total == Decimal("0.25")

    def test_is_held_within_its_line_by_the_database(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "80", now=SPRING + DAY)
        (draft,) = drafted(account)
        invoice = finalised(draft.pk)
        (line,) = invoice.lines.all()

        with pytest.raises(IntegrityError, match="No more is credited"), transaction.atomic():
            credit_notes.noted(
                invoice, [(line, Decimal(0), Decimal("1.01"))], credit_notes.Cause("Too much.", "fin"), None
            )
