"""The grid of a draft: rates to cells and back, exactly."""

from decimal import Decimal

from billing.admin import rate_grid
from pricing.rules.rows import RateRow

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

    def test_puts_errors_beside_their_cells(self) -> None:
        grid = rate_grid.sent(sent(VOICE, CHAT, tokens="-1", rounding="sideways"), [])

        assert rate_grid.rates_of(grid) is None
        assert set(grid[0].errors) == {"tokens", "rounding"}
        assert grid[1].errors == {}

    def test_refuses_a_dimension_without_a_value(self) -> None:
        grid = rate_grid.sent(sent(CHAT, dimensions="model"), [])

        assert rate_grid.rates_of(grid) is None
        assert any(row.errors for row in grid)

    def test_carries_a_hundred_rows_and_no_values_with_commas(self) -> None:
        many = [RateRow(f"f{n}", Decimal(1)) for n in range(101)]

        assert rate_grid.fits(many[:100])
        assert not rate_grid.fits(many)
        assert not rate_grid.fits([RateRow("f", Decimal(1), dimensions={"model": "a,b"})])
