"""The ladder at its desks: steps as rows, a rehearsal before it holds, and policies that accounts share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from billing.tests.desks.people import as_shown, text_of
from pricing.models import Feature
from usage.models import Policy, SharedPolicy
from usage.queries.policies import Scope, own_policy, shared_policy
from usage.rules.policies import PolicyChoice, Throttle
from usage.services import policies
from usage.tests.laddered import block, calls, grace, money, overage, set_policy
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, clock
from wallets.models import Account

pytestmark = pytest.mark.django_db

LIST = "/admin/usage/sharedpolicy/"


@pytest.fixture
def shop() -> Shop:
    return Shop(since=clock() - 100 * DAY)


@pytest.fixture
def acme(shop: Shop) -> Account:
    return shop.an_account(clock() - 60 * DAY)


def page_of(account: Account) -> str:
    return f"/admin/wallets/account/{account.pk}/policy/"


def step(number: int, kind: str, **columns: str) -> dict[str, str]:
    """A row of the form, with its other columns empty."""
    empty = dict.fromkeys(("share", "amount", "hours", "price", "currency"), "")
    return {f"steps-{number}-{name}": value for name, value in {"kind": kind, **empty, **columns}.items()}


def sent(mode: str, *rows: dict[str, str], **more: str) -> dict[str, str]:
    return {
        "mode": mode,
        "reason": "Signed",
        **more,
        **{name: value for row in rows for name, value in row.items()},
    }


class TestPolicyPage:
    def test_sets_a_ladder_of_a_row_a_step(self, finance: Client, acme: Account) -> None:
        rows = (
            step(0, "notify", share="50"),
            step(1, ""),
            step(7, "calls", share="90", amount="60"),
            step(8, "tokens", amount="1,000.5"),
            step(9, "grace", amount="500", hours="72"),
            step(10, "percent", amount="20"),
            step(11, "money", amount="50", price="0.01", currency="USD"),
        )

        finance.post(page_of(acme), sent("limited", *rows, limit="100"))

        assert own_policy(acme.pk) == PolicyChoice(
            "overage",
            Decimal(100),
            notify=(50,),
            throttle=(Throttle(0, "tokens", Decimal("1000.5")), Throttle(90, "calls", Decimal(60))),
            grace=grace("500", 72 * HOUR),
            limit_percent=Decimal(20),
            limit_money=money("50", "0.01"),
        )
        assert Policy.objects.get(account=acme).set_by == "finance"

    def test_shows_what_holds_and_sent_as_shown_changes_nothing(self, finance: Client, acme: Account) -> None:
        steps = {
            "throttle": (calls(60, 90),),
            "grace": grace("500", 36 * HOUR),
            "limit_money": money("5", "0.1"),
        }
        ladder = overage("100", notify=(50, 80), **steps)
        set_policy(acme, ladder)

        shown = as_shown(finance, page_of(acme))
        kinds = chosen(text_of(finance.get(page_of(acme))))
        finance.post(page_of(acme), {**shown, "mode": "limited", "reason": "Again", **kinds})

        assert kinds == {
            "steps-0-kind": "notify",
            "steps-1-kind": "notify",
            "steps-2-kind": "calls",
            "steps-3-kind": "grace",
            "steps-4-kind": "money",
        }
        assert own_policy(acme.pk) == ladder
        assert Policy.objects.filter(account=acme).count() == 1

    def test_takes_the_accounts_own_away(self, finance: Client, acme: Account) -> None:
        set_policy(acme, block(50))

        finance.post(page_of(acme), sent("shared"))

        assert own_policy(acme.pk) is None

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            (step(0, "notify", share="x"), "Step 1: a share is a whole number of per cent."),
            (step(0, "notify", share="0"), "Notify: A threshold is 1 to 100 per cent."),
            (step(0, "calls", share="50"), "Step 1: an amount is missing."),
            (step(0, "calls", amount="1.5"), "Step 1: At most 0 digits may stand after the point."),
            (step(0, "tokens", amount="0"), "Throttle: Tokens above 0."),
            (step(0, "grace"), "Grace: A grace has a time, an amount of tokens, or both."),
            (
                step(0, "money", amount="1", price="1"),
                "Step 1: a currency has three capital letters, such as USD.",
            ),
            (step(0, "money", amount="1", price="", currency="USD"), "Step 1: This is not a decimal number."),
            (step(0, "anything"), "Step 1: there is no such step."),
        ],
    )
    def test_says_which_step_is_wrong_and_keeps_what_was_typed(
        self, finance: Client, acme: Account, row: dict[str, str], said: str
    ) -> None:
        response = finance.post(page_of(acme), sent("unlimited", row))

        assert response.context["form"].errors["steps"] == [said]
        assert row["steps-0-amount"] in text_of(response)
        assert not Policy.objects.filter(account=acme).exists()

    def test_refuses_a_second_grace_and_steps_without_a_policy(self, finance: Client, acme: Account) -> None:
        two = finance.post(
            page_of(acme), sent("block", step(0, "grace", amount="1"), step(1, "grace", hours="1"))
        )
        none = finance.post(page_of(acme), sent("shared", step(0, "notify", share="50")))

        assert two.context["form"].errors["steps"] == ["There is one grace at most."]
        assert none.context["form"].errors["steps"] == ["Without a policy of its own there are no steps."]


class TestRehearsal:
    def test_says_which_calls_of_the_last_week_would_have_been_refused_and_changes_nothing(
        self, finance: Client, shop: Shop, acme: Account
    ) -> None:
        set_policy(acme, overage(), clock() - 50 * DAY)
        now = timezone.now()
        a_grant(acme, "10", now=now - 40 * DAY)
        for days, quantity in ((3, "8"), (2, "5.25"), (1, "1")):
            shop.debit(acme, quantity, now=now - days * DAY)

        page = text_of(
            finance.post(page_of(acme), {**sent("limited", limit="3"), "reason": "", "rehearse": "1"})
        )

        assert "<strong>1 of 3 calls</strong> would have been refused, of 5.25 AIT together." in page
        assert "beyond the limit" in page
        assert own_policy(acme.pk) == overage()

    def test_needs_a_form_that_can_be_read(self, finance: Client, acme: Account) -> None:
        response = finance.post(page_of(acme), {**sent("limited"), "rehearse": "1"})

        assert "rehearsed" not in response.context
        assert response.context["form"].errors["limit"] == ["Say how many tokens."]


class TestSharedPolicies:
    def test_are_set_shown_and_ended(self, packaging: Client, shop: Shop) -> None:
        named = {"scope": "feature", "code": shop.chat, "account": ""}
        scope = Scope(feature=Feature.objects.get(code=shop.chat))

        answer = packaging.post(f"{LIST}add/", sent("block", step(0, "notify", share="80"), **named))
        one = answer.headers["Location"]
        listed, shown = text_of(packaging.get(LIST)), text_of(packaging.get(one))
        held = shared_policy(scope, clock())
        packaging.post(one.replace("change", "replace"), sent("shared", account=""))

        assert held == block(80)
        assert f"Feature {shop.chat}" in listed
        assert "Tell when 80 % are spent" in listed
        assert "Block what grants do not pay" in shown
        assert shared_policy(scope, clock()) is None
        assert "None any more" in text_of(packaging.get(one))
        assert [row.set_by for row in SharedPolicy.objects.order_by("pk")] == ["packaging"] * 2

    def test_show_what_holds_when_they_are_changed(self, finance: Client, shop: Shop) -> None:
        policies.share(scope=Scope(table=shop.table), policy=overage("7", notify=(50,)), author=AUTHOR)
        address = f"{LIST}{SharedPolicy.objects.get().pk}/replace/"

        shown = as_shown(finance, address)

        assert (shown["limit"], shown["steps-0-share"]) == ("7", "50")

    @pytest.mark.parametrize(
        ("named", "field"),
        [
            ({"scope": "feature", "code": "nothing.here"}, "code"),
            ({"scope": "product", "code": ""}, "code"),
            ({"scope": "deployment", "code": "x"}, "code"),
            ({"scope": "planet", "code": "x"}, "scope"),
        ],
    )
    def test_refuse_a_scope_that_is_not(self, finance: Client, named: dict[str, Any], field: str) -> None:
        response = finance.post(f"{LIST}add/", sent("block", account="", **named))

        assert set(response.context["form"].errors) == {field}
        assert not SharedPolicy.objects.exists()

    def test_are_rehearsed_on_an_account_that_is_named(
        self, finance: Client, shop: Shop, acme: Account
    ) -> None:
        set_policy(acme, overage(), clock() - 50 * DAY)
        shop.debit(acme, "5", now=timezone.now() - DAY)
        asked = {**sent("block"), "scope": "table", "code": shop.table.code, "reason": "", "rehearse": "1"}

        page = text_of(finance.post(f"{LIST}add/", {**asked, "account": acme.reference}))
        unnamed = finance.post(f"{LIST}add/", {**asked, "account": ""})

        assert "<strong>1 of 1 call</strong> would have been refused" in page
        assert unnamed.context["form"].errors["account"] == ["Name an account."]
        assert not SharedPolicy.objects.exists()


def chosen(page: str) -> dict[str, str]:
    """The kind that each row of steps shows as chosen."""
    found = {}
    for part in page.partition("<template")[0].split('<select name="')[1:]:
        name, options = part.split('"', 1)
        picked = [each for each in options.partition("</select>")[0].split("<option ") if " selected" in each]
        if name.startswith("steps-") and picked:
            found[name] = picked[0].split('value="')[1].split('"')[0]
    return found
