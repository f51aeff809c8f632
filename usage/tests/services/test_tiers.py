"""Tiers and formulas in debits: counted by month, account and row pattern, exactly and once."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from config.kernel.errors import InsufficientTokens, NoRate
from pricing.models import RateTable
from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from pricing.services import drafting, publishing
from usage.models import DebitLine, TierCount
from usage.queries.explanations import explain
from usage.queries.receipts import receipt
from usage.rules.orders import Item, QuoteOrder
from usage.rules.receipts import Receipt, TierShare
from usage.services import metering, reversing, terms
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, a_reversal, an_account, clock, together
from wallets.models import Account, Zone

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
HALF_BEYOND_100 = {"tokens": "2", "tier_mode": "graduated", "tiers": (Tier(Decimal(100), Decimal(1)),)}


def a_climber(shop: Shop, now: datetime | None = SPRING, granted: str = "1000", **rate: Any) -> Account:
    """An account that pays 2 tokens a unit, and 1 beyond 100 units a month, unless another rate is given."""
    since = (now or clock()) - 40 * DAY
    table = shop.a_table(since=since, **(rate or HALF_BEYOND_100))
    account = an_account(now, rate_table=table.code)
    a_grant(account, granted, now=now)
    return account


def a_payer(shop: Shop, formula: str, **rate: Any) -> Account:
    """An account that pays by a formula."""
    return a_climber(shop, tokens="0", formula=formula, **rate)


def counts(account: Account) -> list[tuple[str, str, Decimal]]:
    rows = TierCount.objects.filter(account=account).order_by("month", "feature")
    return [(f"{row.month:%Y-%m}", row.pattern, row.units) for row in rows.select_related("feature")]


def charged(done: Receipt) -> list[Decimal]:
    return [line.tokens for line in done.lines]


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


class TestCharge:
    def test_counts_the_units_of_the_month(self, shop: Shop) -> None:
        acme = a_climber(shop)

        lines = [charged(shop.debit(acme, units, now=SPRING + DAY)) for units in ("60", "60", "10")]

        assert lines == [[120], [100], [10]]
        assert counts(acme) == [("2026-03", shop.chat, 130)]

    def test_counts_the_lines_of_one_debit_one_after_the_other(self, shop: Shop) -> None:
        acme = a_climber(shop)

        done = shop.debit(
            acme, "60", "7", "60", features=(shop.chat, shop.image, shop.chat), now=SPRING + DAY
        )

        assert charged(done) == [120, 14, 100]
        assert counts(acme) == [("2026-03", shop.chat, 120), ("2026-03", shop.image, 7)]

    def test_begins_every_month_anew_by_when_usage_occurred(self, shop: Shop) -> None:
        acme = a_climber(shop)
        shop.debit(acme, "100", now=SPRING + 30 * DAY)

        april = shop.debit(acme, "100", now=SPRING + 31 * DAY)
        late = shop.debit(acme, "1", at=SPRING + 29 * DAY, now=SPRING + 31 * DAY)

        assert (charged(april), charged(late)) == ([200], [1])
        assert counts(acme) == [("2026-03", shop.chat, 101), ("2026-04", shop.chat, 100)]

    def test_tells_into_which_tiers_units_fell_also_when_asked_again(self, shop: Shop) -> None:
        acme = a_climber(shop)
        shop.debit(acme, "60", now=SPRING + DAY)

        done = shop.debit(acme, "60", key="second", now=SPRING + DAY)

        assert done.lines[0].unit_tokens is None
        assert done.lines[0].tiers == (
            TierShare(Decimal(0), Decimal(40), "2"),
            TierShare(Decimal(100), Decimal(20), "1"),
        )
        assert receipt(done.id).lines == done.lines
        assert shop.debit(acme, "60", key="second", now=SPRING + DAY).lines == done.lines
        assert counts(acme) == [("2026-03", shop.chat, 120)]

    def test_counts_on_when_a_new_version_keeps_the_pattern(self, shop: Shop) -> None:
        acme = a_climber(shop)
        shop.debit(acme, "60", now=SPRING + DAY)
        table = RateTable.objects.get(code=shop.debit(acme, "40", now=SPRING + DAY).lines[0].table)
        draft = drafting.open_draft(table=table)
        dearer = RateRow(shop.chat, Decimal(9), tier_mode="volume", tiers=(Tier(Decimal(100), Decimal(5)),))
        drafting.replace_rates(draft=draft, rows=[dearer], revision=None)
        publishing.publish(version=draft, moment=SPRING + 2 * DAY)

        done = shop.debit(acme, "10", now=SPRING + 3 * DAY)

        assert charged(done) == [50]
        assert counts(acme) == [("2026-03", shop.chat, 110)]

    def test_counts_features_apart_and_a_pattern_by_its_own_row(self, shop: Shop) -> None:
        table = shop.a_table(since=SPRING - DAY)
        draft = drafting.open_draft(table=table)
        every = RateRow("*", Decimal(2), tier_mode="graduated", tiers=(Tier(Decimal(100), Decimal(1)),))
        drafting.replace_rates(draft=draft, rows=[every], revision=None)
        publishing.publish(version=draft, moment=SPRING)
        acme = an_account(SPRING, rate_table=table.code)
        a_grant(acme, "1000", now=SPRING)

        done = shop.debit(acme, "80", "80", features=(shop.chat, shop.image), now=SPRING + DAY)

        assert charged(done) == [160, 160]
        assert counts(acme) == [("2026-03", "*", 80), ("2026-03", "*", 80)]

    def test_refused_leaves_the_count_alone(self, shop: Shop) -> None:
        acme = a_climber(shop, granted="150")
        shop.debit(acme, "60", now=SPRING + DAY)

        with pytest.raises(InsufficientTokens) as refusal:
            shop.debit(acme, "60", now=SPRING + DAY)

        assert refusal.value.extras["required"] == "100.000000"
        assert counts(acme) == [("2026-03", shop.chat, 60)]

    def test_charges_a_pack_once_that_was_started(self, shop: Shop) -> None:
        acme = a_climber(shop, tokens="10", per=Decimal(1000), tier_mode="package")

        lines = [charged(shop.debit(acme, units, now=SPRING + DAY)) for units in ("1", "999", "0.5")]

        assert lines == [[10], [0], [10]]

    def test_explains_the_tiers(self, shop: Shop) -> None:
        acme = a_climber(shop)
        shop.debit(acme, "60", now=SPRING + DAY)

        done = shop.debit(acme, "60", now=SPRING + DAY)

        step = explain(done.id)["steps"][2]
        assert step["text"] == (
            f"{shop.chat}: graduated, after 60 this month: 40 × 2 tokens + 20 × 1 tokens = 100,"
            " rounded half_up to 100.000000."
        )
        assert step["agrees"]
        assert step["counted_before"] == "60"


class TestReversal:
    def test_of_a_whole_debit_takes_its_units_off_its_month(self, shop: Shop) -> None:
        acme = a_climber(shop)
        first = shop.debit(acme, "60", now=SPRING + DAY)
        second = shop.debit(acme, "60", now=SPRING + DAY)

        reversing.reverse(a_reversal(first, now=SPRING + 2 * DAY))

        assert counts(acme) == [("2026-03", shop.chat, 60)]
        assert charged(receipt(second.id)) == [100]
        assert charged(shop.debit(acme, "60", now=SPRING + 2 * DAY)) == [100]

    def test_of_tokens_does_not_even_of_all_of_them(self, shop: Shop) -> None:
        acme = a_climber(shop)
        first = shop.debit(acme, "60", now=SPRING + DAY)

        reversing.reverse(a_reversal(first, "120", now=SPRING + 2 * DAY))

        assert counts(acme) == [("2026-03", shop.chat, 60)]


class TestQuote:
    def test_counts_from_where_the_month_stands_and_leaves_it_there(self, shop: Shop) -> None:
        acme = a_climber(shop)
        shop.debit(acme, "60", now=SPRING + DAY)
        order = QuoteOrder(
            acme.reference,
            shop.product.pk,
            (Item(shop.chat, Decimal(60), {}),),
            received_at=SPRING + DAY,
            now=SPRING + DAY,
        )

        asked = [metering.quote(order) for _ in range(2)]

        assert [each.tokens for each in asked] == [100, 100]
        assert asked[0].lines[0].tiers == (
            TierShare(Decimal(0), Decimal(40), "2"),
            TierShare(Decimal(100), Decimal(20), "1"),
        )
        assert counts(acme) == [("2026-03", shop.chat, 60)]


class TestMonth:
    def month_of(self, account: Account, moment: datetime) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT wallets_month_v1(%s, %s)", [account.pk, moment])
            return f"{cursor.fetchone()[0]:%Y-%m}"

    def test_begins_at_the_local_midnight_of_the_account(self, shop: Shop) -> None:
        tokyo = an_account(SPRING, time_zone="Asia/Tokyo")

        assert self.month_of(tokyo, datetime(2026, 3, 31, 14, 59, tzinfo=UTC)) == "2026-03"
        assert self.month_of(tokyo, datetime(2026, 3, 31, 15, 0, tzinfo=UTC)) == "2026-04"

    @pytest.mark.parametrize(("before", "after"), [("UTC", "Asia/Tokyo"), ("Asia/Tokyo", "UTC")])
    def test_of_another_zone_begins_when_the_present_one_ends(
        self, shop: Shop, before: str, after: str
    ) -> None:
        mover = an_account(time_zone=before)
        terms.enrol(reference=mover.reference, asked=terms.Enrolment(time_zone=after), author=AUTHOR)

        later = Zone.objects.get(account=mover, counts_from__isnull=False)
        assert later.counts_from is not None
        assert later.first_month is not None
        assert self.month_of(mover, later.counts_from) == f"{later.first_month:%Y-%m}"
        assert self.month_of(mover, later.counts_from - HOUR) < f"{later.first_month:%Y-%m}"
        assert self.month_of(mover, later.counts_from + 10 * HOUR) == f"{later.first_month:%Y-%m}"

    def test_counts_by_the_zone_of_the_account(self, shop: Shop) -> None:
        table = shop.a_table(since=SPRING - DAY, **HALF_BEYOND_100)
        tokyo = an_account(SPRING, time_zone="Asia/Tokyo", rate_table=table.code)
        a_grant(tokyo, "1000", now=SPRING)

        shop.debit(tokyo, "100", now=datetime(2026, 3, 31, 14, 59, tzinfo=UTC))
        april = shop.debit(tokyo, "100", now=datetime(2026, 3, 31, 15, 0, tzinfo=UTC))

        assert charged(april) == [200]


class TestFormula:
    def test_computes_the_tokens_of_a_line(self, shop: Shop) -> None:
        acme = a_payer(shop, "ceil(quantity / 10000) * 20")

        done = shop.debit(acme, "1", "10000", "10001", now=SPRING + DAY)

        assert charged(done) == [20, 20, 40]
        assert (done.lines[0].unit_tokens, done.lines[0].formula) == (None, "ceil(quantity / 10000) * 20")
        assert receipt(done.id).lines == done.lines

    def test_is_rounded_once_and_raised_to_the_minimum(self, shop: Shop) -> None:
        acme = a_payer(shop, "max(quantity, 2) / 7", minimum=Decimal("0.3"), rounding="down")

        assert charged(shop.debit(acme, "1", "3", now=SPRING + DAY)) == [Decimal("0.3"), Decimal("0.428571")]

    def test_is_explained_from_what_it_came_to(self, shop: Shop) -> None:
        acme = a_payer(shop, "max(quantity, 2) / 7")

        step = explain(shop.debit(acme, "1", now=SPRING + DAY).id)["steps"][2]

        assert step["text"] == (f"{shop.chat}: max(quantity, 2) / 7 = 2 / 7, rounded half_up to 0.285714.")
        assert step["agrees"]

    def test_without_a_price_for_this_usage_is_no_rate(self, shop: Shop) -> None:
        acme = a_payer(shop, "1 / (quantity - 3)")

        for units in ("3", "2"):
            with pytest.raises(NoRate, match="has no price for this usage"):
                shop.debit(acme, units, now=SPRING + DAY)

        assert not DebitLine.objects.filter(account=acme).exists()


@pytest.mark.committed
class TestRaces:
    def test_two_hundred_lines_at_once_are_counted_one_after_the_other(self) -> None:
        shop = Shop()
        acme = a_climber(shop, now=None)
        debits = [lambda: charged(shop.debit(acme, "1")) for _ in range(8) for _ in range(25)]

        answers = []
        for start in range(0, 200, 20):
            answers += together(debits[start : start + 20])

        assert sorted(answers) == [[1]] * 100 + [[2]] * 100
        assert [units for _, _, units in counts(acme)] == [200]
