"""The documentation says what is: links lead somewhere, tables equal the code, calls have the form of the API."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.db import connection
from django.urls import resolve

from billing.services import auditing
from config import schedule
from config.http import shapes
from config.http.json_text import parse
from config.kernel.errors import PROBLEMS
from config.roles import ROLES, SEEN_BY_ALL
from config.tests import pages, sources
from config.tests.pages import Call
from pricing.rules import formulas, litellm, ratecsv
from pricing.rules.formula_parts import DIGITS_AFTER_THE_POINT, DIGITS_BEFORE_THE_POINT, FUNCTIONS
from pricing.rules.formula_values import BITS_AT_MOST
from wallets.models import Account, Entry, Grant

COMMANDS, LEDGER = "docs/reference/commands.md", "docs/reference/ledger.md"
FORMULAS = "docs/reference/formulas.md"
WALK = "docs/explanation/a-debit.md"
NOT_OURS = re.compile(r"\b(?:simply|just|we|successfully|easily|seamless(?:ly)?|powerful)\b", re.IGNORECASE)
ENVIRONMENT = re.compile(
    r"(?:os\.environ(?:\.get\(|\.setdefault\(|\[)|environment \|= \{|_listed\()\"(?P<name>[A-Z_]+)\""
)
MARKS_OF_A_CONFLICT = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?: .*)?$", re.MULTILINE)


def first_codes(name: str, heading: str) -> set[str]:
    """What stands first in code font in each row of a table."""
    return {pages.codes(row[0])[0] for row in pages.table_under(pages.page(name), heading)}


class TestLinks:
    @pytest.mark.parametrize("page", pages.all_pages(), ids=pages.name_of)
    def test_lead_somewhere(self, page: Path) -> None:
        broken = []
        for target in pages.links(page):
            path, _, anchor = target.partition("#")
            if path.startswith(("http://", "https://")):
                continue
            there = (page.parent / path).resolve() if path else page
            if not there.exists() or (anchor and anchor not in pages.anchors(there)):
                broken.append(target)

        assert broken == []

    def test_reach_every_page(self) -> None:
        reached = {
            (page.parent / target.partition("#")[0]).resolve()
            for page in pages.all_pages()
            for target in pages.links(page)
        }

        assert [pages.name_of(page) for page in pages.all_pages()[1:] if page not in reached] == []


class TestProse:
    @pytest.mark.parametrize("page", pages.all_pages(), ids=pages.name_of)
    def test_is_plain_and_fits_the_line(self, page: Path) -> None:
        long = [
            line for line in page.read_text().splitlines() if len(line) > 140 and not line.startswith("|")
        ]

        assert NOT_OURS.findall(pages.prose(page)) == []
        assert MARKS_OF_A_CONFLICT.findall(page.read_text()) == []
        assert long == []


def all_calls() -> list[tuple[str, Call]]:
    return [(pages.name_of(page), call) for page in pages.all_pages() for call in pages.calls(page)]


class TestCalls:
    def test_have_the_form_of_their_operation(self) -> None:
        assert sum(call.path.startswith("/api/") for _, call in all_calls()) > 40
        for name, call in all_calls():
            if not call.path.startswith("/api/"):
                continue
            view = resolve(re.sub(r"\$\{?\w+\}?", "01996f4e-8a70-7c31-b0c4-5d6f1a2b3c4d", call.path)).func
            operation = view.view_class.operations.get(call.method)

            assert operation, f"{name}: {call.method} {call.path}"
            assert not operation.scope or "Authorization: Bearer $KEY" in call.headers, f"{name}: {call.path}"
            assert not operation.needs_key or any("Idempotency-Key: " in each for each in call.headers), call
            if call.body is not None and '"rejected": [{' not in call.shown:
                kinds = [
                    each.partition("Content-Type: ")[2] for each in call.headers if "Content-Type" in each
                ]
                shapes.read(operation.other_bodies.get(kinds[0], operation.body), parse(call.body.encode()))


class TestCommandsAndVariables:
    def test_names_every_make_target(self) -> None:
        targets = set(re.findall(r"^([a-z]+):", (sources.root() / "Makefile").read_text(), re.MULTILINE))

        assert {each.removeprefix("make ") for each in first_codes(COMMANDS, "## Make targets")} == targets

    def test_names_every_command(self) -> None:
        ours = {
            name for name, app in get_commands().items() if app in sources.APPS or app.startswith("config")
        }

        assert {each.split()[0] for each in first_codes(COMMANDS, "## Commands")} == ours | {"up"}

    def test_names_every_variable_that_is_read(self) -> None:
        files = [path for path in sources.python_files(of=("config",)) if "tests" not in path.parts]
        texts = [path.read_text() for path in files if not path.name.startswith(("pytest_", "template"))]
        texts.append((sources.root() / "manage.py").read_text())
        read = {found["name"] for text in texts for found in ENVIRONMENT.finditer(text)}
        internal = first_codes(COMMANDS, "### Set by the product itself")

        assert first_codes(COMMANDS, "## Environment variables") | internal == read

    def test_names_every_job(self) -> None:
        assert first_codes(COMMANDS, "## Jobs") == set(schedule.SCHEDULE)

    def test_names_every_address_beside_the_api(self) -> None:
        for path in first_codes(COMMANDS, "## Addresses"):
            assert resolve(path)


class TestReference:
    def test_rate_files_have_these_columns(self) -> None:
        wanted = {*ratecsv.COLUMNS, f"{ratecsv.DIMENSION}<name>"}

        assert first_codes("docs/reference/rate-files.md", "## Columns") == wanted

    def test_formulas_have_these_functions_and_bounds(self) -> None:
        rows = dict(pages.table_under(pages.page(FORMULAS), "## Bounds"))
        bounds = [re.findall(r"\d+", cell) for cell in rows.values()]

        assert {each.split("(")[0] for each in first_codes(FORMULAS, "## Functions")} == set(FUNCTIONS)
        assert bounds == [
            [str(formulas.LENGTH_AT_MOST)],
            [str(formulas.PARTS_AT_MOST)],
            [str(formulas.NESTING_AT_MOST)],
            [str(DIGITS_BEFORE_THE_POINT), str(DIGITS_AFTER_THE_POINT)],
            [str(BITS_AT_MOST), str(len(str(2**BITS_AT_MOST)) - 1)],
        ]

    def test_formulas_give_what_their_examples_say(self) -> None:
        rows = pages.table_under(pages.page(FORMULAS), "## Examples")

        assert len(rows) > 5
        for formula, quantity, dimensions, tokens in rows:
            carried = dict(each.split("=") for each in pages.codes(dimensions))
            priced = formulas.compile_formula(pages.codes(formula)[0])

            assert str(priced.value(Decimal(pages.codes(quantity)[0]), carried)) == str(
                Fraction(pages.codes(tokens)[0])
            )

    def test_cost_lists_name_these_components_and_tiers(self) -> None:
        page = pages.page("docs/reference/cost-lists.md")
        fields = {
            pages.codes(row[0])[0]: pages.codes(row[1])[0] for row in pages.table_under(page, "## Components")
        }
        text = page.read_text()

        assert fields == {field: litellm.component_of(field)[0] for field in fields}
        assert set(litellm.NAMES.values()) <= set(fields.values())
        assert [
            word for word in litellm.TIERS if f"| `_{word}` | `{litellm.TIERS[word]}` |" not in text
        ] == []

    def test_problems_have_these_slugs_and_statuses(self) -> None:
        rows = pages.table_under(pages.page("docs/reference/problems.md"), "## Slugs")

        assert {pages.codes(row[0])[0]: int(row[1]) for row in rows} == {
            problem.slug: problem.status for problem in PROBLEMS.values()
        }

    def test_the_ledger_has_these_kinds_causes_and_states(self) -> None:
        assert first_codes(LEDGER, "## Entry kinds") == set(Entry.Kind.values)
        assert first_codes(LEDGER, "## Causes") == set(Entry.Cause.values)
        assert first_codes(LEDGER, "## Kinds of grants") == set(Grant.Kind.values)
        assert first_codes(LEDGER, "## States of an account") == set(Account.State.values)

    @pytest.mark.django_db
    def test_an_entrys_kind_moves_what_the_ledger_says(self) -> None:
        for kind, bucket_moves, overage, balance, _ in pages.table_under(
            pages.page(LEDGER), "## Entry kinds"
        ):
            moved = movements_of(pages.codes(kind)[0])
            told = dict.fromkeys(("tokens", "remaining", "spent", "expired", "voided"), 0)
            told |= {name: sign_of(sign) for sign, name in re.findall(r"([+−]) (\w+)", bucket_moves)}

            assert {name: moved[f"d_{name}"] for name in told} == told, kind
            assert moved["d_overage"] == sign_of(overage), kind
            assert moved["d_remaining"] - moved["d_overage"] == sign_of(balance), kind

    def test_the_audit_has_these_checks(self) -> None:
        text = pages.page("docs/reference/audit-checks.md").read_text()
        told = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", text, re.MULTILINE))

        assert {name: says.removesuffix(" A note, and no lie.") for name, says in told.items()} == {
            check.name: check.says for check in auditing.checks()
        }

    def test_groups_may_do_this(self) -> None:
        page = pages.page("docs/reference/groups.md")
        rows = pages.table_under(page, "## What each group may do besides")
        groups = list(ROLES)
        told = {
            group: {pages.codes(row[0])[0] for row in rows if row[2 + place] == "yes"}
            for place, group in enumerate(groups)
        }
        seen = page.read_text().partition("## What every group sees")[2].partition("\n## ")[0]

        assert set(pages.codes(seen)) == set(SEEN_BY_ALL)
        assert told == {group: set(allowed) - set(SEEN_BY_ALL) for group, allowed in ROLES.items()}


def sign_of(text: str) -> int:
    return {"+": 1, "−": -1, "": 0}[text.strip()]


def movements_of(kind: str) -> dict[str, int]:
    """What an entry of 1 of this kind moves, as the view says it."""
    view = (sources.root() / "wallets/sql/wallets_movement.sql").read_text()
    columns = ", ".join(
        f"NULL AS {name}" for name in ("id", "account_id", "wallet_id", "grant_id", "overage_id", "number")
    )
    rest = (
        "NULL AS cause_kind, NULL AS cause_id, NULL AS recorded_at, 0 AS balance_after, 0 AS balance_before"
    )
    select = view.partition("CREATE VIEW wallets_movement AS")[2].partition(";")[0]
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH wallets_entry AS (SELECT {columns}, {rest}, %s AS kind, 1 AS amount) {select}", [kind]
        )
        names = [column.name for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))
