"""The grid of a draft: rates to cells and back, exactly."""

from decimal import Decimal

from billing.admin import rate_grid
from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier

TIERS = (Tier(Decimal(100), Decimal(2)), Tier(Decimal(1000), Decimal(15), Decimal(10)))
CHAT = RateRow("chat.input", Decimal("2.5"), per=Decimal(1000), dimensions={"model": "small", "region": "eu"})
VOICE = RateRow("voice.*", Decimal(6), minimum=Decimal(1), product="assistant", name="Voice", unit="minute")


def sent(*rows: RateRow, **changes: str) -> dict[str, str]:
    """The rates as the page sends them back, the first one changed."""
    grid = rate_grid.shown(rows, [])
    named = {f"rate-{row.place}-{name}": text for row in grid for name, text in row.cells.items()}
    return {**named, **{f"rate-0-{name}": text for name, text in changes.items()}}


class TestGrid:
    def test_gives_back_what_it_shows(self) -> None:
        assert rate_grid.rates_of(rate_grid.sent(sent(CHAT, VOICE), [])) == [CHAT, VOICE]

    def test_gives_back_texts_that_a_file_would_neutralise(self) -> None:
        rates = [RateRow("a.*", Decimal(1), name="'=x", dimensions={"model": "=1+1"}), VOICE]

        assert rate_grid.rates_of(rate_grid.sent(sent(*rates), [])) == rates

    def test_shows_what_was_beside_what_is(self) -> None:
        grid = rate_grid.sent(sent(CHAT, VOICE, tokens="3", dimensions="region=eu,model=small"), [CHAT])

        assert [(row.old, row.is_new) for row in grid] == [({"tokens": "2.5"}, False), ({}, True)]

    def test_shows_what_it_leaves_out_and_sends_none_of_it(self) -> None:
        grid = rate_grid.shown([VOICE], [CHAT, VOICE])

        assert [(row.cells["feature"], row.is_gone) for row in grid] == [
            ("voice.*", False),
            ("chat.input", True),
        ]
        assert rate_grid.rates_of(grid) == [VOICE]

    def test_takes_tiers_and_formulas_as_they_are_told(self) -> None:
        tiered = RateRow("a.*", Decimal(3), Decimal(10), tier_mode="volume", tiers=TIERS)
        computed = RateRow("b.*", Decimal(0), formula="ceil(quantity / 10) * 2")

        grid = rate_grid.shown([tiered, computed], [])

        assert grid[0].cells["tiers"] == "beyond 100: 2; beyond 1000: 15 per 10"
        assert rate_grid.rates_of(rate_grid.sent(sent(tiered, computed), [])) == [tiered, computed]

    def test_puts_a_tier_that_cannot_be_read_beside_its_cell(self) -> None:
        grid = rate_grid.sent(sent(VOICE, tier_mode="volume", tiers="from 100 on: half"), [])

        assert rate_grid.rates_of(grid) is None
        assert set(grid[0].errors) == {"tiers"}

    def test_puts_errors_beside_their_cells(self) -> None:
        grid = rate_grid.sent(sent(VOICE, CHAT, tokens="-1", rounding="sideways"), [])

        assert rate_grid.rates_of(grid) is None
        assert set(grid[0].errors) == {"tokens", "rounding"}
        assert rate_grid.faults(grid) == "tokens of voice.* in row 1, and 1 more"
        assert grid[1].errors == {}

    def test_refuses_a_dimension_without_a_value(self) -> None:
        grid = rate_grid.sent(sent(CHAT, VOICE, dimensions="model", tokens="3,5"), [])

        assert rate_grid.rates_of(grid) is None
        assert [row.errors for row in grid] == [
            {
                "dimensions": "'model' is no dimension: write name=value, as in model=small.",
                "tokens": "This is not a decimal number: write it with a point, 3.5.",
            },
            {},
        ]

    def test_carries_five_hundred_rows_and_no_values_with_commas(self) -> None:
        many = [RateRow(f"f{n}", Decimal(1)) for n in range(501)]

        assert rate_grid.fits(many[:500])
        assert not rate_grid.fits(many)
        assert not rate_grid.fits([RateRow("f", Decimal(1), dimensions={"model": "a,b"})])
