"""The catalogue's desk and the pages of orders."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from billing.models import ActRule, HandAct, Offer, Order
from billing.queries.order_money import periods_of
from billing.tests.desks.people import as_shown, at_the_desk_of, said, text_of
from billing.tests.orders.sold import a_line, an_offer, bought, given_to, left, monthly, order
from usage.tests.made import Shop, named
from wallets.models import Account, TokenUnit

pytestmark = pytest.mark.django_db
ADD = "/admin/billing/offer/add/"


@pytest.fixture
def account(shop: Shop) -> Account:
    return shop.an_account(name="Acme")


def management(tokens: int = 0, seats: int = 0) -> dict[str, Any]:
    counts = {"tokens": tokens, "seats": seats, "allowances": 0, "access": 0}
    return {
        f"{name}-{field}": count if field == "TOTAL_FORMS" else 0
        for name, count in counts.items()
        for field in ("TOTAL_FORMS", "INITIAL_FORMS")
    }


class TestCatalogue:
    def send(self, client: Client, **asked: Any) -> Any:
        form = {
            "code": "pack-5000",
            "name": "5,000 tokens",
            "kind": "pack",
            "period": "",
            "list_price": "90.5",
            "currency": "USD",
            "is_sold": "on",
            "policy": "",
            "change_reason": "Spring.",
            **management(tokens=1),
            "tokens-0-tokens": "5000",
            "tokens-0-unit": TokenUnit.objects.get(is_default=True).pk,
            "tokens-0-every": "",
            "tokens-0-share": "100",
            "tokens-0-priority": "50",
            "tokens-0-lasts_months": "12",
            "tokens-0-features": "chat.*,image",
        }
        return client.post(ADD, form | asked)

    def test_puts_an_offer_on_sale_with_its_author_and_reason(self) -> None:
        packaging = at_the_desk_of("Packaging")

        self.send(packaging, policy='{"mode": "overage", "limit": "25"}')

        offer = Offer.objects.get()
        (part,) = offer.tokens.all()
        assert (offer.list_price, offer.policy["limit"], part.features) == (
            Decimal("90.5"),
            "25",
            ["chat.*", "image"],
        )
        for row in (offer.history.get(), part.history.get()):
            assert (row.history_user.username, row.history_change_reason) == ("packaging", "Spring.")
        assert (
            '"limit": "25.000000"'
            in as_shown(packaging, f"/admin/billing/offer/{offer.pk}/change/")["policy"]
        )
        for client in (packaging, at_the_desk_of("Sales")):
            page = text_of(client.get(f"/admin/billing/offer/{offer.pk}/change/"))
            assert ("Overage up to 25 tokens." in page, "steps" in page) == (True, False)
        assert "25.000000" not in page
        assert "Policy in words" not in text_of(packaging.get(ADD))
        listed = text_of(packaging.get("/admin/billing/offer/"))
        assert "5,000 AIT" in listed
        assert "90.50 USD" in listed

    @pytest.mark.parametrize(
        ("asked", "warns"),
        [
            ({}, True),
            ({"is_sold": ""}, False),
            ({"entitlements": "portfolio"}, False),
            (management(1), False),
        ],
    )
    def test_warns_of_an_offer_that_is_paid_for_and_gives_nothing(
        self, asked: dict[str, Any], warns: bool
    ) -> None:
        packaging = at_the_desk_of("Packaging")

        response = self.send(packaging, **{**management(), **asked})

        sentence = "pack-5000 is on sale for 90.50 USD and gives nothing: add tokens, seats or access."
        assert (sentence in said(response)) is warns
        assert Offer.objects.exists()

    def test_asks_for_its_parts_by_what_they_are(self) -> None:
        page = text_of(at_the_desk_of("Packaging").get(ADD))

        assert re.search(r"Add another\s+Grant of tokens", page)
        assert "Add another Tokens" not in page

    def test_is_read_without_superfluous_digits_under_its_name_in_the_menu(self) -> None:
        offer = an_offer("90.5", tokens=[bought("5000")])

        page = text_of(at_the_desk_of("Sales").get(f"/admin/billing/offer/{offer.pk}/change/"))

        assert ">90.5<" in page
        assert ".000000" not in page
        assert re.search(r"<span[^>]*>\s*Sales\s*</span>.*?<a [^>]*>\s*Catalogue\s*</a>", page, re.DOTALL)

    @pytest.mark.parametrize(
        ("asked", "sentence"),
        [
            ({"tokens-0-share": "101"}, "A share of the price is 0 to 100 per cent."),
            ({"tokens-0-every": "period"}, "What is paid for once gives no tokens each period."),
            ({"tokens-0-lasts_days": "5"}, "Tokens last for days, for months, or until their period ends."),
            ({"period": "month"}, "A pack is paid for once"),
            ({"policy": '{"mode": "block", "limit": "1"}'}, "/limit The member is unknown here."),
            ({"code": "two words"}, "A SKU is made of letters, digits and signs"),
        ],
    )
    def test_refuses_in_a_sentence(self, asked: dict[str, str], sentence: str) -> None:
        page = text_of(self.send(at_the_desk_of("Packaging"), **asked))

        assert sentence in page
        assert not Offer.objects.exists()


class TestOrders:
    def test_say_that_draws_go_by_the_first_price_and_show_money_as_everywhere(
        self, account: Account
    ) -> None:
        pack, name = an_offer("20", tokens=[bought("1000")]), named("SO")
        order(account, a_line(pack), external_id=name)
        order(account, a_line(pack, amount="12"), external_id=name, version=2)
        auditor, made = at_the_desk_of("Auditor"), Order.objects.get()

        page = text_of(auditor.get(f"/admin/billing/order/{made.pk}/change/"))
        listed = text_of(auditor.get(f"/admin/wallets/account/{account.pk}/change/?tab=orders"))

        assert "draws go by the one at which they were granted" in page
        assert [grant.unit_cost for grant in given_to(account)] == [Decimal("0.02")]
        assert ("20.00 USD" in page, "12.00 USD" in page, "12.00 USD" in listed) == (True, True, True)

    def place(self, client: Client, account: Account, offer: Offer, **asked: Any) -> Any:
        form = {"account": account.reference, "external_id": "SO-7", "reason": "Signed.", "sku_1": offer.code}
        return client.post("/admin/billing/order/add/", form | {"form_token": named("form")} | asked)

    def test_name_each_field_of_each_line_to_those_who_hear_the_page(self) -> None:
        page = at_the_desk_of("Sales").get("/admin/billing/order/add/").content.decode()

        for field in ("SKU", "Quantity", "Amount", "Ends"):
            assert f'aria-label="{field}, line 2"' in page

    def test_take_effect_by_hand_and_are_cancelled_by_hand(self, account: Account) -> None:
        offer, sales = an_offer("90", tokens=[bought("5000")]), at_the_desk_of("Sales")

        placed = self.place(sales, account, offer, quantity_1="2", amount_1="150")
        made = Order.objects.get()
        page = text_of(sales.get(f"/admin/billing/order/{made.pk}/change/"))
        address = f"/admin/billing/order/{made.pk}/cancel/"
        cancelled = sales.post(address, as_shown(sales, address) | {"reason": "Withdrawn."})

        assert said(placed) == "The order SO-7 has taken effect."
        assert "draws go by the one at which they were granted" not in page
        assert [(grant.tokens, grant.unit_cost) for grant in given_to(account)] == [(10000, Decimal("0.015"))]
        assert all(each in page for each in ("10,000 AIT", "150.00 USD", "version 1 by sales"))
        assert said(cancelled).startswith("The order is cancelled")
        assert left(account) == [0]
        assert [version.reason for version in made.versions.all()] == ["Withdrawn.", "Signed."]

    def test_wait_for_a_second_person_who_sees_what_they_give(self, account: Account) -> None:
        ActRule.objects.create(kind="order", money=100, currency="USD")
        offer, sales, finance = (
            an_offer("90", tokens=[bought("5000")]),
            *map(at_the_desk_of, ("Sales", "Finance")),
        )

        asked = self.place(sales, account, offer, quantity_1="2", amount_1="0")
        act = HandAct.objects.get()
        address = f"/admin/billing/handact/{act.pk}/change/"
        page = text_of(finance.get(address))
        finance.post(address, {"verdict": "approve", "reason": ""})

        assert "180.00 USD are asked for; one person alone may move 100.00 USD a day." in said(asked)
        assert asked.headers["Location"] == address
        assert "when it is approved" in page
        assert "when it is approved" not in text_of(finance.get(address))
        assert all(
            each in page
            for each in (f"2 × {offer.code} for 0.00 USD<", "10,000 AIT", "up to 100 % of a line")
        )
        assert left(account) == [10000]

    def test_refuse_in_a_sentence_and_lose_nothing(self, account: Account) -> None:
        offer, sales = an_offer("90", tokens=[bought("5000")]), at_the_desk_of("Sales")

        page = text_of(self.place(sales, account, offer, ends_at_1="2020-01-01T00:00"))

        assert "A line ends after it begins." in page
        assert "Signed." in page
        assert not Order.objects.exists()

    def test_show_versions_side_by_side(self, account: Account) -> None:
        plan, name = an_offer("49", kind="plan", period="month", tokens=[monthly("1000")]), named("SO")
        order(account, a_line(plan), external_id=name)
        made = Order.objects.get()
        assert [each.whole is not None for each in periods_of(made)] == [True]
        order(account, a_line(plan, "3"), external_id=name, version=2)
        assert [each.whole for each in periods_of(made)] == [None]

        page = text_of(at_the_desk_of("Auditor").get(f"/admin/billing/order/{made.pk}/change/"))

        assert f"1 × {plan.code}" in page
        assert f"3 × {plan.code}" in page
        assert "Cancel …" not in page
        account_page = f"/admin/wallets/account/{account.pk}/change/"
        history = text_of(at_the_desk_of("Support").get(f"{account_page}?tab=history"))
        assert f"Order {name}, version 2: 3 × {plan.code}" in history
        assert name in text_of(at_the_desk_of("Sales").get(f"{account_page}?tab=orders"))
