"""Packs that an account's own people order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from billing.models import Contact, Offer, OfferTokens, Order, OrderCharge, OrderLine
from billing.services import contacts, ordering
from billing.tests.buyers.visiting import order_of, page, signed_in, text_of
from billing.tests.desks.people import fields_of
from billing.tests.orders.sold import an_offer, bought
from config.kernel.errors import Conflict, IdempotencyKeyReused
from usage.tests.made import AUTHOR, DAY, Shop, clock, up_to
from wallets.models import Account, Grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def pack() -> Offer:
    return an_offer("50", name="Five hundred", tokens=[bought("500")])


@pytest.fixture
def allowed(acme: Account) -> Account:
    contacts.allow(customer_id=acme.pk, budget_most=None, packs_most=3, author=AUTHOR)
    return acme


def bought_by(account: Account) -> list[Decimal]:
    grants = Grant.objects.filter(account=account, created_by__startswith="contact ")
    return list(grants.values_list("tokens", flat=True))


class TestOrdering:
    def test_asks_once_more_and_then_gives_the_tokens_at_once(self, allowed: Account, pack: Offer) -> None:
        client, path = signed_in(allowed, "buyer"), page(allowed, f"packs/{pack.code}/")

        asked = fields_of(client.get(path)) | {"quantity": "2", "reference": "PO 7"}
        confirm = client.post(path, asked)
        assert "Order for 100.00 USD" in text_of(confirm)
        assert not Order.objects.filter(account=allowed).exists()
        done = client.post(path, fields_of(confirm))

        assert done["Location"] == page(allowed, "packs/?done=ordered")
        version = Order.objects.get(account=allowed).versions.get()
        contact = Contact.objects.get(role="buyer")
        assert (version.placed_by, version.reason, version.billing) == (
            f"contact {contact.pk}",
            "PO 7",
            "invoice",
        )
        assert Grant.objects.get(account=allowed, tokens=1000, unit_cost__isnull=False, kind="purchase")
        charge = OrderCharge.objects.get(account=allowed)
        assert (charge.amount, charge.is_external) == (100, False)

    def test_counts_once_however_often_it_is_sent(self, allowed: Account, pack: Offer) -> None:
        token = uuid4().hex

        answers = [order_of(allowed, pack, form_token=token) for _ in range(5)]

        assert all(each == answers[0] for each in answers)
        assert Order.objects.filter(account=allowed).count() == 1
        with pytest.raises(IdempotencyKeyReused):
            order_of(allowed, pack, 2, form_token=token)

    def test_goes_no_further_than_the_producer_allows(self, allowed: Account, pack: Offer) -> None:
        order_of(allowed, pack, 2)

        with pytest.raises(Conflict, match="3 packs within 30 days; 1 may be ordered"):
            order_of(allowed, pack, 2)
        order_of(allowed, pack, 1)
        assert "0 of 3 packs" in text_of(signed_in(allowed).get(page(allowed, "packs/")))

    def test_names_no_price_for_more_than_may_be_ordered(self, allowed: Account, pack: Offer) -> None:
        client, path = signed_in(allowed, "buyer"), page(allowed, f"packs/{pack.code}/")

        asked = client.post(path, fields_of(client.get(path)) | {"quantity": "4"})

        assert "You may order 3 packs within 30 days; 3 may be ordered now." in text_of(asked)
        assert "Order for" not in text_of(asked)

    def test_says_that_overage_is_paid_for_first(self, shop: Shop, pack: Offer) -> None:
        account = shop.an_account(policy=up_to("900"))
        contacts.allow(customer_id=account.pk, budget_most=None, packs_most=3, author=AUTHOR)
        shop.debit(account, "620.5")
        client, path = signed_in(account, "buyer"), page(account, f"packs/{pack.code}/")

        confirm = client.post(path, fields_of(client.get(path)) | {"quantity": "1"})

        assert "They first pay for the 620.5 AIT that were spent beyond your tokens" in text_of(confirm)

    def test_speaks_of_packs_on_sale_only_where_there_are_some(self, acme: Account) -> None:
        client, on_sale = signed_in(acme), "These are the packs on sale"
        assert on_sale not in text_of(client.get(page(acme, "packs/")))

        an_offer("50", name="Five hundred", tokens=[bought("500")])

        assert on_sale in text_of(client.get(page(acme, "packs/")))

    def test_may_go_on_after_thirty_days(self, allowed: Account, pack: Offer) -> None:
        order_of(allowed, pack, 3, now=clock() - 31 * DAY)

        order_of(allowed, pack, 3)

        assert Order.objects.filter(account=allowed).count() == 2

    def test_is_refused_at_another_price_than_was_seen(self, allowed: Account, pack: Offer) -> None:
        Offer.objects.filter(pk=pack.pk).update(list_price=Decimal(60))

        with pytest.raises(Conflict, match="The price has changed"):
            order_of(allowed, pack)
        assert not Order.objects.filter(account=allowed).exists()

    @pytest.mark.parametrize("change", ["fewer tokens", "another currency", "an end"])
    def test_is_refused_where_it_gives_something_else_than_was_seen(
        self, allowed: Account, pack: Offer, change: str
    ) -> None:
        client, path = signed_in(allowed, "buyer"), page(allowed, f"packs/{pack.code}/")
        confirm = client.post(path, fields_of(client.get(path)) | {"quantity": "1"})
        if change == "another currency":
            Offer.objects.filter(pk=pack.pk).update(currency="EUR")
        else:
            what: dict[str, int] = {"tokens": 50} if change == "fewer tokens" else {"lasts_days": 1}
            OfferTokens.objects.filter(offer=pack).update(**what)

        answer = client.post(path, fields_of(confirm))

        assert "The pack has changed since you saw it." in text_of(answer)
        assert not Order.objects.filter(account=allowed).exists()

    def test_costs_what_was_seen_where_the_price_changes_at_that_moment(
        self, allowed: Account, pack: Offer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = ordering.place

        def at_another_price(*asked: Any) -> Any:
            Offer.objects.filter(pk=pack.pk).update(list_price=Decimal(60))
            return place(*asked)

        monkeypatch.setattr(ordering, "place", at_another_price)
        order_of(allowed, pack, 2)

        assert OrderLine.objects.get(account=allowed).amount == 100

    def test_is_refused_of_what_is_not_on_sale(self, allowed: Account, pack: Offer) -> None:
        Offer.objects.filter(pk=pack.pk).update(is_sold=False)

        with pytest.raises(Conflict, match="not on sale"):
            order_of(allowed, pack)
        assert signed_in(allowed).get(page(allowed, f"packs/{pack.code}/")).status_code == 404

    def test_is_refused_of_what_no_name_can_be(self, allowed: Account) -> None:
        assert signed_in(allowed).get(page(allowed, "packs/a%00b/")).status_code == 404

    def test_is_refused_where_the_producer_says_nothing(self, acme: Account, pack: Offer) -> None:
        with pytest.raises(Conflict, match="does not let you order"):
            order_of(acme, pack)

    def test_is_not_for_managers(self, allowed: Account, pack: Offer) -> None:
        client = signed_in(allowed, "manager")

        assert client.post(page(allowed, f"packs/{pack.code}/"), {}).status_code == 403

    def test_takes_over_no_order_of_another_account(
        self, allowed: Account, other: Account, pack: Offer
    ) -> None:
        contacts.allow(customer_id=other.pk, budget_most=None, packs_most=3, author=AUTHOR)
        token = uuid4().hex
        order_of(other, pack, form_token=token)

        with pytest.raises((Conflict, IdempotencyKeyReused)):
            order_of(allowed, pack, form_token=token)
        assert not Order.objects.filter(account=allowed).exists()


def test_a_client_without_a_session_orders_nothing(allowed: Account, pack: Offer) -> None:
    assert Client().post(page(allowed, f"packs/{pack.code}/"), {"sure": "1"}).status_code == 302
    assert bought_by(allowed) == []
