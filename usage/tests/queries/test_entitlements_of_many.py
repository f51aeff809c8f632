"""What many accounts may use is told in a fixed number of questions."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext

from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from pricing.services import catalogue, drafting, publishing
from usage.queries.entitlements import entitlements
from usage.queries.feature_cards import cards_named
from usage.rules.policies import GracePeriod, PolicyChoice
from usage.services import own_prices
from usage.services.own_prices import OwnPriceOrder
from usage.tests.made import AUTHOR, UNLIMITED, Shop, named
from usage.tests.queries.test_entitlements import NOW, SPRING, a_customer, budget, include, say, shop

__all__ = ["shop"]


class TestManyAtOnce:
    def test_takes_as_many_questions_as_one(self, shop: Shop) -> None:
        few = self._accounts(shop, 1)
        many = self._accounts(shop, 12)
        features = [shop.chat, *self._features(shop, 20)]

        with CaptureQueriesContext(connection) as one:
            entitlements(few, cards_named(features[:2]), now=NOW)
        with CaptureQueriesContext(connection) as all_of_them:
            found = entitlements(many, cards_named(features), now=NOW)

        assert len(found) == 12
        assert {each.reason for each in found[many[0]].entitlements} == {"included", "tokens"}
        assert len(one) == len(all_of_them) == 14

    def test_takes_two_more_where_ladders_rule(self, shop: Shop) -> None:
        ladder = PolicyChoice("overage", notify=(80,), grace=GracePeriod(timedelta(days=1)))
        few = self._accounts(shop, 1, ladder)
        many = self._accounts(shop, 12, ladder)

        with CaptureQueriesContext(connection) as one:
            entitlements(few, cards_named([shop.chat]), now=NOW)
        with CaptureQueriesContext(connection) as all_of_them:
            entitlements(many, cards_named([shop.chat, shop.image]), now=NOW)

        assert len(one) == len(all_of_them) == 15  # nothing has tiers here

    def _accounts(self, shop: Shop, count: int, policy: PolicyChoice = UNLIMITED) -> list[str]:
        """Each with every kind of rule."""
        found = []
        for _ in range(count):
            acme = a_customer(shop, policy=policy)
            include(acme, shop.chat, "5", period="day", carries=Decimal(3))
            budget(acme, "50")
            say(acme, shop.image, "closed")
            order = OwnPriceOrder(shop.image, "multiplier", factor=Decimal("0.5"))
            own_prices.override(account_id=acme.pk, order=order, author=AUTHOR, now=SPRING)
            found.append(acme.reference)
        return found

    def _features(self, shop: Shop, count: int) -> list[str]:
        codes = [named("extra") for _ in range(count)]
        for code in codes:
            catalogue.create_feature(product=shop.product, code=code)
        draft = drafting.open_draft(table=shop.table)
        rows = [RateRow("*", Decimal(1), tier_mode="graduated", tiers=(Tier(Decimal(9), Decimal(2)),))]
        drafting.replace_rates(draft=draft, rows=[*rows, RateRow(shop.chat, Decimal(1))], revision=None)
        publishing.publish(version=draft, moment=SPRING)
        return codes

    def test_leaves_out_accounts_that_there_are_not(self, shop: Shop) -> None:
        acme = a_customer(shop)

        assert list(entitlements([acme.reference, "nobody"], [], now=NOW)) == [acme.reference]
