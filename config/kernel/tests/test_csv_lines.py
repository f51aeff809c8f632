"""Cells as CSV says them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from config.kernel.csv_lines import as_csv


class TestAsCsv:
    def test_writes_amounts_without_exponents_and_nothing_for_none(self) -> None:
        assert list(as_csv(["a", "b", "c"], [[Decimal("1E+3"), None, True]])) == [
            "a,b,c\r\n",
            "1000,,yes\r\n",
        ]

    def test_writes_instants_with_their_zone_and_json_as_one_cell(self) -> None:
        noon = datetime(2026, 3, 1, 12, tzinfo=UTC)

        _, told = as_csv(["at", "features"], [[noon, ["chat", "image"]]])

        assert told == '2026-03-01T12:00:00+00:00,"[""chat"",""image""]"\r\n'

    def test_writes_texts_that_no_spreadsheet_runs(self) -> None:
        assert list(as_csv(["a"], [["=1+1"]]))[1] == "'=1+1\r\n"
