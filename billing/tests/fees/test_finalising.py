"""An invoice is looked at, settled and dated at one instant; and its desk shows what orders ask for."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from billing.errors import NothingToInvoice
from billing.models import AccountBilling, Invoice, Order, OrderCharge
from billing.queries.open_overage import draft_of
from billing.rules.orders import LineAsked
from billing.services import crediting, invoicing
from billing.tests.desks.people import as_shown, at_the_desk_of, text_of
from billing.tests.desks.test_invoice_desks import address, letters
from billing.tests.invoiced import SPRING, a_rate, a_seller, a_spender, drafted
from billing.tests.orders.sold import a_line, an_offer, order
from usage.tests.made import DAY, UNLIMITED, Shop, a_grant, clock, named
from wallets.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    a_seller()
    return Shop(since=SPRING - 40 * DAY)


@pytest.fixture
def finance() -> Client:
    return at_the_desk_of("Finance")


class TestFinalising:
    def test_sees_and_settles_at_one_instant(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        """A purchase starts after finalising began, and before it settles."""
        account = a_spender(shop)
        shop.debit(account, "8", now=SPRING + DAY)
        (draft,) = drafted(account)
        a_grant(account, "8", kind="purchase", effective_at=clock() + DAY)
        monkeypatch.setattr(invoicing, "database_clock", lambda: clock() + 2 * DAY)

        with pytest.raises(NothingToInvoice):
            invoicing.finalise(invoice_id=draft.pk, by="fin")

    def test_before_the_month_is_over_leaves_its_overage_to_the_next(self, shop: Shop) -> None:
        account, draft = member_of(shop, policy=UNLIMITED)
        a_rate("0.5", account)
        shop.debit(account, "8", now=SPRING + DAY)

        invoice = invoicing.finalise(invoice_id=draft.pk, by="fin", now=SPRING + 2 * DAY)

        (april,) = invoicing.draft_account(customer_id=account.pk, now=SPRING + 65 * DAY)[:1]
        assert invoice.total == 270
        assert (f"{april.period}", [line.tokens for line in draft_of(april).lines]) == ("2026-04-01", [8])


def member_of(shop: Shop, **asked: Any) -> tuple[Account, Invoice]:
    """Who has ordered three seats for a month at 10 % off, and the draft for them."""
    account = shop.an_account(SPRING, **asked)
    plan = an_offer("100", kind="plan", period="month", name="Team seat", seats={"desk": 1})
    order(account, a_line(plan, "3", amount="270"), external_id="SO-7", now=SPRING)
    (draft,) = invoicing.draft_account(customer_id=account.pk, now=SPRING)
    return account, draft


class TestTheDesk:
    def test_shows_an_order_on_draft_paper_and_file_and_leads_back(self, finance: Client, shop: Shop) -> None:
        account, draft = member_of(shop)
        sold = Order.objects.get(account=account)
        told = ("Team seat", "1 March – 31 March 2026", "List price 300.00, discount 10 %, 30.00", "270.00")
        page = text_of(finance.get(address(draft, "change")))
        assert [each for each in (*told, "Order SO-7", "270.00 USD") if each not in page] == []
        finance.post(address(draft, "finalise"), as_shown(finance, address(draft, "finalise")))
        invoice = Invoice.objects.get(pk=draft.pk)

        for shown in (
            text_of(finance.get(address(invoice, "paper"))),
            letters(finance.get(address(invoice, "pdf")).getvalue()),
        ):
            assert [each for each in told if each not in shown] == []
        of_order = text_of(finance.get(f"/admin/billing/order/{sold.pk}/change/"))
        assert invoice.number in of_order
        order(account, *_same(sold), external_id="SO-7", version=2, state="cancelled", now=SPRING + 15 * DAY)
        (note,) = crediting.credit_account(customer_id=account.pk, now=SPRING + 15 * DAY)
        assert note.number in text_of(finance.get(f"/admin/billing/order/{sold.pk}/change/"))
        assert "Order SO-7, version 2: Team seat: ended early." in text_of(
            finance.get(address(invoice, "change"))
        )

    def test_lets_finance_say_who_invoices_an_accounts_orders(self, finance: Client, shop: Shop) -> None:
        account = shop.an_account(SPRING)
        page = f"/admin/wallets/account/{account.pk}/billing/"
        sales = at_the_desk_of("Sales")
        assert sales.post(page, {"billing": "external", "reason": "Its CRM does."}).status_code == 403

        finance.post(page, {"billing": "external", "reason": "Its CRM does."})

        assert (
            AccountBilling.objects.get(pk=account.pk).history.get().history_change_reason == "Its CRM does."
        )
        assert "Orders billed elsewhere" in text_of(
            finance.get(f"/admin/wallets/account/{account.pk}/change/?tab=history")
        )
        offer = an_offer("100", kind="plan", period="month", seats={"desk": 1})
        for billing, is_external in (("", True), ("invoice", False)):
            order(account, a_line(offer), external_id=named("SO"), billing=billing, now=SPRING)
            assert OrderCharge.objects.filter(account=account).latest("pk").is_external is is_external


def _same(sold: Order) -> list[LineAsked]:
    line = sold.versions.get().lines.get()
    return [LineAsked(line.sku, quantity=line.quantity, amount=line.amount)]
