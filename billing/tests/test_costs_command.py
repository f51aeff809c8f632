"""Lists of costs, and what they do to margins, at the command line."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from billing.tests.shelf import Shelf
from pricing.models import CostImport, CostRate
from pricing.services import costing
from pricing.tests.costs import a_cost, a_list, imported
from usage.tests.made import DAY, clock, named

pytestmark = pytest.mark.django_db


@pytest.fixture
def model() -> str:
    return named("gpt")


@pytest.fixture
def file(tmp_path: Path, model: str) -> Path:
    path = tmp_path / "prices.json"
    path.write_text(listed(model))
    return path


def listed(model: str, cost: str = "1.5e-07", **facts: str) -> str:
    return a_list(**{model: {"input_cost_per_token": cost, "output_cost_per_token": "6E-7", **facts}})


def costs(*words: object) -> tuple[list[str], str]:
    out, warnings = StringIO(), StringIO()
    call_command("costs", *map(str, words), stdout=out, stderr=warnings, no_color=True)
    return out.getvalue().splitlines(), warnings.getvalue()


class TestImport:
    def test_tells_every_new_cost_exactly(self, file: Path, model: str) -> None:
        out, _ = costs("import", file, "--reason", "December's list")

        made = CostImport.objects.get(file="prices.json")
        assert out == [
            f"+ {model} input: 0.00000015 USD",
            f"+ {model} output: 0.0000006 USD",
            "Read 2 costs of 1 model.",
            f"prices.json: 2 new, 0 changed, 0 ended, with effect from {made.effective_from.isoformat()}.",
        ]
        assert (made.set_by, made.reason) == ("", "December's list")

    def test_tells_what_changed_since_the_last_list(self, file: Path, model: str) -> None:
        costs("import", file)
        file.write_text(
            listed(model, "1.2e-07", deprecation_date="2027-03-01").replace(
                "output_cost_per_token", "input_cost_per_image"
            )
        )

        out, _ = costs("import", file)

        assert out[:4] == [
            f"~ {model} input: 0.00000015 → 0.00000012 USD (−20.0 %)",
            f"- {model} output: ends",
            f"! {model}: withdrawal by its provider none → 2027-03-01",
            f"+ {model} input_image: 0.0000006 USD",
        ]

    def test_of_the_same_list_says_so_and_writes_nothing(self, file: Path) -> None:
        costs("import", file)

        out, _ = costs("import", file)

        assert out == [
            "Read 2 costs of 1 model.",
            "prices.json: this holds already; nothing was written.",
        ]
        assert (CostRate.objects.imported().count(), CostImport.objects.count()) == (2, 1)

    def test_prints_what_would_change_and_changes_nothing(self, file: Path, model: str) -> None:
        out, _ = costs("import", file, "--dry-run")

        assert out[0] == f"+ {model} input: 0.00000015 USD"
        assert out[-1] == "prices.json: 2 new, 0 changed, 0 ended. Nothing was changed."
        assert not CostImport.objects.exists()

    def test_holds_from_a_later_instant(self, file: Path) -> None:
        later = clock() + DAY

        costs("import", file, "--effective-from", later.isoformat())

        assert {row.effective_from for row in CostRate.objects.imported()} == {later}

    def test_of_a_part_ends_nothing(self, file: Path, tmp_path: Path) -> None:
        costs("import", file)
        part = tmp_path / "part.json"
        part.write_text(listed(named("other")))

        out, _ = costs("import", part, "--partial")

        assert "0 ended" in out[-1]
        assert CostRate.objects.imported().in_force(clock()).count() == 4

    def test_shortens_long_lists_unless_all_is_asked_for(self, file: Path) -> None:
        file.write_text(a_list(**{f"m{n}": {"input_cost_per_token": "1e-07"} for n in range(60)}))

        short, _ = costs("import", file, "--dry-run")
        whole, _ = costs("import", file, "--dry-run", "--all")

        assert short[50] == "… and 10 more"
        assert len([line for line in whole if line.startswith("+")]) == 60

    def test_tells_what_it_leaves_out(self, file: Path, model: str) -> None:
        file.write_text(listed(model, input_dbu_cost_per_token="0.1"))

        out, _ = costs("import", file)

        assert "Left out, because it is no cost in money: input_dbu_cost_per_token (1)." in out

    def test_refuses_a_file_with_errors_whole_and_names_them(self, file: Path, model: str) -> None:
        text = json.loads(listed(model))
        text[model] |= {"input_cost_per_token": -1, "output_cost_per_token": "free"}
        file.write_text(json.dumps({**text, "good": {"litellm_provider": "p", "input_cost_per_token": 1}}))

        with pytest.raises(CommandError) as refusal:
            costs("import", file)

        assert str(refusal.value).splitlines() == [
            "The file has 2 errors; nothing was imported.",
            f"{model}, input_cost_per_token: is negative.",
            f"{model}, output_cost_per_token: is not a number.",
        ]
        assert not CostImport.objects.exists()

    def test_refuses_a_file_that_is_missing_or_not_text(self, tmp_path: Path) -> None:
        binary = tmp_path / "binary.json"
        binary.write_bytes(b'{"\xff\xfe"}')

        with pytest.raises(CommandError, match="can't be read"):
            costs("import", tmp_path / "missing.json")
        with pytest.raises(CommandError, match="not UTF-8 at byte 2"):
            costs("import", binary)

    @pytest.mark.parametrize("moment", ["2026-12-01T00:00:00", "tomorrow"])
    def test_refuses_a_time_that_is_naive_or_wrong(self, file: Path, moment: str) -> None:
        with pytest.raises(CommandError):
            costs("import", file, "--effective-from", moment)

        assert not CostImport.objects.exists()

    def test_reads_standard_input(self, monkeypatch: pytest.MonkeyPatch, model: str) -> None:
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(listed(model).encode())))

        out, _ = costs("import", "-")

        assert out[-1].startswith("standard input: 2 new")

    def test_warns_of_the_rates_that_a_list_puts_under_water(self, file: Path) -> None:
        shelf = Shelf()
        shelf.publish()
        file.write_text(listed(shelf.small, "6e-06"))

        _, warnings = costs("import", file)

        assert "Warning: 1 rate costs more than it brings." in warnings


class TestReview:
    def test_lists_losses_by_table_with_the_price_that_brings_the_margin(self) -> None:
        shelf = Shelf()
        shelf.publish()
        shelf.list(small="6e-06")

        out, _ = costs("review")

        assert out[:2] == [
            f"{shelf.table.code}, at 0.01 USD a token of {shelf.unit.code}:",
            f"  v2 live {shelf.shop.chat} (model={shelf.small}): a unit costs 0.000006 USD,"
            " margin −20.0 % at 500 for 1000000; propose 2000",
        ]
        assert out[-1] == "1 rate costs more than it brings."

    def test_asks_for_another_margin(self) -> None:
        shelf = Shelf()
        shelf.publish()
        shelf.list(small="2.1e-06")

        out, _ = costs("review", "--under", "60", "--match", "65")

        assert "margin 58.0 % at 500 for 1000000; propose 600" in out[1]
        assert out[-1] == "1 rate is under 60.0 %."

    def test_asks_about_an_instant(self) -> None:
        shelf = Shelf()
        shelf.publish()
        later = clock() + DAY
        costing.override(a_cost(shelf.small, "0.000009"), reason="From tomorrow", effective_from=later)

        now, _ = costs("review")
        then, _ = costs("review", "--at", later.isoformat())

        assert now == ["0 rates cost more than they bring."]
        assert then[-1] == "1 rate costs more than it brings."

    def test_tells_models_that_are_withdrawn(self) -> None:
        shelf = Shelf()
        shelf.publish()
        day = clock().date() + timedelta(days=30)
        imported(
            a_list(**{shelf.large: {"input_cost_per_token": "1e-07", "deprecation_date": str(day)}}),
            is_partial=True,
        )

        out, _ = costs("review")

        assert f"{shelf.large} is withdrawn on {day}; {shelf.table.code} price it." in out

    @pytest.mark.parametrize("words", [("--under", "x"), ("--match", "100"), ("--match", "NaN")])
    def test_refuses_a_margin_that_no_price_has(self, words: tuple[str, str]) -> None:
        with pytest.raises(CommandError):
            costs("review", *words)


class TestFigures:
    def test_are_kept_to_the_last_digit(self, file: Path, model: str) -> None:
        file.write_text(a_list(**{model: {"input_cost_per_pixel": "2.0751953125E-9"}}))

        costs("import", file)

        assert CostRate.objects.get(model=model).cost == Decimal("0.0000000020751953125")
