"""Rates as files, at the command line."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.tests.management.ratetables import PRICES, ratetable
from pricing.models import RateTable, Refusal, Version
from pricing.queries.versions import moment_of_the_database
from pricing.tests.workbooks import read, workbook
from usage.models import DefaultTerms

pytestmark = pytest.mark.django_db


class TestImport:
    def test_makes_a_draft_in_the_default_token_unit(self, prices: Path) -> None:
        out, _ = ratetable("import", "standard", prices)

        table = RateTable.objects.get(code="standard")
        assert table.token == "AIT"
        assert table.versions.get().is_draft
        assert out.splitlines() == [
            "New product assistant",
            "New feature chat.input",
            "+ chat.input: tokens 2.5, per 1000000, minimum 0.01, cost 0.0000015, cost_currency USD",
            "+ chat.input (model=large): tokens 5, per 1000000, minimum 0.01, rounding half_even",
            "+ chat.*: tokens 9, rounding up",
            "standard: v1 is a draft with 3 rates.",
        ]

    def test_makes_the_very_first_table_the_default(self, prices: Path) -> None:
        ratetable("import", "standard", prices)
        ratetable("import", "second", prices)

        terms = DefaultTerms.objects.get()
        assert (terms.table_id, terms.effective_from) == (RateTable.objects.get(code="standard").pk, None)

    def test_publishes_and_does_not_publish_again_what_is_in_force(self, prices: Path) -> None:
        first, _ = ratetable("import", "standard", prices, "--publish")
        again, _ = ratetable("import", "standard", prices, "--publish")

        version = Version.objects.get()
        assert version.effective_from is not None
        assert (
            first.splitlines()[-1]
            == f"standard: v1 is published with effect from {version.effective_from.isoformat()}."
        )
        assert again == "standard: these rates are in force already; no version was made.\n"

    def test_publishes_from_a_later_instant(self, prices: Path) -> None:
        later = moment_of_the_database() + timedelta(days=1)

        ratetable("import", "standard", prices, "--publish", "--effective-from", later.isoformat())

        assert Version.objects.get().effective_from == later

    def test_prints_what_would_change_and_warnings_and_changes_nothing(self, prices: Path) -> None:
        ratetable("import", "standard", prices, "--publish")
        prices.write_text(PRICES.replace("large", "huge").replace(",9,1,", ",90,1,"))

        out, warnings = ratetable("import", "standard", prices, "--publish", "--dry-run")

        assert "~ chat.*: tokens 9 → 90" in out.splitlines()
        assert out.splitlines()[-1] == "Nothing was changed."
        assert "Warning: chat.* goes from 9 to 90 tokens a unit." in warnings
        assert Version.objects.count() == 1

    def test_refuses_by_line_and_changes_nothing(self, prices: Path) -> None:
        prices.write_text(PRICES.replace("2.5", "-2.5").replace("half_even", "nearest"))

        with pytest.raises(CommandError) as refusal:
            ratetable("import", "standard", prices, "--publish")

        assert str(refusal.value).splitlines() == [
            "The file has 2 errors; nothing was imported.",
            "line 2, tokens: tokens is negative.",
            "line 3, rounding: 'nearest' is none of half_up, half_even, up, down.",
        ]
        assert not RateTable.objects.exists()

    def test_keeps_on_record_what_publishing_refuses(self, prices: Path) -> None:
        prices.write_text("feature,tokens,dimension.a,dimension.b\nx.*,1,1,\nx.*,1,,2\n")

        with pytest.raises(CommandError) as refused:
            ratetable("import", "standard", prices, "--publish")

        kept = Refusal.objects.get()
        assert (kept.verb, kept.code, kept.sentence) == ("import", "publish_refused", str(refused.value))
        assert str(refused.value).count("Two rows match x.*") == 1

    @pytest.mark.parametrize("moment", ["2026-12-01T00:00:00", "tomorrow", "2020-01-01T00:00:00Z"])
    def test_refuses_a_time_that_is_naive_wrong_or_past(self, prices: Path, moment: str) -> None:
        with pytest.raises(CommandError):
            ratetable("import", "standard", prices, "--publish", "--effective-from", moment)

        assert not RateTable.objects.exists()

    def test_refuses_a_file_that_is_missing_or_not_text(self, tmp_path: Path) -> None:
        binary = tmp_path / "binary.csv"
        binary.write_bytes(b"feature,tokens\n\xff\xfe")

        with pytest.raises(CommandError, match="can't be read"):
            ratetable("import", "standard", tmp_path / "missing.csv")
        with pytest.raises(CommandError, match="neither a workbook nor UTF-8, at byte 15"):
            ratetable("import", "standard", binary)

    def test_reads_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(PRICES.encode())))

        out, _ = ratetable("import", "standard", "-")

        assert out.endswith("is a draft with 3 rates.\n")

    def test_reads_a_workbook(self, tmp_path: Path) -> None:
        file = tmp_path / "prices.xlsx"
        file.write_bytes(
            workbook(["product", "feature", "tokens", "per"], ["assistant", "chat.input", 2.5, 1000])
        )

        out, _ = ratetable("import", "standard", file, "--publish")

        assert out.splitlines()[2] == "+ chat.input: tokens 2.5, per 1000"
        assert ratetable("import", "standard", file)[0].endswith("no version was made.\n")

    def test_refuses_a_workbook_by_its_cells(self, tmp_path: Path) -> None:
        file = tmp_path / "prices.xlsx"
        file.write_bytes(workbook(["feature", "tokens"], ["chat.*", "=1+1"]))

        with pytest.raises(CommandError) as refusal:
            ratetable("import", "standard", file)

        assert str(refusal.value).splitlines() == [
            "The file has an error; nothing was imported.",
            "B2, tokens: This is a formula; its value has to stand in its place.",
        ]
        assert not RateTable.objects.exists()


class TestExport:
    def test_is_read_back_to_the_same_rates(self, prices: Path) -> None:
        ratetable("import", "standard", prices, "--publish")

        text, _ = ratetable("export", "standard")
        prices.write_text(text)
        ratetable("import", "copy", prices)

        assert text == PRICES
        assert ratetable("export", "copy")[0] == text
        assert ratetable("import", "standard", prices)[0].endswith("no version was made.\n")

    def test_writes_a_version_by_its_number(self, prices: Path) -> None:
        ratetable("import", "standard", prices, "--publish")
        prices.write_text(PRICES.replace("2.5", "3"))
        ratetable("import", "standard", prices, "--publish")

        assert "token,2.5,1000000" in ratetable("export", "standard", "--version", "1")[0]
        assert "token,3,1000000" in ratetable("export", "standard")[0]

    def test_writes_a_file_as_its_name_says(self, prices: Path, tmp_path: Path) -> None:
        ratetable("import", "standard", prices)
        sheet, text = tmp_path / "out.xlsx", tmp_path / "out.csv"

        printed, _ = ratetable("export", "standard", "--output", sheet)
        ratetable("export", "standard", "--output", text)

        assert printed == ""
        assert text.read_text() == PRICES
        assert read(sheet.read_bytes())[1][1:6] == ["chat.input", "Chat input", "token", 2.5, 1000000]
        assert ratetable("diff", sheet, text) == ("", "")

    def test_says_where_it_cannot_write(self, prices: Path, tmp_path: Path) -> None:
        ratetable("import", "standard", prices)

        with pytest.raises(CommandError, match="missing/out.csv can't be read or written"):
            ratetable("export", "standard", "--output", tmp_path / "missing" / "out.csv")

    @pytest.mark.parametrize("words", [["no-such-table"], ["standard", "--version", "9"]])
    def test_refuses_what_is_not_there(self, prices: Path, words: list[Any]) -> None:
        ratetable("import", "standard", prices)

        with pytest.raises(CommandError):
            ratetable("export", *words)


def differing(*words: object) -> list[str]:
    """What `diff` prints where it finds a difference."""
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("ratetable", "diff", *map(str, words), stdout=out, no_color=True)
    assert ended.value.code == 1
    return out.getvalue().splitlines()


class TestDiff:
    def test_prints_row_by_row_what_the_second_prices_otherwise(self, prices: Path, tmp_path: Path) -> None:
        other = tmp_path / "other.csv"
        other.write_text(
            PRICES.replace("2.5,", "3,").replace("large", "huge").replace("assistant,chat.*", "x,chat.*")
        )

        assert differing(prices, other) == [
            "~ chat.input: tokens 2.5 → 3",
            "+ chat.input (model=huge): tokens 5, per 1000000, minimum 0.01, rounding half_even",
            "~ chat.*: product assistant → x",
            "- chat.input (model=large): tokens 5, per 1000000, minimum 0.01, rounding half_even",
        ]

    def test_prints_nothing_where_nothing_differs(self, prices: Path, tmp_path: Path) -> None:
        ratetable("import", "standard", prices, "--publish")
        lines = PRICES.splitlines(keepends=True)
        prices.write_text("".join([lines[0], *lines[:0:-1]]).replace("1000000", "1000000.0"))

        assert ratetable("diff", "standard", prices) == ("", "")
        assert ratetable("diff", prices, "standard@1") == ("", "")

    def test_compares_versions_and_takes_the_one_in_force(self, prices: Path) -> None:
        ratetable("import", "standard", prices, "--publish")
        prices.write_text(PRICES.replace(",9,1,", ",10,1,"))
        ratetable("import", "standard", prices, "--publish")
        prices.write_text(PRICES.replace(",9,1,", ",11,1,"))
        ratetable("import", "standard", prices)

        assert differing("standard@1", "standard") == ["~ chat.*: tokens 9 → 10"]
        assert differing("standard", "standard@3") == ["~ chat.*: tokens 10 → 11"]

    def test_reads_standard_input(self, prices: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(PRICES.replace("2.5", "4").encode())))

        assert differing(prices, "-") == ["~ chat.input: tokens 2.5 → 4"]

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("missing.csv", "missing.csv can't be read or written: No such file or directory."),
            ("no-such-table", "no-such-table: There is no rate table no-such-table."),
            ("standard@9", "standard@9: Rate table standard has no version 9."),
            ("standard@x", "standard@x: 'x' is not a number of a version."),
            ("standard@", "standard@: '' is not a number of a version."),
        ],
    )
    def test_ends_with_2_where_a_list_cannot_be_read(self, prices: Path, name: str, said: str) -> None:
        ratetable("import", "standard", prices)

        with pytest.raises(CommandError) as refusal:
            ratetable("diff", "standard", name)

        assert (refusal.value.returncode, str(refusal.value)) == (2, said)

    def test_names_the_file_and_the_lines_that_are_wrong(self, prices: Path, tmp_path: Path) -> None:
        wrong = tmp_path / "wrong.csv"
        wrong.write_text("feature,tokens\nchat,x\n")

        with pytest.raises(CommandError) as refusal:
            ratetable("diff", prices, wrong)

        assert str(refusal.value).splitlines() == [
            f"{wrong}: The file has an error; nothing was imported.",
            "line 2, tokens: This is not a decimal number.",
        ]
        assert refusal.value.returncode == 2
