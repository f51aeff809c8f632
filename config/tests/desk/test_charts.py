"""Charts as coordinates."""

from decimal import Decimal

from config.desk import charts


def decimals(*amounts: str) -> list[Decimal]:
    return [Decimal(each) for each in amounts]


class TestColumns:
    def test_stack_series_from_the_largest_up(self) -> None:
        chart = charts.columns(["Mon", "Tue"], [("small", decimals("1", "0")), ("large", decimals("3", "4"))])

        first, second, third = chart.wide.bars
        assert chart.wide.legend == ("large", "small")
        assert (first.height, second.height, third.height) == (150, 50, 200)
        assert (first.y, second.y, third.y) == (50, 0, 0)
        assert second.title == "Mon: small 1.00"

    def test_fold_what_is_beyond_six_series_into_one(self) -> None:
        series = [(f"product {n}", decimals(str(n))) for n in range(1, 9)]

        assert charts.columns(["Mon"], series).wide.legend == (
            "product 8",
            "product 7",
            "product 6",
            "product 5",
            "product 4",
            "others",
        )

    def test_draw_no_line_at_half_of_what_comes_whole(self) -> None:
        def lines(amount: str) -> list[str]:
            chart = charts.columns(["Mon"], [("accounts", decimals(amount))])
            return [tick.label for tick in chart.wide.across]

        assert (lines("3"), lines("4"), lines("2.5")) == (["0", "3"], ["0", "2", "4"], ["0", "1.5", "3"])

    def test_name_the_last_column_however_few_they_name(self) -> None:
        labels = [f"day {n}" for n in range(30)]

        chart = charts.columns(labels, [("any", [Decimal(1)] * 30)])

        assert [tick.label for tick in chart.small.below] == ["day 5", "day 13", "day 21", "day 29"]
        assert chart.wide.below[-1].label == "day 29"

    def test_keep_the_last_label_within_the_drawing(self) -> None:
        labels = [f"26 Nov {hour:02}:00" for hour in range(24)]

        chart = charts.columns(labels, [("any", [Decimal(1)] * 24)])

        for drawn in (chart.wide, chart.small):
            last = drawn.below[-1]
            assert last.label == "26 Nov 23:00"
            assert last.at + len(last.label) * charts.LETTER_WIDE / 2 == drawn.width + charts.MARGIN_RIGHT
            apart = last.at - drawn.below[-2].at - len(last.label) * charts.LETTER_WIDE
            assert apart >= charts.LABELS_APART

    def test_are_empty_where_nothing_was_used(self) -> None:
        assert charts.columns(["Mon"], [("any", decimals("0"))]).is_empty
        assert charts.columns(["Mon"], []).is_empty


class TestStepped:
    def test_holds_each_amount_until_the_next(self) -> None:
        chart = charts.stepped([(0.0, Decimal(100)), (0.5, Decimal(50)), (1.0, Decimal(50))], ["a", "b"])

        assert chart.wide.line == "M0.0,0.0H500.0V110.0H1000.0V110.0H1000"

    def test_goes_below_zero_for_what_is_owed(self) -> None:
        chart = charts.stepped([(0.0, Decimal(100)), (1.0, Decimal(-100))], ["a", "b"])

        assert chart.wide.zero == 110
        assert [tick.label for tick in chart.wide.across] == ["100", "0", "−100"]

    def test_marks_gains_and_losses_where_they_happened(self) -> None:
        events = [charts.Event(0.25, True, "given"), charts.Event(0.75, False, "expired")]

        chart = charts.stepped([(0.0, Decimal(1)), (1.0, Decimal(1))], ["a", "b"], events)

        gain, loss = charts.Mark(250, True, "given"), charts.Mark(750, False, "expired")
        assert set(chart.wide.marks) == {gain, loss}
        assert {mark.at for mark in chart.small.marks} == {85, 255}
        assert (chart.wide.has_gains, chart.wide.has_losses) == (True, True)

    def test_joins_marks_that_would_touch_and_are_of_one_kind(self) -> None:
        events = [
            charts.Event(0.502, True, "second"),
            charts.Event(0.5, True, "first"),
            charts.Event(0.501, False, "between"),
            charts.Event(0.52, True, "third"),
        ]

        chart = charts.stepped([(0.0, Decimal(1)), (1.0, Decimal(1))], ["a", "b"], events)

        titles = {(mark.is_gain, mark.title) for mark in chart.wide.marks}
        assert titles == {(True, "first\nsecond"), (True, "third"), (False, "between")}
        assert (True, "first\nsecond\nthird") in {(mark.is_gain, mark.title) for mark in chart.small.marks}

    def test_is_empty_without_points(self) -> None:
        assert charts.stepped([], []).is_empty


class TestNumbers:
    def test_round_up_to_what_an_axis_can_carry(self) -> None:
        rounded = [charts.nice_ceiling(Decimal(each)) for each in ("0", "0.7", "1", "103000", "99")]

        assert rounded == [0, Decimal("0.8"), 1, 120000, 100]

    def test_shorten_thousands_and_millions(self) -> None:
        assert [charts.brief(Decimal(each)) for each in ("12.5", "9999", "12000", "-3400000")] == [
            "12.5",
            "9,999",
            "12 k",
            "−3.4 M",
        ]


def test_leaves_out_words_that_would_run_into_each_other() -> None:
    labels = [f"{1 + hours // 24} Nov {hours % 24:02}:00" for hours in range(0, 24 * 7, 3)]

    drawn = charts.columns(labels, [("seats", [Decimal(1)] * len(labels))])

    for each, wide in ((drawn.wide, 1000), (drawn.small, 340)):
        places = [tick.at for tick in each.below]
        assert each.below[-1].label == labels[-1]
        assert min(later - sooner for sooner, later in zip(places, places[1:], strict=False)) >= 11 * 7, wide
