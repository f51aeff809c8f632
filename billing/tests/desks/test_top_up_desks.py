"""The tab of top-ups, its forms, and what the home page says of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from billing.models import ActRule, HandAct, Offer, TopUp, TopUpRule
from billing.tests.desks.people import as_shown, at_the_desk_of
from billing.tests.top_ups.ruled import a_pack, a_rule, available, topped_up
from usage.tests.made import an_account
from wallets.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Account:
    return an_account()


@pytest.fixture
def pack() -> Offer:
    return a_pack("5000", "40")


def page(client: Client, account: Account) -> str:
    answer = client.get(f"/admin/wallets/account/{account.pk}/change/?tab=top_ups")
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, account: Account, where: str, **asked: Any) -> Any:
    address = f"/admin/wallets/account/{account.pk}/{where}/"
    return client.post(address, as_shown(client, address) | {"reason": "Agreed."} | asked)


class TestRule:
    def test_is_set_and_said_in_a_sentence(self, finance: Client, acme: Account, pack: Offer) -> None:
        assert "tokens come only by orders and by hand" in page(finance, acme)

        said = {
            "threshold": "1,000",
            "fill_to": "5000",
            "sku": pack.code,
            "window": "month",
            "most_amount": "100",
        }
        assert send(finance, acme, "top-up", **said).status_code == 302

        rule = TopUpRule.objects.get(account=acme)
        assert (rule.set_by, rule.reason, rule.most, rule.currency) == ("finance", "Agreed.", 3, "USD")
        assert (
            f"At 1,000 AIT or less it buys packs of {pack.code} up to 5,000, at most 3 times a month, "
            "and at most 100.00 USD a month." in page(finance, acme)
        )

    @pytest.mark.parametrize(("who", "waits"), [("Sales", True), ("Finance", False)])
    def test_gives_nothing_before_it_is_paid_but_by_finance(
        self, acme: Account, pack: Offer, who: str, waits: bool
    ) -> None:
        said = {"threshold": "0", "fill_to": "500", "sku": pack.code, "window": "month", "most": "3"}

        assert send(at_the_desk_of(who), acme, "top-up", **said, needs_payment="").status_code == 302

        assert TopUpRule.objects.get(account=acme).needs_payment is waits

    def test_is_not_replaced_unseen(self, finance: Client, acme: Account, pack: Offer) -> None:
        a_rule(acme, pack)
        address = f"/admin/wallets/account/{acme.pk}/top-up/"
        shown = as_shown(finance, address) | {
            "reason": "Agreed.",
            "sku": pack.code,
            "window": "month",
            "most": "5",
        }
        a_rule(acme, pack, most=2)

        answer = finance.post(address, shown).content.decode()

        assert "Nothing was saved: tests changed this rule meanwhile." in answer
        assert TopUpRule.objects.get(account=acme).most == 2

    def test_says_what_it_can_not_be(self, finance: Client, acme: Account, pack: Offer) -> None:
        said = {"threshold": "10", "fill_to": "10", "sku": pack.code, "window": "day"}

        answer = send(finance, acme, "top-up", **said)

        assert "Packs are bought until more is there than the threshold." in answer.content.decode()


class TestTopUps:
    def test_are_paid_or_refused_by_finance(self, finance: Client, acme: Account, pack: Offer) -> None:
        rule = a_rule(acme, pack, needs_payment=True, breaks_after=1)
        made = topped_up(rule)
        assert made is not None
        assert "waits for payment" in page(finance, acme)
        assert "1 top-up waits for payment." in finance.get("/admin/").content.decode()

        assert send(finance, acme, f"top-ups/{made.pk}/paid").status_code == 302

        assert available(acme) == 5000
        assert TopUp.objects.get(pk=made.pk).settled_by == "finance"
        sales = at_the_desk_of("Sales")
        assert (
            sales.post(f"/admin/wallets/account/{acme.pk}/top-ups/{made.pk}/refuse/", {}).status_code == 403
        )
        assert "it is bought" in send(finance, acme, f"top-ups/{made.pk}/refuse").content.decode()

    def test_that_are_paid_wait_for_a_second_person_beyond_the_rule_for_orders(
        self, finance: Client, acme: Account, pack: Offer
    ) -> None:
        ActRule.objects.create(kind="order", limit=4999)
        made = topped_up(a_rule(acme, pack, needs_payment=True))
        assert made is not None

        send(finance, acme, f"top-ups/{made.pk}/paid")

        told = page(finance, acme)
        assert ("paid, waits for a second person" in told, ">Paid</a>" in told) == (True, False)
        assert (
            "waits for a second person already"
            in send(finance, acme, f"top-ups/{made.pk}/paid").content.decode()
        )
        assert (available(acme), HandAct.objects.get().tokens) == (0, 5000)

    def test_that_broke_their_rule_are_shown_until_a_person_switches_it_on(
        self, finance: Client, acme: Account, pack: Offer
    ) -> None:
        rule = a_rule(acme, pack, breaks_after=1)
        Offer.objects.filter(pk=pack.pk).update(is_sold=False)

        topped_up(rule)

        why = f"The SKU {pack.code} is not on sale any more."
        assert why in page(finance, acme)
        assert "Switched off after a refusal" in page(finance, acme)
        assert "1 top-up was switched off by refusals." in finance.get("/admin/").content.decode()
        assert why in finance.get("/admin/billing/topup/").content.decode()
        assert send(finance, acme, "top-up/switch").status_code == 302
        rule.refresh_from_db()
        assert (rule.is_on, rule.is_broken, rule.set_by) == (True, False, "finance")
        assert "It rests" not in page(finance, acme)
        history = finance.get(f"/admin/wallets/account/{acme.pk}/change/?tab=history").content.decode()
        assert history.count("Top-up: At 1,000 AIT or less it buys packs") == 2
        assert "Top-up: switched off by refusals" in history

    def test_that_are_used_up_say_until_when(self, finance: Client, acme: Account, pack: Offer) -> None:
        rule = a_rule(acme, pack, threshold="9000", fill_to="9001", most=1, most_packs=1)
        topped_up(rule)

        assert "is used up; it buys again from" in page(finance, acme)
