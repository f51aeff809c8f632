"""What pages say of policies: which one rules an account now, and what they decided of a debit, a refusal, a hold."""

from __future__ import annotations

import re
from contextlib import suppress
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from billing.tests.desks.people import text_of
from config.kernel.errors import DomainError
from pricing.models import Feature
from usage.models import Denial, SharedPolicy
from usage.queries.policies import Scope
from usage.queries.rulings import next_ruling
from usage.rules.policies import PolicyChoice
from usage.services import entitling, limiting, policies
from usage.services.entitling import AccessOrder
from usage.services.limiting import BudgetOrder
from usage.tests.held import a_hold
from usage.tests.laddered import block, calls, grace, overage, set_policy
from usage.tests.made import AUTHOR, DAY, Shop, a_grant, clock
from wallets.models import Account

pytestmark = pytest.mark.django_db


def items_of(page: str, mark: str) -> list[str]:
    """The sentences of the list, or of all lists in the box, that is marked so."""
    (part,) = re.findall(rf"<(ul|div)[^>]*{mark}[^>]*>(.*?)</\1>", page, re.S)[:1]
    return [
        unescape(re.sub(r"<[^>]+>", "", each)).strip()
        for each in re.findall(r"<li>(.*?)</li>", part[1], re.S)
    ]


def share(policy: PolicyChoice | None, **scope: Any) -> SharedPolicy:
    policies.share(scope=Scope(**scope), policy=policy, author=AUTHOR)
    return SharedPolicy.objects.latest("pk")


def terms_of(client: Client, account: Account) -> str:
    return text_of(client.get(f"/admin/wallets/account/{account.pk}/change/?tab=terms"))


class TestWhichRules:
    def test_is_the_accounts_own(self, finance: Client, shop: Shop, acme: Account) -> None:
        share(overage(), table=shop.table)
        share(overage(), product=shop.product)
        set_policy(acme, block(80, grace=grace("15")))

        page = terms_of(finance, acme)

        assert "Its own</span>" in page
        assert items_of(page, "data-rules") == [
            "Tell when 80 % are spent",
            "Beyond zero up to 15 tokens, then nothing until the next purchase",
            "Block after the grace",
        ]
        assert "block after a grace, with steps" in page
        assert "Nearer for some usage" not in page

    def test_is_that_of_the_rate_table_and_names_nearer_ones(
        self, finance: Client, shop: Shop, acme: Account
    ) -> None:
        of_table = share(overage("7"), table=shop.table)
        of_chat = share(block(50), feature=Feature.objects.get(code=shop.chat))
        share(overage())

        page = terms_of(finance, acme)

        assert (
            f'/admin/usage/sharedpolicy/{of_table.pk}/change/">That of the rate table {shop.table.code}</a>'
            in page
        )
        assert items_of(page, "data-rules") == [
            "Overage up to 7 tokens",
            f"Feature {shop.chat}: Tell when 50 % are spent; Block what grants do not pay",
        ]
        assert f"/admin/usage/sharedpolicy/{of_chat.pk}/change/" in page
        assert "overage up to 7, shared" in page

    def test_is_a_block_where_nothing_is_set(self, finance: Client, acme: Account) -> None:
        page = terms_of(finance, acme)

        assert "None is set, so what holds without any" in page
        assert items_of(page, "data-rules") == ["Block what grants do not pay"]


class TestNextRuling:
    def test_is_the_next_nearest(self, shop: Shop, acme: Account) -> None:
        chat = Feature.objects.get(code=shop.chat)
        scopes = [Scope(feature=chat), Scope(product=shop.product), Scope(table=shop.table), Scope()]
        for scope in scopes:
            policies.share(scope=scope, policy=overage("1"), author=AUTHOR)

        told = [next_ruling(acme.pk, clock(), scope).scope.split()[0] for scope in (None, *scopes)]

        assert told == ["rate", "product", "rate", "deployment", "default"]

    def test_is_what_a_policy_that_is_taken_away_is_rehearsed_by(
        self, finance: Client, shop: Shop, acme: Account
    ) -> None:
        set_policy(acme, overage(), clock() - 50 * DAY)
        shop.debit(acme, "90", now=clock() - DAY)
        share(overage("3"), table=shop.table)

        page = text_of(
            finance.post(f"/admin/wallets/account/{acme.pk}/policy/", {"mode": "shared", "rehearse": "1"})
        )

        assert "<strong>1 of 2 calls</strong> would have been refused, of 90 AIT together." in page
        assert "beyond the limit" in page


class TestDebitPage:
    def test_tells_the_decision_and_the_policies_of_then(
        self, finance: Client, shop: Shop, acme: Account
    ) -> None:
        share(overage("20", throttle=(calls(60),)), table=shop.table)
        done = shop.debit(acme, "96")
        share(block(), table=shop.table)

        page = text_of(finance.get(f"/admin/usage/debit/{done.id}/change/"))

        whose = f"The policy of the rate table {shop.table.code}"
        assert items_of(page, "data-decided") == [
            "Nothing was said of access, so all of it was open.",
            f"{whose} lets 60 calls a minute through: 60 were free, 1 taken, 59 left.",
            "86 were available before it, of 100 when the last grant came into force: 14 % were gone.",
            f"10 AIT became overage. {whose} allows overage up to 20. 10 were owed then.",
        ]
        assert f"{whose}, as it was then" in page
        assert "Overage up to 20 tokens" in page


class TestDenialPage:
    def refused(self, client: Client, shop: Shop, account: Account, quantity: str) -> list[str]:
        with suppress(DomainError):
            shop.debit(account, quantity)
        denial = Denial.objects.get(account=account)
        response = client.get(f"/admin/usage/denial/{denial.pk}/change/")
        assert response.status_code == 200
        return items_of(text_of(response), "data-why")

    def test_tells_of_a_grace_that_is_over(self, finance: Client, shop: Shop) -> None:
        account = shop.an_account(policy=block(grace=grace("15")))
        shop.debit(account, "15")

        told = self.refused(finance, shop, account, "1")

        assert told[0:2] == ["1 tokens were asked for.", "The grants in force could pay 0 of them."]
        assert re.fullmatch(
            r"The policy of the account gave a grace beyond zero from [0-9]+ \w+ [0-9:]+ [0-9:]+ on. "
            "It is over; another one needs a purchase.",
            told[2],
        )
        assert told[3:] == ["15 were owed already.", "1 were missing."]

    def test_tells_of_a_throttle(self, finance: Client, shop: Shop, acme: Account) -> None:
        set_policy(acme, block(throttle=(calls(1),)))
        shop.debit(acme, "1")

        told = self.refused(finance, shop, acme, "1")

        assert told[0] == "The policy of the account lets 1 call a minute through."
        assert told[1] == "15 % of what was available were gone. Asked for: 1 call. Free: 0 calls."

    def test_tells_of_a_budget(self, finance: Client, shop: Shop, acme: Account) -> None:
        order = BudgetOrder(code="team", period="total", tokens=Decimal(5), is_hard=True)
        limiting.open_budget(account_id=acme.pk, order=order, author=AUTHOR)

        told = self.refused(finance, shop, acme, "6")

        assert told[-1] == "0 of them were spent, and 6 were asked for."

    def test_tells_of_what_is_closed(self, finance: Client, shop: Shop, acme: Account) -> None:
        entitling.say(account_id=acme.pk, order=AccessOrder(shop.chat, "closed"), author=AUTHOR)

        told = self.refused(finance, shop, acme, "1")

        assert told[0].startswith(f"The account may not use {shop.chat}: {shop.chat} is closed since ")


class TestHoldPage:
    def test_tells_the_policies_that_it_keeps(self, finance: Client, shop: Shop) -> None:
        account = shop.an_account(policy=block(throttle=(calls(60),), grace=grace("15")))
        a_grant(account, "10")
        kept = a_hold(shop, account, "4")
        set_policy(account, block())

        page = text_of(finance.get(f"/admin/usage/holdrequest/{kept.id}/change/"))

        assert items_of(page, "data-decided") == [
            "The policy of the account lets 60 calls a minute through: 60 were free, 1 taken, 59 left.",
            "10 were available before it, of 10 when the last grant came into force: 0 % were gone.",
            "The policy of the account gives a grace of 15 beyond zero, which begins with the first token that is "
            "captured there.",
        ]
        assert "Beyond zero up to 15 tokens" in page
