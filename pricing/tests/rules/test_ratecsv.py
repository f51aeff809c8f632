from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.rules.ratecsv import parse, render
from pricing.rules.rows import ROUNDINGS, RateRow
from pricing.tests.prices import row

HEADER = "product,feature,name,unit,tokens,per,dimension.model,minimum,rounding,cost,cost_currency\n"


def errors(text: str) -> list[str]:
    file = parse(text)
    assert file.errors
    return [str(error) for error in file.errors]


class TestParse:
    def test_reads_every_column_exactly(self) -> None:
        file = parse(
            HEADER + "assistant,chat.input,Chat input,token,2.5,1000000,small,0.01,up,0.000000150000,USD\n"
        )

        assert file.rows == (
            row(
                "chat.input", "2.5", per=1_000_000, model="small", minimum="0.01", rounding="up",
                cost="0.00000015", cost_currency="USD", product="assistant", name="Chat input", unit="token",
            ),
        )  # fmt: skip
        assert file.lines == (2,)

    def test_fills_in_what_may_be_left_out(self) -> None:
        file = parse("tokens,feature\n3,chat\n")

        assert file.rows == (row("chat", 3),)
        assert (file.rows[0].per, file.rows[0].minimum, file.rows[0].rounding) == (1, 0, "half_up")

    def test_takes_an_empty_dimension_for_any_value(self) -> None:
        file = parse("feature,tokens,dimension.model,dimension.region\nchat,1,,eu\n")

        assert file.rows[0].dimensions == {"region": "eu"}

    def test_takes_a_byte_order_mark_blank_lines_and_windows_line_ends(self) -> None:
        file = parse("\ufefffeature,tokens\r\nchat,1\r\n\r\n,\r\nsearch,2\r\n")

        assert [(each.feature, line) for each, line in zip(file.rows, file.lines, strict=True)] == [
            ("chat", 2),
            ("search", 5),
        ]

    def test_counts_lines_through_cells_of_several(self) -> None:
        assert errors('feature,tokens,name\nchat.*,1,"one\ntwo"\nsearch,x,\n') == [
            "line 2, name: name has at most 200 printable characters, no blank at its ends.",
            "line 4, tokens: This is not a decimal number.",
        ]

    @pytest.mark.parametrize(
        ("header", "said"),
        [
            ("feature\n", "line 1: The column tokens is missing."),
            ("tokens\n", "line 1: The column feature is missing."),
            ("feature,tokens,price\n", "line 1: There is no column 'price'."),
            ("feature,tokens,tokens\n", "line 1: The column tokens is there twice."),
            ("feature,tokens,dimension.\n", "line 1: 'dimension.' does not name a dimension."),
            ("feature,tokens,\n", "line 1: There is no column ''."),
            ("", "line 1: The column feature is missing."),
        ],
    )
    def test_refuses_a_wrong_header(self, header: str, said: str) -> None:
        assert said in errors(header + "chat,1\n" if header else "")

    @pytest.mark.parametrize(
        ("cells", "said"),
        [
            ("chat,", "line 2, tokens: A rate needs a price."),
            ("chat,-1", "line 2, tokens: tokens is negative."),
            ("chat,NaN", "line 2, tokens: This is not a decimal number."),
            ("chat,1_000", "line 2, tokens: This is not a decimal number."),
            ("chat,١", "line 2, tokens: This is not a decimal number."),
            ("chat,1e400", "line 2, tokens: At most 18 digits may stand before the point."),
            ("chat,0.0000000000001", "line 2, tokens: At most 12 digits may stand after the point."),
            (",1", "line 2, feature: A rate needs a feature."),
            ("a*b,1", "line 2, feature: 'a*b' is neither a code nor a pattern that ends in '*'."),
            ("chat", "line 2: There are 1 cells under 2 columns."),
            ("chat,1,2", "line 2: There are 3 cells under 2 columns."),
            ('"chat,1', "line 2: This is not CSV: unexpected end of data."),
        ],
    )
    def test_names_the_line_and_the_column_at_fault(self, cells: str, said: str) -> None:
        assert errors(f"feature,tokens\n{cells}\n") == [said]

    @pytest.mark.parametrize("column", ["interval", "heartbeat", "refund_unused", "once_per_user"])
    def test_names_what_a_seat_cannot_go_by(self, column: str) -> None:
        assert parse(f"feature,tokens,{column}\nchat,1,\n").rows == (row("chat"),)
        assert errors(f"feature,tokens,{column}\nchat,1,x\n")[0].startswith(f"line 2, {column}: 'x' is ")

    def test_names_every_error_of_the_file(self) -> None:
        found = errors("feature,tokens,per\nchat,1,0\nsearch,x,y\nchat,1,1\n")

        assert found == [
            "line 2, per: per is zero.",
            "line 3, tokens: This is not a decimal number.",
            "line 3, per: This is not a decimal number.",
        ]

    def test_refuses_a_price_given_twice_and_one_feature_under_two_labels(self) -> None:
        text = "feature,tokens,name,dimension.model\nchat,1,Chat,\nchat,2,Talk,small\nchat,3,,\n"

        assert errors(text) == [
            "line 3, name: chat has 'Talk' here and 'Chat' on line 2.",
            "line 4, feature: Two rows price chat; the other is on line 2.",
        ]

    def test_refuses_a_file_without_rates(self) -> None:
        assert errors("feature,tokens\n") == ["line 1: The file has no rates."]


LABELS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), max_size=20)
NUMBERS = st.decimals(0, "999999999999999999", places=6)


class TestRender:
    def test_writes_nothing_that_a_spreadsheet_would_run(self) -> None:
        rates = [row("a.*", name="=1+1", unit="@SUM(1)", model="-1"), row("b.*", name="'=1", model="a;=1")]

        text = render(rates)

        assert text.splitlines()[1:] == [
            ",a.*,'=1+1,'@SUM(1),1,1,'-1,,half_up,,",
            ",b.*,''=1,,1,1,a;'=1,,half_up,,",
        ]
        assert parse(text).rows == tuple(rates)

    def test_writes_amounts_without_superfluous_digits(self) -> None:
        text = render([row("chat", "2.500000", per="1000000.000", minimum="0.010", model="small")])

        assert text.splitlines() == [
            "product,feature,name,unit,tokens,per,dimension.model,minimum,rounding,cost,cost_currency",
            ",chat,,,2.5,1000000,small,0.01,half_up,,",
        ]

    @given(
        st.lists(
            st.builds(
                RateRow,
                feature=st.sampled_from(["chat", "search", "chat.*", "*"]),
                tokens=NUMBERS,
                per=NUMBERS.filter(bool),
                dimensions=st.dictionaries(st.sampled_from(["model", "a.b"]), LABELS.filter(bool)),
                minimum=NUMBERS,
                rounding=st.sampled_from(ROUNDINGS),
                cost=st.one_of(st.none(), NUMBERS),
                cost_currency=st.sampled_from(["", "USD"]),
                name=st.just(""),
            ),
            min_size=1,
            unique_by=lambda each: each.key,
        )
    )
    def test_is_read_back_as_it_was(self, rows: list[RateRow]) -> None:
        text = render(rows)

        file = parse(text)

        assert list(file.rows) == rows
        assert render(file.rows) == text
        assert all(isinstance(each.tokens, Decimal) for each in file.rows)
