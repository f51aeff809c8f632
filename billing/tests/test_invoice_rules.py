"""The pure rules of invoices: rounding, the month that overage goes on, and what is credited of a line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from billing.rules.invoicing import Lot, Rate, credit_of, drafted, next_month, sort_out
from billing.rules.money import priced, written

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
MARCH, APRIL, MAY = (date(2026, month, 1) for month in (3, 4, 5))


def lot(number: int, tokens: str, month: date = MARCH, feature: str = "chat") -> Lot:
    return Lot(UUID(int=number), UUID(int=number), feature, "AIT", Decimal(tokens), month, month, None, NOON)


def rate(number: int, price: str | None, *, is_own: bool = False, currency: str = "EUR") -> Rate:
    return Rate(number, "AIT", is_own, None if price is None else Decimal(price), currency, NOON)


@pytest.mark.parametrize(
    ("currency", "amount", "text"),
    [("EUR", "1234.50", "1,234.50 EUR"), ("JPY", "1235", "1,235 JPY"), ("KWD", "1234.500", "1,234.500 KWD")],
)
def test_money_is_rounded_half_up_to_the_smallest_unit(currency: str, amount: str, text: str) -> None:
    assert priced(Decimal("2469"), Decimal("0.5"), currency) == Decimal(amount)
    assert written(Decimal(amount), currency) == text


def test_a_product_of_the_largest_amounts_is_exact() -> None:
    most = Decimal("999999999999999999.999999")

    assert priced(most, Decimal("0.000000000001"), "EUR") == Decimal("1000000.00")
    assert priced(most, Decimal(10**6), "EUR") == Decimal("999999999999999999999999.00")


def test_overage_goes_on_the_first_month_that_is_still_to_be_issued() -> None:
    lots = [lot(1, "5"), lot(2, "7", APRIL)]

    found = sort_out(lots, [rate(1, "1")], {(MARCH, "EUR"), (APRIL, "EUR"), (MAY, "USD")})

    assert {key: [each.tokens for each, _ in lots] for key, lots in found.drafts.items()} == {
        (MAY, "EUR"): [5, 7]
    }


def test_an_accounts_own_rate_wins_and_its_end_brings_the_common_one_back() -> None:
    own, common = rate(2, "3", is_own=True), rate(1, "1")

    assert sort_out([lot(1, "5")], [own, common], ()).drafts[MARCH, "EUR"][0][1] == own
    assert (
        sort_out([lot(1, "5")], [rate(3, None, is_own=True), own, common], ()).drafts[MARCH, "EUR"][0][1]
        == common
    )
    assert sort_out([lot(1, "5")], [], ()).unrated == [lot(1, "5")]


def test_a_line_is_rounded_once_for_all_its_lots() -> None:
    each = rate(1, "0.003")

    draft = drafted(
        MARCH, "EUR", [(lot(1, "1"), each), (lot(2, "1"), each), (lot(3, "1", feature="image"), each)]
    )

    assert [(line.feature, line.tokens, line.amount) for line in draft.lines] == [
        ("chat", 2, Decimal("0.01")),
        ("image", 1, Decimal("0.00")),
    ]


def test_credits_of_all_tokens_come_to_the_line_whatever_the_parts() -> None:
    parts = [Decimal(part) for part in ("0.333333", "1", "0.000001", "1.666666")]
    credited, given = Decimal(0), []
    for part in parts:
        given.append(credit_of(Decimal("0.10"), Decimal(3), credited, part, "EUR"))
        credited += part

    assert given == [Decimal("0.01"), Decimal("0.03"), Decimal("0.00"), Decimal("0.06")]
    assert sum(given) == Decimal("0.10")


def test_december_is_followed_by_january() -> None:
    assert [next_month(date(2026, month, 1)) for month in (11, 12)] == [date(2026, 12, 1), date(2027, 1, 1)]
