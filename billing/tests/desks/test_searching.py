"""What is searched for in a list or in the palette, as a customer would name it, is found."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.models import CreditNote, Invoice, Order, OrderName
from billing.tests.desks.people import as_shown, at_the_desk_of, text_of
from billing.tests.invoiced import SPRING, a_seller, a_spender, drafted, finalised
from config.kernel.errors import InsufficientTokens
from usage.models import Denial
from usage.rules.enrolment import Enrolment
from usage.services import terms
from usage.tests.made import AUTHOR, DAY, Shop, a_grant, clock
from usage.tests.reported import an_event, debit_of, rate, report, the_event
from wallets.models import Account

pytestmark = pytest.mark.django_db


def listed(client: Client, model: str, text: str) -> list[str]:
    """Identities of the rows that a list shows for the words."""
    answer = client.get(f"/admin/{model}/", {"q": text})
    assert answer.status_code == 200
    return [str(row.pk) for row in answer.context["cl"].result_list]


def found(client: Client, text: str) -> str:
    return text_of(client.get("/admin/search/", {"s": text, "extended": "1"}))


@pytest.fixture
def support() -> Client:
    return at_the_desk_of("Support")


@pytest.fixture
def bistro(shop: Shop) -> Account:
    account = shop.an_account(name="Le Petit Bistro", external_ids={"crm": "0015e"})
    a_grant(account, "100")
    return account


class TestDebits:
    def test_are_found_by_their_id_and_by_the_callers_key(
        self, shop: Shop, bistro: Account, support: Client
    ) -> None:
        once = shop.debit(bistro, "1", key="call-1")
        twice = shop.debit(bistro, "1", key="call-2")

        assert listed(support, "usage/debit", str(once.id)) == [str(once.id)]
        assert listed(support, "usage/debit", "call-2") == [str(twice.id)]

    def test_are_found_by_the_usage_event_that_they_book(
        self, shop: Shop, bistro: Account, support: Client
    ) -> None:
        sent = an_event(shop, bistro, "1")
        report(shop, sent)
        rate()
        debit = debit_of(sent)
        assert debit is not None

        assert listed(support, "usage/debit", str(the_event(sent).pk)) == [str(debit.pk)]

    def test_are_found_by_any_name_of_their_account(
        self, shop: Shop, bistro: Account, acme: Account, support: Client
    ) -> None:
        debit = shop.debit(bistro, "1")

        for text in (bistro.reference, "petit", "0015e"):
            assert listed(support, "usage/debit", text) == [str(debit.id)]

    def test_of_an_account_are_not_those_of_one_named_like_it(
        self, shop: Shop, bistro: Account, support: Client
    ) -> None:
        asked = Enrolment(name=f"Branch of {bistro.reference}", rate_table=shop.table.code)
        terms.enrol(reference=f"{bistro.reference}-north", asked=asked, author=AUTHOR)
        branch = Account.objects.get(reference=f"{bistro.reference}-north")
        a_grant(branch)
        shop.debit(branch, "1")
        debit = shop.debit(bistro, "1")

        assert listed(support, "usage/debit", bistro.reference) == [str(debit.id)]
        assert len(listed(support, "usage/debit", bistro.reference[:-1])) == 2


class TestRefusals:
    def test_are_found_by_the_id_that_the_caller_was_told(
        self, shop: Shop, bistro: Account, support: Client
    ) -> None:
        with pytest.raises(InsufficientTokens):
            shop.debit(bistro, "1000", key="too-much")
        denial = Denial.objects.get(account=bistro)

        for text in (str(denial.pk), "too-much", "petit"):
            assert listed(support, "usage/denial", text) == [str(denial.pk)]
        assert listed(support, "usage/denial", "somebody else") == []


class TestAccountPage:
    def test_leads_to_its_debits_and_refusals(
        self, shop: Shop, bistro: Account, acme: Account, support: Client
    ) -> None:
        debit = shop.debit(bistro, "1")

        shown = text_of(support.get(f"/admin/wallets/account/{bistro.pk}/change/"))

        assert f"/admin/usage/denial/?account={bistro.pk}" in shown
        assert f"/admin/usage/debit/?account={bistro.pk}" in shown
        debits = support.get(f"/admin/usage/debit/?account={bistro.pk}").context["cl"].result_list
        assert [each.pk for each in debits] == [debit.id]


class TestActsByHand:
    def test_are_found_by_the_account_and_by_who_asked(self, bistro: Account, acme: Account) -> None:
        finance = at_the_desk_of("Finance")
        form = f"/admin/wallets/account/{bistro.pk}/grant/"
        asked = {"kind": "promo", "tokens": "5", "unit": "AIT", "priority": "50", "reason": "Goodwill."}
        finance.post(form, as_shown(finance, form) | asked)

        assert len(listed(finance, "billing/handact", "Petit")) == 1
        assert len(listed(finance, "billing/handact", "finance")) == 1
        assert listed(finance, "billing/handact", acme.reference) == []


class TestLedger:
    def test_of_an_account_is_found_by_its_name(
        self, bistro: Account, acme: Account, support: Client
    ) -> None:
        assert len(listed(support, "wallets/entry", "Petit")) == 1


class TestPapers:
    @pytest.fixture
    def invoice(self) -> Invoice:
        a_seller()
        march = Shop(since=SPRING - 40 * DAY)
        account = a_spender(march, "0.5")
        march.debit(account, "2469", now=SPRING + DAY)
        (draft,) = drafted(account)
        return finalised(draft.pk)

    def test_are_found_by_their_number(self, invoice: Invoice, finance: Client) -> None:
        form = f"/admin/billing/invoice/{invoice.pk}/credit/"
        asked = as_shown(finance, form) | {f"line_{invoice.lines.get().pk}": "34.50", "reason": "Our fault."}
        finance.post(form, asked)
        note = CreditNote.objects.get(invoice=invoice)

        assert listed(finance, "billing/invoice", invoice.number) == [str(invoice.pk)]
        assert listed(finance, "billing/invoice", "2019-000001") == []
        assert listed(finance, "billing/creditnote", note.number.lower()) == [str(note.pk)]
        assert listed(finance, "billing/creditnote", invoice.number) == [str(note.pk)]

    def test_are_found_in_the_palette(self, invoice: Invoice, finance: Client) -> None:
        assert f"/admin/billing/invoice/{invoice.pk}/change/" in found(finance, invoice.number)
        assert f"/admin/billing/invoice/{invoice.pk}/" not in found(at_the_desk_of(None), invoice.number)


class TestPalette:
    def test_finds_an_order_by_its_name(self, bistro: Account, finance: Client) -> None:
        order = Order.objects.create(account=bistro, external_id="SHOP-7", recorded_at=clock())
        OrderName.objects.create(external_id="SHOP-7", order_id=order.pk)

        assert f"/admin/billing/order/{order.pk}/change/" in found(finance, "SHOP-7")
        assert f"/admin/billing/order/{order.pk}/change/" not in found(finance, "SHOP-70")

    def test_finds_a_charge_and_a_refusal_by_their_ids(
        self, shop: Shop, bistro: Account, support: Client
    ) -> None:
        debit = shop.debit(bistro, "1")
        with pytest.raises(InsufficientTokens):
            shop.debit(bistro, "1000")
        denial = Denial.objects.get(account=bistro)

        assert f"/admin/usage/debit/{debit.id}/change/" in found(support, str(debit.id))
        assert f"/admin/usage/denial/{denial.pk}/change/" in found(support, str(denial.pk))
        assert f"/admin/usage/debit/{debit.id}/" not in found(at_the_desk_of(None), str(debit.id))
