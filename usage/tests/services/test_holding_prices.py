"""A hold keeps the prices of its making: version, own prices, and its place in the month's count."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from config.kernel.errors import Forbidden, NoRate, UnknownFeature
from pricing.models import RateTable
from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from pricing.services import drafting, publishing
from usage.models import DebitLine, TierCount
from usage.rules.enrolment import Enrolment
from usage.services import own_prices, reversing, terms
from usage.services.own_prices import OwnPriceOrder
from usage.tests.held import a_hold, capture, free, release, written
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, a_reversal, an_account, clock
from wallets.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop()


def reprice(table: RateTable, tokens: str, *features: str) -> None:
    draft = drafting.open_draft(table=table)
    rows = [RateRow(code, Decimal(tokens)) for code in features]
    drafting.replace_rates(draft=draft, rows=rows, revision=None)
    publishing.publish(version=draft)


class TestVersion:
    def test_is_that_of_the_making_whatever_is_published(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "100")
        hold = a_hold(shop, account, "5")
        reprice(shop.table, "7", shop.chat, shop.image)

        debit = capture(shop, hold, "5", "2", features=[shop.chat, shop.image], is_final=False).debit

        assert debit is not None
        assert [(line.version, line.tokens) for line in debit.lines] == [(1, 5), (1, 2)]
        assert shop.debit(account, "5").tokens == 35
        assert a_hold(shop, account, "1").tokens == 7

    def test_is_that_of_the_making_when_the_account_pays_by_another_table(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "100")
        hold = a_hold(shop, account, "5")
        own = shop.a_table(tokens="3")
        terms.enrol(reference=account.reference, asked=Enrolment(rate_table=own.code), author=AUTHOR)

        debit = capture(shop, hold, "5").debit

        assert debit is not None
        assert (debit.lines[0].table, debit.tokens) == (shop.table.code, 5)

    def test_without_a_rate_for_what_was_used_refuses_and_writes_nothing(self, shop: Shop) -> None:
        table = shop.a_table(since=clock() - 40 * DAY)
        account = an_account(rate_table=table.code)
        reprice(table, "1", shop.chat)
        a_grant(account, "100")
        hold = a_hold(shop, account, "5")
        before = written(account)

        with pytest.raises(NoRate) as refusal:
            capture(shop, hold, "1", "2", features=[shop.chat, shop.image])

        assert refusal.value.errors[0].pointer == "/items/1"
        assert written(account) == before

    def test_prices_features_of_the_same_product_alone(self, shop: Shop) -> None:
        account, rival = shop.an_account(), Shop()
        a_grant(account, "100")
        hold = a_hold(shop, account, "5")
        before = written(account)

        for feature, kind in ((rival.chat, Forbidden), ("nothing.known", UnknownFeature)):
            with pytest.raises(kind):
                capture(shop, hold, "1", features=[feature])

        assert written(account) == before


class TestOwnPrices:
    def set_own(self, account: Account, shop: Shop, factor: str, **given: Any) -> None:
        order = OwnPriceOrder(shop.chat, "multiplier", factor=Decimal(factor), **given)
        own_prices.override(account_id=account.pk, order=order, author=AUTHOR)

    def test_of_the_making_price_the_capture(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "100")
        self.set_own(account, shop, "0.5")
        hold = a_hold(shop, account, "10")
        assert hold.tokens == 5
        self.set_own(account, shop, "3")

        debit = capture(shop, hold, "10").debit

        assert debit is not None
        assert debit.tokens == 5

    def test_that_were_said_later_do_not_count_for_usage_ahead(self, shop: Shop) -> None:
        account, ahead = shop.an_account(), clock() + HOUR / 30
        a_grant(account, "100")
        hold = a_hold(shop, account, "10", at=ahead)
        self.set_own(account, shop, "3", effective_from=ahead - HOUR / 60)

        debit = capture(shop, hold, "10").debit

        assert debit is not None
        assert debit.tokens == 10
        assert shop.debit(account, "1", at=ahead).tokens == 3


class TestFormula:
    def test_of_the_version_is_evaluated_for_what_was_used(self, shop: Shop) -> None:
        table = shop.a_table(tokens="0", formula="ceil(quantity / 10) * 7")
        account = an_account(rate_table=table.code)
        a_grant(account, "100")
        hold = a_hold(shop, account, "25")
        assert hold.tokens == 21

        debit = capture(shop, hold, "11").debit

        assert debit is not None
        assert (debit.tokens, free(account)) == (14, (86, 0, 0))


class TestPlaceInTheMonth:
    """The first 100 units of a month cost 2 tokens each, those beyond 1."""

    @pytest.fixture
    def account(self, shop: Shop) -> Account:
        tiers = (Tier(Decimal(100), Decimal(1)),)
        table = shop.a_table(tokens="2", tier_mode="graduated", tiers=tiers)
        account = an_account(rate_table=table.code)
        a_grant(account, "10000")
        return account

    def units(self, account: Account) -> Decimal:
        return TierCount.objects.get(account=account).units

    def test_is_kept_whatever_is_counted_meanwhile(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "60")
        hold = a_hold(shop, account, "40")
        assert hold.tokens == 80
        between = shop.debit(account, "50")

        told = capture(shop, hold, as_estimated=True)

        assert between.tokens == 40 * 2 + 10
        assert told.debit is not None
        assert told.debit.tokens == 80
        assert DebitLine.objects.get(debit=told.debit.id).counted == 60
        assert self.units(account) == 150

    def test_goes_on_step_by_step(self, shop: Shop, account: Account) -> None:
        hold = a_hold(shop, account, "90")
        shop.debit(account, "500")

        one, two, three = (
            capture(shop, hold, quantity, is_final=quantity == "15").debit for quantity in ("80", "30", "15")
        )

        assert one is not None
        assert two is not None
        assert three is not None
        assert [one.tokens, two.tokens, three.tokens] == [160, 20 * 2 + 10, 15]
        assert self.units(account) == 625

    def test_is_that_of_its_first_line_of_the_rate(self, shop: Shop, account: Account) -> None:
        hold = a_hold(shop, account, "70", "50")
        assert [line.tokens for line in hold.lines] == [140, 30 * 2 + 20]

        debit = capture(shop, hold, "50", "70").debit

        assert debit is not None
        assert [line.tokens for line in debit.lines] == [100, 50 * 2 + 20]

    def test_counts_nothing_until_it_is_charged(self, shop: Shop, account: Account) -> None:
        hold = a_hold(shop, account, "90")

        assert shop.debit(account, "90").tokens == 180
        release(shop, hold)
        assert self.units(account) == 90

    def test_of_what_was_not_estimated_is_that_of_now(self, shop: Shop, account: Account) -> None:
        hold = a_hold(shop, account, "10")
        shop.debit(account, "95", features=(shop.image,))

        debit = capture(shop, hold, "10", features=[shop.image]).debit

        assert debit is not None
        assert debit.tokens == 5 * 2 + 5

    def test_goes_back_with_a_capture_that_is_given_back_whole(self, shop: Shop, account: Account) -> None:
        hold = a_hold(shop, account, "90")
        first = capture(shop, hold, "80", is_final=False).debit
        assert first is not None
        reversing.reverse(a_reversal(first))
        shop.debit(account, "500")

        second = capture(shop, hold, "80").debit

        assert second is not None
        assert second.tokens == 160
        assert self.units(account) == 580
