"""Years that give tokens by the month: a text-book example to be checked by hand, and changes at random instants."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random

import pytest
from django.db.models import Sum

from billing.models import BilledMonth, GrantRevenue, GrantSale, Offer, OrderCharge, OrderPeriod, Portion
from billing.services import auditing, crediting, entitlements, recognising
from billing.tests.chaos.months import later
from billing.tests.fees.test_textbook import NEW_YEAR, booked, earned, invoiced, lies
from billing.tests.invoiced import a_seller
from billing.tests.orders.sold import a_line, an_offer, bought, given_to, order
from usage.tests.made import DAY, Shop, named
from wallets.models import Account, Wallet
from wallets.services import ledger

pytestmark = pytest.mark.django_db
BY_MONTH = {"every": "month", "ends_with_period": True}
MICRO = timedelta(microseconds=1)
MID_JULY = datetime(2026, 7, 16, 12, tzinfo=UTC)
MID_SEPTEMBER = datetime(2026, 9, 16, tzinfo=UTC)


def first_of(month: int) -> datetime:
    """Midnight of the first day of a month, counted from January 2026."""
    return datetime(2026 + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=UTC)


def a_year(price: str, tokens: str, share: str = "100") -> Offer:
    part = bought(tokens, **BY_MONTH) | {"share": Decimal(share)}
    return an_offer(price, kind="plan", period="year", name="Year", tokens=[part])


@pytest.fixture
def shop() -> Shop:
    a_seller()
    return Shop(since=NEW_YEAR - 40 * DAY)


class TestAYearOf1200With1000TokensAMonth:
    """100 for each month's tokens, whatever its days.

    In the middle of July it is doubled: 5½ of 12 months are left, so 550 more: 50 for 500 tokens of July, 1,000 instead
    of 500 for the five months that follow. In the middle of September, when 500 tokens are spent, it ends: 3½ of 12
    months were left, so 700 less. It costs 600 + 150 + 200 + 100 = 1,050.
    """

    def test_is_doubled_in_july_and_ended_in_september(self, shop: Shop) -> None:
        account, name, year = shop.an_account(NEW_YEAR), named("SO"), a_year("1200", "1000")
        order(account, a_line(year), external_id=name, now=NEW_YEAR)
        assert invoiced(account, NEW_YEAR + DAY).total == 1200
        for month in range(2, 8):
            entitlements.reconcile(account_id=account.pk, now=first_of(month))
        order(account, a_line(year, "2"), external_id=name, version=2, now=MID_JULY)
        assert invoiced(account, MID_JULY + DAY).total == 550
        for month in (8, 9):
            entitlements.reconcile(account_id=account.pk, now=first_of(month))
        shop.debit(account, "500", now=first_of(9) + DAY)

        order(account, a_line(year, "2"), external_id=name, version=3, state="cancelled", now=MID_SEPTEMBER)
        notes = crediting.credit_account(customer_id=account.pk, now=MID_SEPTEMBER)

        assert [(grant.tokens, grant.unit_cost) for grant in given_to(account)] == [
            *[(1000, Decimal("0.1"))] * 7,
            *[(500, Decimal("0.1")), (2000, Decimal("0.1")), (2000, Decimal("0.1"))],
        ]
        charges = OrderCharge.objects.filter(account=account).order_by("number")
        assert [(row.amount, row.fee, row.ahead) for row in charges] == [
            (1200, 1100, 1100),
            *[(0, -100, -100)] * 6,
            (550, 500, 500),
            *[(0, -200, -200)] * 2,
            (-700, -600, -600),
        ]
        assert [note.total for note in notes] == [550, 150]
        assert earned(account) == {}
        assert booked(account, NEW_YEAR.date()) == [("receivable", "unearned", "1100.00")]
        assert [row.paid for row in Portion.objects.filter(account=account).order_by("month")] == [
            *[100] * 6,
            *[150, 200, 100],
        ]
        ledger.expire(account_id=account.pk)
        recognising.reckon_wallets([(account.pk, row.pk) for row in Wallet.objects.filter(account=account)])
        rows = GrantRevenue.objects.filter(account=account)
        sums = rows.aggregate(used=Sum("recognised"), lapsed=Sum("breakage"), owed=Sum("deferred"))
        assert sums == {"used": 50, "lapsed": 1000, "owed": 0}
        assert lies() == []


class TestParts:
    @pytest.mark.parametrize("price", ["100.01", "0.07"])
    def test_of_a_year_add_up_to_its_amount_to_the_cent(self, shop: Shop, price: str) -> None:
        account = shop.an_account(NEW_YEAR)
        order(account, a_line(a_year(price, "3")), now=NEW_YEAR)
        for month in range(2, 13):
            entitlements.reconcile(account_id=account.pk, now=first_of(month) - DAY)

        paid = GrantSale.objects.filter(account=account).order_by("grant_id").values_list("paid", flat=True)

        cents = [int(Decimal(price) * 100 * month / 12 + Decimal("0.5")) for month in range(13)]
        assert [int(each * 100) for each in paid] == [b - a for a, b in zip(cents, cents[1:], strict=False)]
        assert sum(paid) == Decimal(price)
        assert BilledMonth.objects.filter(account=account).aggregate(sum=Sum("billed"))["sum"] == 0
        assert lies() == []


class TestAYearThatComesToGiveThemByTheMonth:
    def test_is_spread_over_what_is_left_by_its_days(self, shop: Shop) -> None:
        """365 a year for 12,000 tokens at once becomes 730 for 1,000 a month in mid-March, when 290½ days are left.

        74½ of the 365 stay for the year's tokens. Of March 15½ of its 31 days, and 2 a day for each month.
        """
        account, name, change = shop.an_account(NEW_YEAR), named("SO"), datetime(2026, 3, 16, 12, tzinfo=UTC)
        whole = [bought("12000", every="period", ends_with_period=True)]
        plain = an_offer("365", kind="plan", period="year", tokens=whole)
        order(account, a_line(plain), external_id=name, now=NEW_YEAR)

        order(account, a_line(a_year("730", "1000")), external_id=name, version=2, now=change)
        entitlements.reconcile(account_id=account.pk, now=first_of(4))
        order(account, a_line(plain), external_id=name, version=3, now=first_of(4))

        portions = Portion.objects.filter(account=account).order_by("month")
        assert [(row.month, row.wanted, row.paid) for row in portions if row.month is not None] == [
            (2, 500, 31),
            (3, 0, 0),
        ]
        assert [row.paid for row in portions if row.month is None] == [Decimal("349.5")]
        assert OrderPeriod.objects.get(account=account).amount == Decimal("380.5")
        assert lies() == []


@dataclass
class Year:
    """What a year comes to, reckoned by itself: its lines since when, and how much of each month they count for."""

    starts: datetime
    said: list[tuple[datetime, int, int]] = field(default_factory=list)
    """Since when, how many, and at which amount."""

    def months(self) -> list[tuple[datetime, datetime]]:
        days = [later(self.starts.date(), count) for count in range(13)]
        ends = [datetime(each.year, each.month, each.day, tzinfo=UTC) for each in days]
        return list(zip([self.starts, *ends[1:-1]], ends[1:], strict=True))

    def of_a_month(self, month: int, what: int) -> list[Fraction]:
        """What each line, with the one before taken off, adds to a month for its share that was left."""
        start, end = self.months()[month]
        found, before = [], 0
        for line in self.said:
            left = max(end - max(line[0], start), timedelta(0)) // MICRO
            found.append((line[what] - before) * Fraction(left, (end - start) // MICRO))
            before = line[what]
        return found

    def tokens(self, month: int) -> Decimal:
        """Rounded down to a millionth with each change."""
        found = Fraction(0)
        for each in self.of_a_month(month, 1):
            found = Fraction(int((found + each * 1000) * 10**6), 10**6)
        return Decimal(int(found * 10**6)) / 10**6

    def costs(self) -> Decimal:
        whole = sum((sum(self.of_a_month(month, 2)) for month in range(12)), Fraction(0)) / 12
        return Decimal(int(whole * 100 + Fraction(1, 2))) / 100


class TestRandomChanges:
    @pytest.mark.parametrize("seed", range(2))
    def test_come_to_what_a_plain_reckoning_has(self, shop: Shop, seed: int) -> None:
        dice = Random(seed)
        start = NEW_YEAR + dice.randrange(28, 31) * DAY + timedelta(seconds=dice.randrange(86_400))
        account, name, offer = shop.an_account(NEW_YEAR), named("SO"), a_year("1000", "1000", "60")
        year, now = Year(start), start
        for version in range(1, 7):
            many, amount = dice.randrange(1, 5), dice.randrange(0, 100_000)
            year.said.append((now, many, amount))
            line = a_line(offer, str(many), amount=str(amount))
            order(account, line, external_id=name, version=version, now=now)
            shop.debit(account, str(dice.randrange(1, 150)), now=now)
            now += timedelta(seconds=dice.randrange(70 * 86_400))
            for _ in range(dice.randrange(3)):
                entitlements.reconcile(account_id=account.pk, now=now)
        entitlements.reconcile(account_id=account.pk, now=year.months()[11][0])
        _compare(account, year)
        now = year.months()[11][0] + timedelta(seconds=dice.randrange(20 * 86_400))
        order(account, line, external_id=name, version=7, state="cancelled", now=now)

        year.said.append((now, 0, 0))
        assert rounded(OrderPeriod.objects.get(account=account, number=0).agreed) == year.costs()
        assert auditing.findings() == ()


def _compare(account: Account, year: Year) -> None:
    """Tokens to a millionth for each month, money to the cent for the year."""
    period = OrderPeriod.objects.get(account=account, number=0)
    rows = list(Portion.objects.filter(account=account, number=0).order_by("month"))
    given = [(row.month, row.starts_at, row.ends_at) for row in rows]
    assert given == [(month, *span) for month, span in enumerate(year.months())]
    assert [row.wanted for row in rows if not row.is_missed] == [
        year.tokens(row.month).quantize(Decimal("0.000001"), rounding=ROUND_DOWN)
        for row in rows
        if not row.is_missed
    ]
    assert rounded(period.agreed) == year.costs()


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
