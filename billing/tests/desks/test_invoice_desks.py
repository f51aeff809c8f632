"""Invoices at the desk: looked at, finalised, credited, printed and sent as a file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from billing.connectors.registry import CONNECTORS
from billing.models import Buyer, CreditNote, Invoice, Link, Outgoing, OverageRate, Seller
from billing.rules.connecting import INVOICE_ITEM, Customer
from billing.services import charging, connections, invoice_items, links
from billing.services.connections import ConnectionWish
from billing.tests.desks.people import as_shown, at_the_desk_of, said, text_of
from billing.tests.invoiced import SPRING, a_rate, a_seller, a_spender, drafted, finalised
from billing.tests.printed import letters
from config.checks import invoice_font
from pricing.models import Feature
from usage.tests.made import DAY, Shop, named
from wallets.models import Account

pytestmark = pytest.mark.django_db

INVOICES = "/admin/billing/invoice/"


@pytest.fixture
def march() -> Shop:
    """Whose prices stood in March."""
    a_seller()
    return Shop(since=SPRING - 40 * DAY)


@pytest.fixture
def account(march: Shop) -> Account:
    account = a_spender(march, "0.5")
    march.debit(account, "2469", now=SPRING + DAY)
    return account


@pytest.fixture
def draft(account: Account) -> Invoice:
    (draft,) = drafted(account)
    return draft


def address(invoice: Invoice, page: str) -> str:
    return f"{INVOICES}{invoice.pk}/{page}/"


class TestADraft:
    def test_is_looked_at_and_finalised(self, finance: Client, march: Shop, draft: Invoice) -> None:
        Feature.objects.filter(code=march.chat).update(name="Chat of the house")
        page = text_of(finance.get(address(draft, "change")))
        assert "1,234.50 USD" in page
        assert "Usage beyond prepaid tokens: Chat of the house" in page

        answer = finance.post(address(draft, "finalise"), as_shown(finance, address(draft, "finalise")))

        invoice = Invoice.objects.get(pk=draft.pk)
        assert answer.headers["Location"] == address(draft, "change")
        assert (invoice.state, invoice.total, invoice.finalised_by) == (
            "final",
            Decimal("1234.50"),
            "finance",
        )
        assert f"Invoice {invoice.number} is final" in said(answer)
        assert invoice.lines.get().description == "Usage beyond prepaid tokens: Chat of the house"

    def test_that_came_to_something_else_meanwhile_is_looked_at_again(
        self, finance: Client, march: Shop, account: Account, draft: Invoice
    ) -> None:
        shown = as_shown(finance, address(draft, "finalise"))
        a_rate("0.25", account, since=SPRING)

        answer = finance.post(address(draft, "finalise"), shown)

        assert "The draft has changed since you looked at it" in text_of(answer)
        assert Invoice.objects.get(pk=draft.pk).is_draft

    def test_is_finalised_with_others_from_the_list(
        self, finance: Client, march: Shop, draft: Invoice
    ) -> None:
        other = a_spender(march)
        march.debit(other, "80", now=SPRING + DAY)
        chosen = [draft.pk, drafted(other)[0].pk]

        answer = finance.post(INVOICES, {"action": "finalise", "_selected_action": chosen})

        assert [str(each) for each in get_messages(answer.wsgi_request)] == ["2 invoices are final."]
        assert Invoice.objects.final().filter(pk__in=chosen).count() == 2

    def test_gets_lines_and_is_discarded_for_a_reason(self, finance: Client, draft: Invoice) -> None:
        asked = {"description": "Plan", "quantity": "2", "unit_price": "9.99"}
        finance.post(address(draft, "line"), asked)
        assert "1,254.48 USD" in text_of(finance.get(address(draft, "change")))

        finance.post(address(draft, "discard"), {"reason": "A gift."})

        invoice = Invoice.objects.get(pk=draft.pk)
        assert (invoice.state, invoice.reason, invoice.lines.count()) == ("void", "finance: A gift.", 0)

    def test_is_finalised_by_finance_alone(self, draft: Invoice) -> None:
        support = at_the_desk_of("Support")

        assert support.post(address(draft, "finalise"), {"expected": "1234.50"}).status_code == 403
        assert "Finalise" not in text_of(support.get(address(draft, "change")))


class TestAFinalInvoice:
    def test_is_printed_and_sent_as_a_file(self, finance: Client, account: Account, draft: Invoice) -> None:
        Seller.objects.update(name="Über & Söhne", address="Hauptstraße 1\n10115 Berlin")
        invoice = finalised(draft.pk)

        paper = text_of(finance.get(address(invoice, "paper")))
        file = finance.get(address(invoice, "pdf"))

        assert "Über &amp; Söhne" in paper
        assert (file.headers["Content-Type"], file.content[:5]) == ("application/pdf", b"%PDF-")
        assert file.headers["Content-Disposition"] == f'attachment; filename="invoice-{invoice.number}.pdf"'
        told = letters(file.content)
        for words in (
            "Über & Söhne",
            "Berlin",
            invoice.number,
            account.reference,
            "2,469 AIT",
            "1,234.50 USD",
        ):
            assert words in told
            assert words.replace("&", "&amp;") in paper

    def test_says_what_became_of_its_lines_where_they_are_billed(
        self, finance: Client, account: Account, draft: Invoice
    ) -> None:
        stripe = CONNECTORS["stripe"]
        till = connections.make(
            code=named("till"), kind="stripe", known=stripe.settings, wish=ConnectionWish("Till of Sales", {})
        )
        connections.set_state(connection_id=till.pk, state="on")
        links.enrol(till, Customer("cus_1", account.reference))
        Link.objects.filter(connection=till).update(created_at=SPRING)
        charging.choose_billing(customer_id=account.pk, billing="external")
        invoice = finalised(draft.pk)
        page = address(invoice, "change")
        assert "elsewhere; no connection carries it there" in text_of(finance.get(page))  # months later

        invoice_items.put_items(CONNECTORS, invoice.issued_at)
        waiting = text_of(finance.get(page))
        (message,) = Outgoing.objects.filter(connection=till, kind=INVOICE_ITEM)
        ended = {"next_at": None, "finished_at": SPRING}
        Outgoing.objects.filter(pk=message.pk).update(state="dead", fault="It answered 402.", **ended)
        failed = text_of(finance.get(page))
        Outgoing.objects.filter(pk=message.pk).update(state="sent", fault="", external_id="ii_1PQ")
        arrived = text_of(finance.get(page))

        assert "Till of Sales" in waiting
        assert ("0 of 1 line arrived" in waiting, "ii_1PQ" in waiting) == (True, False)
        assert ("given up" in failed, "It answered 402." in failed) == (True, True)
        assert ("1 of 1 line arrived" in arrived, "<code>ii_1PQ</code>" in arrived) == (True, True)
        shown = reverse("admin:billing_connection_message", args=[till.pk, message.pk])
        assert shown in arrived
        assert shown not in text_of(at_the_desk_of("Sales").get(page))

    def test_goes_by_its_number_in_a_file_of_the_list(self, finance: Client, draft: Invoice) -> None:
        draft_row = text_of(finance.get(f"{INVOICES}file.csv?state__exact=draft"))
        invoice = finalised(draft.pk)

        file = text_of(finance.get(f"{INVOICES}file.csv?state__exact=final&period={invoice.period:%Y-%m}"))

        assert str(invoice.pk) in draft_row
        assert draft_row.splitlines()[1].startswith(f",{invoice.customer.reference},")
        (row,) = file.splitlines()[1:]
        assert row.startswith(f"{invoice.number},{invoice.customer.reference},")
        assert f",USD,final,{invoice.total:.2f},{invoice.issued_on}," in row

    def test_is_credited_for_a_reason(self, finance: Client, draft: Invoice) -> None:
        invoice = finalised(draft.pk)
        (line,) = invoice.lines.all()

        asked = {**as_shown(finance, address(invoice, "credit")), f"line_{line.pk}": "34.50"}
        asked["reason"] = "A slow day."
        finance.post(address(invoice, "credit"), asked)
        answer = finance.post(address(invoice, "credit"), asked)
        more = {"form_token": "another", f"line_{line.pk}": "1200.01", "reason": "More."}
        refused = finance.post(address(invoice, "credit"), more)

        note = CreditNote.objects.get(invoice=invoice)
        assert f"Credit note {note.number} gives back 34.50 USD." in said(answer)
        assert "That is more than is left of a line" in text_of(refused)
        pdf = letters(finance.get(f"/admin/billing/creditnote/{note.pk}/pdf/").content)
        assert all(words in pdf for words in (note.number, invoice.number, "A slow day.", "34.50 USD"))
        assert note.number in text_of(finance.get("/admin/billing/creditnote/"))
        file = text_of(finance.get("/admin/billing/creditnote/file.csv"))
        assert f"{note.number},{invoice.customer.reference},{invoice.number},USD,34.50," in file


class TestTheBuyer:
    def test_stands_on_invoices_that_become_final_afterwards(
        self, finance: Client, account: Account, draft: Invoice
    ) -> None:
        asked = {"name": "Kunde & Co", "address": "Am Markt 2\n20095 Hamburg", "tax_id": "DE9"}

        finance.post(f"/admin/wallets/account/{account.pk}/buyer/", asked)
        invoice = finalised(draft.pk)
        finance.post(f"/admin/wallets/account/{account.pk}/buyer/", {"name": "Another"})

        assert invoice.buyer == {"reference": account.reference, **asked}
        told = letters(finance.get(address(invoice, "pdf")).content)
        assert all(words in told for words in ("Kunde & Co", "20095 Hamburg", "Tax number DE9"))

    def test_is_erased_but_for_what_final_invoices_say(
        self, finance: Client, march: Shop, account: Account, draft: Invoice
    ) -> None:
        page = f"/admin/wallets/account/{account.pk}/buyer/"
        finance.post(page, {"name": "Ada Formerly"})
        finance.post(page, {"name": "Ada Person", "address": "Am Markt 2"})
        invoice = finalised(draft.pk)
        march.debit(account, "80", now=SPRING + 40 * DAY)
        (later,) = drafted(account, now=SPRING + 90 * DAY)

        assert at_the_desk_of("Sales").post(f"{page}erase/", {"reason": "Asked."}).status_code == 403
        finance.post(f"{page}erase/", {"reason": "Asked for it."})

        assert not Buyer.objects.filter(customer=account).exists()
        (kept,) = Buyer.history.filter(customer_id=account.pk)
        assert (kept.name, kept.address, kept.history_change_reason) == ("erased", "", "Asked for it.")
        assert "Ada Person" in letters(finance.get(address(invoice, "pdf")).content)
        assert "this invoice keeps the name" in text_of(finance.get(address(invoice, "change")))
        assert "Ada" not in text_of(finance.get(page))
        told = text_of(finance.get(address(later, "paper")))
        assert str(account) in told
        assert "Ada" not in told


class TestRates:
    def test_are_set_for_an_account_with_a_reason(self, finance: Client, account: Account) -> None:
        page = "/admin/billing/overagerate/add/"
        asked = {"account": account.reference, "token": "AIT", "price": "0.000000000125", "currency": "USD"}

        assert "This field is required" in text_of(finance.post(page, asked))
        told = finance.post(page, {**asked, "reason": "A contract."}, follow=True)
        assert "&lt;time" not in text_of(told)

        rate = OverageRate.objects.get(customer=account, reason="A contract.")
        assert (rate.price, rate.currency, rate.set_by) == (Decimal("0.000000000125"), "USD", "finance")
        assert "0.000000000125 USD" in text_of(finance.get("/admin/billing/overagerate/"))


class TestTheSeller:
    def test_is_edited_with_history(self, finance: Client, march: Shop) -> None:
        page = "/admin/billing/seller/1/change/"
        asked = {**as_shown(finance, page), "name": "Acme Ltd", "time_zone": "Nowhere/Land"}

        assert "There is no time zone Nowhere/Land." in text_of(finance.post(page, asked))
        finance.post(page, {**asked, "time_zone": "Europe/Berlin", "change_reason": "We moved."})

        seller = Seller.objects.get()
        assert (seller.name, seller.time_zone) == ("Acme Ltd", "Europe/Berlin")
        assert seller.history.latest().history_change_reason == "We moved."


def test_a_font_that_is_not_there_is_told_at_the_start(settings: Any) -> None:
    assert invoice_font() == []

    settings.INVOICE_FONT = "/nowhere/font.ttf"

    assert [each.id for each in invoice_font()] == ["tokendesk.E006"]
