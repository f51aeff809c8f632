from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from pricing.rules import sheets
from pricing.rules.ratecsv import parse, render
from pricing.rules.ratexlsx import from_csv, to_csv
from pricing.rules.rows import RateRow
from pricing.rules.sheetparts import NotAWorkbook
from pricing.tests.prices import row
from pricing.tests.workbooks import MAIN, kinds, read, saved, with_parts, with_sheet, workbook

MIB = 1024 * 1024
STRINGS = "xl/sharedStrings.xml"
RELATED = "xl/_rels/workbook.xml.rels"
HEAD = b'<row r="1"><c t="str"><v>tokens</v></c></row>'


def text_of(content: bytes) -> str:
    text, errors = to_csv(content)
    assert errors == []
    return text


def errors(content: bytes) -> list[str]:
    return list(map(str, to_csv(content)[1]))


def refusal(content: bytes) -> str:
    with pytest.raises(NotAWorkbook) as refused:
        to_csv(content)
    return str(refused.value)


class TestToCsv:
    def test_puts_each_row_on_the_line_of_its_number(self) -> None:
        content = workbook(["feature", "tokens", "name"], [], ["chat", 2.5, "Chat, all"], ["a", "3"], [None])

        assert text_of(content) == 'feature,tokens,name\n\nchat,2.5,"Chat, all"\na,3,\n'

    def test_reads_the_first_sheet_that_is_not_hidden(self) -> None:
        book = Workbook()
        book.active.append(["hidden"])
        book.active.sheet_state = "hidden"
        book.create_sheet("Rates").append(["feature", "tokens"])
        book.create_sheet("Notes").append(["notes"])

        assert text_of(saved(book)) == "feature,tokens\n"

    @pytest.mark.parametrize(
        ("number", "spelled"),
        [
            (1000, "1000"),
            (2.5, "2.5"),
            (0.1, "0.1"),
            (1.5e-7, "0.00000015"),
            (1e12, "1000000000000"),
            (123456789012345, "123456789012345"),
            (-1, "-1"),
            (0, "0"),
        ],
    )
    def test_reads_a_number_as_the_sheet_shows_it(self, number: float, spelled: str) -> None:
        assert (
            text_of(workbook(["feature", "tokens"], ["chat", number])) == f"feature,tokens\nchat,{spelled}\n"
        )

    def test_reads_a_number_that_was_stored_with_more_digits_than_it_has(self) -> None:
        cells = [HEAD, b'<row r="2"><c><v>0.14999999999999999</v></c></row>']

        assert text_of(with_sheet(cells)) == "tokens\n0.15\n"

    @pytest.mark.parametrize("number", ["0.30000000000000004", "2.7500000000000004", "1234567890123456"])
    def test_refuses_a_number_of_more_digits_than_a_sheet_keeps(self, number: str) -> None:
        cells = [HEAD, f'<row r="2"><c><v>{number}</v></c></row>'.encode()]

        assert errors(with_sheet(cells)) == [
            "A2, tokens: A spreadsheet keeps 15 digits; round the number, or write it as text."
        ]

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            (datetime(2026, 12, 1), "This is a date."),
            (date(2026, 12, 1), "This is a date."),
            (timedelta(hours=3), "This is a date."),
            (True, "This is a truth value."),
            ("=1+1", "This is a formula; its value has to stand in its place."),
            ("#N/A", "This is an error."),
            ("one\ntwo", "The text is of several lines."),
        ],
    )
    def test_names_the_cell_that_holds_no_amount_or_text(self, value: object, said: str) -> None:
        content = workbook(
            ["feature", "name", "tokens"], ["a", "A", 1], ["chat", value, 2], ["b", "B", value]
        )

        assert errors(content)[0] == f"B3, name: {said}"
        if value != "one\ntwo":
            assert errors(content)[1] == f"C4, tokens: {said}"

    def test_refuses_a_number_among_texts(self) -> None:
        content = workbook(["feature", "tokens", "dimension.model"], ["chat", 1, 4.5])

        assert errors(content) == [
            "C2, dimension.model: This is a number in a column of text; let the cell be text, and type it again."
        ]

    def test_names_a_cell_outside_of_the_columns(self) -> None:
        content = workbook(["feature", None, "tokens"], ["chat", "x", 1, "y"])

        assert errors(content) == [
            "B2: No name of a column stands above this cell.",
            "D2: No name of a column stands above this cell.",
        ]

    def test_takes_a_date_format_of_its_own_for_one(self) -> None:
        book = Workbook()
        book.active.append(["feature", "tokens"])
        book.active.append(["chat", 46000])
        book.active["B2"].number_format = "dd. mmm yy"

        assert errors(saved(book)) == ["B2, tokens: This is a date."]

    def test_takes_money_and_percent_for_numbers(self) -> None:
        book = Workbook()
        book.active.append(["feature", "tokens", "cost"])
        book.active.append(["chat", 2.5, 0.05])
        book.active["B2"].number_format = '#,##0.00 "EUR"'
        book.active["C2"].number_format = "0%"

        assert text_of(saved(book)) == "feature,tokens,cost\nchat,2.5,0.05\n"

    def test_reads_texts_that_cells_share_without_their_pronunciation(self) -> None:
        strings = (
            f'<sst xmlns="{MAIN}"><si><t>feature</t></si>'
            "<si><r><t>to</t></r><r><t>kens</t></r></si>"
            "<si><t>東京</t><rPh><t>とうきょう</t></rPh></si></sst>"
        ).encode()
        cells = b'<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row><c t="s"><v>2</v></c></row>'
        kinds_of = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
        related = (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Type="{kinds_of}worksheet" Target="/xl/worksheets/sheet1.xml" Id="rId1"/>'
            f'<Relationship Type="{kinds_of}sharedStrings" Target="sharedStrings.xml" Id="rId2"/></Relationships>'
        ).encode()

        content = with_parts({STRINGS: strings, RELATED: related}, of=with_sheet(cells))

        assert text_of(content) == "feature,tokens\n東京,\n"
        assert refusal(
            with_parts({STRINGS: strings.replace(b"<si><t>feature</t></si>", b"")}, of=content)
        ) == ("The workbook has a cell without its text.")

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"PK\x03\x04 and then nothing", "The workbook is damaged or has a password."),
            (with_parts({"xl/workbook.xml": None}), "The workbook lacks one of its parts."),
            (with_parts({"xl/workbook.xml": b"<workbook/>"}), "The workbook has no sheet."),
            (with_sheet(b"<row>"), "The workbook is damaged or has a password."),
            (with_sheet(b'<row r="2"/><row r="1"/>'), "The workbook has rows out of order."),
            (
                with_sheet(b'<row r="1"><c r="B1"/><c r="A1"/></row>'),
                "The workbook has cells out of order.",
            ),
            (with_sheet(b'<row r="1"><c r="1"/></row>'), "The workbook has a cell without a place."),
            (with_sheet(b'<row r="1"><c t="x"/></row>'), "The workbook has a cell of an unknown kind."),
            (with_sheet(b'<row r="x"/>'), "The workbook is damaged."),
            (
                with_sheet(b"", before=b'<?xml version="1.0" encoding="unheard-of"?>'),
                "The workbook is damaged or has a password.",
            ),
        ],
    )
    def test_refuses_what_is_damaged(self, content: bytes, said: str) -> None:
        assert refusal(content) == said

    @pytest.mark.parametrize(
        ("sheet", "said"),
        [
            ([b" " * MIB] * 65, "The workbook unpacks to more than 64 MiB."),
            ([b"<a/>" * MIB] * 4, "The workbook holds too many elements."),
            ([b"<a>" * 100], "The workbook holds too many elements."),
            ([b"<row>", b"<c/>" * 20_000], "The workbook has cells out of order."),
            (
                [b'<row><c t="str"><v>', b"x" * MIB, b"</v></c></row>"],
                "The workbook has a cell of too much text.",
            ),
        ],
    )
    def test_refuses_what_unpacks_to_too_much(self, sheet: Iterable[bytes], said: str) -> None:
        assert refusal(with_sheet(sheet)) == said

    def test_refuses_entities(self) -> None:
        bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'

        assert refusal(with_sheet(b"<row><c><v>&b;</v></c></row>", before=bomb)) == (
            "The workbook declares a document type."
        )

    def test_refuses_too_many_parts(self) -> None:
        parts = {f"xl/media/{number}.png": b"" for number in range(sheets.PARTS_AT_MOST)}

        assert refusal(with_parts(parts)) == "The workbook holds too many parts."

    def test_names_a_row_beyond_the_last_line(self) -> None:
        cells = [HEAD, b'<row r="1048576"><c><v>1</v></c></row>']

        assert errors(with_sheet(cells)) == ["line 1048576: A file has at most 100000 lines."]

    def test_ends_where_too_much_is_wrong_or_too_long(self) -> None:
        wide = b'<row r="1"><c r="XFD1" t="str"><v>tokens</v></c></row>'

        assert len(errors(with_sheet([HEAD, b"<row><c t='b'><v>1</v></c></row>" * 5_000]))) == 1_001
        assert len(to_csv(with_sheet([wide, b'<row><c r="XFD9"><v>1</v></c></row>' * 5_000]))[0]) < 9 * MIB


class TestFromCsv:
    def test_writes_amounts_as_numbers_and_all_else_as_text(self) -> None:
        content = from_csv("feature,tokens,per,unit,dimension.model\nchat,2.50000015,1000,007,4.0\n")

        assert read(content) == [
            ["feature", "tokens", "per", "unit", "dimension.model"],
            ["chat", 2.50000015, 1000, "007", "4.0"],
        ]
        assert kinds(content)[1] == ["s", "n", "n", "s", "s"]

    def test_writes_an_amount_as_text_that_a_number_cell_would_round(self) -> None:
        content = from_csv("feature,tokens\nchat,123456789012345678.123456789012\n")

        assert read(content)[1] == ["chat", "123456789012345678.123456789012"]

    def test_writes_nothing_that_runs(self) -> None:
        rates = [
            row("chat.*", name="=1+1", unit="@SUM(1)", model="-1"),
            row("a.*", name="#N/A", model="TRUE"),
        ]

        content = from_csv(render(rates))

        assert {kind for line in kinds(content) for kind in line} == {"s", "n"}
        assert read(content)[1][1:4] == ["chat.*", "'=1+1", "'@SUM(1)"]
        assert list(parse(text_of(content)).rows) == rates

    def test_carries_tiers_and_formulas(self) -> None:
        text = (
            "product,feature,name,unit,tokens,per,tier_from,tier_mode,formula,minimum,rounding,cost,cost_currency\n"
            ",chat,,,10,1000,0,graduated,,,half_up,,\n"
            ",chat,,,8,1000,1000000,graduated,,,half_up,,\n"
            ",search,,,,,,,'-quantity + 10,,half_up,,\n"
        )

        assert read(from_csv(text))[3][8] == "'-quantity + 10"
        assert text_of(from_csv(text)) == text
        assert parse(text).errors == ()
        assert [each.formula for each in parse(text).rows] == ["", "-quantity + 10"]
        assert render(parse(text).rows) == text

    def test_makes_the_cells_of_texts_text_for_who_edits_them(self) -> None:
        sheet = load_workbook(BytesIO(from_csv("feature,tokens\nchat,1\n"))).worksheets[0]

        assert (sheet["A2"].number_format, sheet["B2"].number_format) == ("@", "General")
        assert sheet.freeze_panes == "A2"

    @given(
        st.lists(
            st.builds(
                RateRow,
                feature=st.sampled_from(["chat.*", "*"]),
                tokens=st.decimals(0, "999999999999999999", places=12),
                per=st.decimals("0.000000001", "999999999999999999", places=9),
                dimensions=st.dictionaries(
                    st.sampled_from(["model", "a.b"]),
                    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1),
                ),
                cost=st.one_of(st.none(), st.decimals(0, "0.001", places=12)),
                name=st.text("=+-@;'_x0041F\"1A", max_size=12),
            ),
            min_size=1,
            max_size=5,
            unique_by=lambda each: each.key,
        )
    )
    @settings(max_examples=60, deadline=None)
    def test_is_read_back_as_it_was(self, rates: list[RateRow]) -> None:
        text = render(rates)

        assert text_of(from_csv(text)) == text
        assert list(parse(text).rows) == rates
        assert all(isinstance(each.tokens, Decimal) for each in parse(text).rows)
