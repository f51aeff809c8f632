"""Maps of a week, and lines beside each other."""

from __future__ import annotations

from decimal import Decimal

from config.desk import curves, heat
from config.desk.charts import Event


class TestWeek:
    def test_has_a_cell_for_each_hour_of_each_weekday(self) -> None:
        drawn = heat.week({(0, 9): Decimal(8), (6, 23): Decimal(1)})

        assert len(drawn.wide.cells) == len(drawn.small.cells) == 168
        assert [name for name, _ in drawn.table][::6] == ["Monday", "Sunday"]
        assert drawn.table[0][1][9] == 8

    def test_is_darkest_where_most_is_and_bare_where_nothing_is(self) -> None:
        shades = {
            each.title: each.shade for each in heat.week({(0, 9): Decimal(80), (1, 0): Decimal(1)}).wide.cells
        }

        assert shades["Monday 09:00 to 10:00: 80"] == heat.SHADES
        assert shades["Tuesday 00:00 to 01:00: 1"] == 1
        assert shades["Sunday 23:00 to 00:00: 0"] == 0

    def test_takes_what_was_given_back_for_nothing(self) -> None:
        drawn = heat.week({(0, 0): Decimal(-5)})

        assert drawn.is_empty
        assert {each.shade for each in drawn.wide.cells} == {0}


class TestCurves:
    def test_are_on_one_scale(self) -> None:
        drawn = curves.curves(
            [
                ("sold", [(0.0, Decimal(2)), (1.0, Decimal(1))]),
                ("cost", [(0.0, Decimal(1)), (1.0, Decimal(1))]),
            ],
            [],
        )

        assert [each.path for each in drawn.wide.lines] == [
            "M0.0,0.0L1000.0,110.0",
            "M0.0,110.0L1000.0,110.0",
        ]
        assert drawn.legend == ("sold", "cost")

    def test_leave_a_gap_where_nothing_is_known(self) -> None:
        points = [(0.0, Decimal(1)), (0.25, Decimal(1)), (0.5, None), (1.0, Decimal(1))]

        (line,) = curves.curves([("sold", points)], []).small.lines

        assert line.path.count("M") == 1
        assert line.dots == ((340.0, 0.0),)

    def test_mark_what_changed_where_it_changed(self) -> None:
        drawn = curves.curves([("sold", [(0.0, Decimal(1))])], [], [Event(0.5, True, "v2")])

        assert [(each.at, each.title) for each in drawn.wide.marks] == [(500, "v2")]

    def test_of_nothing_are_empty(self) -> None:
        assert curves.curves([("sold", [(0.0, None)])], ["a", "b"]).is_empty
