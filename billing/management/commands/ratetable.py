"""Rates as files: `ratetable export TABLE …`, `ratetable import TABLE FILE …`, `ratetable diff A B`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.management.words import instant, shortened
from billing.queries.margins import margins_of
from billing.services import price_lists
from config.kernel.amounts import plain
from config.kernel.errors import DomainError
from pricing.queries import versions
from pricing.rules.checks import Finding
from pricing.rules.differences import Change, Difference, differences
from pricing.rules.ratefiles import rates_of, text_of
from pricing.rules.rows import RateRow
from pricing.services import importing
from wallets.queries.units import unit_named

DIFFERENT, TROUBLE = 1, 2
UNREACHABLE = (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)
IN_REVIEW = 3
NOBODY_NAMED = "command line, nobody named"
SIGNS = {"new": "+", "removed": "-", "changed": "~"}


class Command(BaseCommand):
    """The file's door to a rate table. Refusals end with status 1 and change nothing; what goes into review with 3."""

    help = "Write a rate table as a file, make its draft from a file and publish it, or compare two lists."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        export = verbs.add_parser(
            "export", help="write a version as a file: the one in force, else the newest"
        )
        export.add_argument("table", help="the rate table's code")
        export.add_argument("--version", dest="number", type=int, help="a version's number, drafts included")
        export.add_argument("--output", type=Path, help="a .csv or .xlsx file; else CSV on standard output")
        load = verbs.add_parser("import", help="make or replace the table's draft by a file, all or nothing")
        load.add_argument(
            "table", help="the rate table's code; a new table is made in the default token unit"
        )
        load.add_argument("file", type=Path, help="a CSV or XLSX file; - reads standard input")
        load.add_argument("--publish", action="store_true", help="publish it, unless it is in force already")
        load.add_argument("--effective-from", type=instant, help="RFC 3339 with an offset; else now")
        load.add_argument("--dry-run", action="store_true", help="print what would change and change nothing")
        load.add_argument("--reason", default="", help="kept in the history")
        load.add_argument(
            "--by", default="", help="whose doing it is, by user name; they can't approve it then"
        )
        compare = verbs.add_parser(
            "diff", help="print what B prices otherwise than A; exits with 1 where anything differs"
        )
        for name in ("a", "b"):
            compare.add_argument(
                name, metavar=name.upper(), help="FILE.csv, FILE.xlsx, TABLE or TABLE@VERSION"
            )

    def handle(self, *, verb: str, **options: Any) -> None:
        verbs: dict[str, Callable[..., None]] = {
            "export": self._export,
            "import": self._import,
            "diff": self._diff,
        }
        try:
            verbs[verb](**options)
        except DomainError as refusal:
            raise CommandError(_explained(refusal)) from refusal
        except UNREACHABLE as fault:
            raise CommandError(_unreachable(fault)) from fault

    def _export(self, *, table: str, number: int | None, output: Path | None, **_others: Any) -> None:
        if number is None:
            version = versions.version_to_export(table, versions.moment_of_the_database())
        else:
            version = versions.version_numbered(table, number)
        if output is None:
            self.stdout.write(versions.as_file(version), ending="")
        elif output.suffix.lower() == ".xlsx":
            output.write_bytes(versions.as_workbook(version))
        else:
            output.write_text(versions.as_file(version), encoding="utf-8", newline="")

    def _import(self, *, table: str, file: Path, publish: bool, dry_run: bool, **options: Any) -> None:
        unit = unit_named(None)
        order = importing.Order(table, text_of(_content(file)), unit.code, publish, options["effective_from"])
        if dry_run:
            planned = importing.plan(order, margins_of(table, unit.code))
            self._tell_plan(planned)
            self._say("Nothing was changed.")
            if planned.verdict.refusals:
                raise CommandError("Publishing would be refused.")
            return
        person, reason = _person(options["by"]), options["reason"] or f"Imported {file.name}"
        told = reason if person else f"{reason} ({NOBODY_NAMED})"
        imported = price_lists.import_rates(order, user=person, reason=told)
        self._tell_plan(imported.plan)
        self._say(_outcome(imported))
        if imported.needed is not None:
            sys.exit(IN_REVIEW)

    def _diff(self, *, a: str, b: str, **_others: Any) -> None:
        found = differences(_rates(a), _rates(b))
        self._say(*map(_line, found))
        if found:
            sys.exit(DIFFERENT)

    def _tell_plan(self, planned: importing.Plan) -> None:
        for noun, codes in (("product", planned.products), ("feature", planned.features)):
            self._say(*shortened([f"New {noun} {code}" for code in codes]))
        for label in planned.relabelled:
            self._say(f"Feature {label.feature}: {label.former_name} becomes {label.name}, unit {label.unit}")
            if label.unit != label.former_unit:
                self._warn(f"{label.feature} counted in {label.former_unit} and would count in {label.unit}.")
        self._say(*shortened(list(map(_line, planned.differences))))
        for finding in planned.verdict.refusals:
            self._warn(f"publishing is refused: {_finding(finding)}")
        for finding in planned.verdict.warnings:
            self._warn(_finding(finding))
        for finding in planned.reasons:
            self._warn(f"a second person is needed: {finding.detail}")

    def _say(self, *lines: str) -> None:
        for line in lines:
            self.stdout.write(line)

    def _warn(self, line: str) -> None:
        self.stderr.write(f"Warning: {line}", self.style.WARNING)


def _person(name: str) -> User | None:
    if not name:
        return None
    person = User.objects.filter(username=name).first()
    if person is None:
        raise CommandError(f"Nobody is called {name}.")
    return person


def _content(file: Path) -> bytes:
    return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()


def _rates(name: str) -> Sequence[RateRow]:
    """The rates of a file, or of a table's version. What can't be read ends the command with TROUBLE."""
    try:
        if name == "-" or name.lower().endswith((".csv", ".xlsx")):
            return rates_of(text_of(_content(Path(name)))).rows
        return versions.rates_named(name, versions.moment_of_the_database())
    except DomainError as refusal:
        raise CommandError(f"{name}: {_explained(refusal)}", returncode=TROUBLE) from refusal
    except UNREACHABLE as fault:
        raise CommandError(_unreachable(fault), returncode=TROUBLE) from fault


def _explained(refusal: DomainError) -> str:
    details = [error.detail for error in refusal.errors if error.detail not in refusal.detail]
    return "\n".join([refusal.detail, *shortened(details)])


def _unreachable(fault: OSError) -> str:
    return f"{fault.filename} can't be read or written: {fault.strerror}."


def _outcome(imported: importing.Imported) -> str:
    version, code = imported.version, imported.table.code
    if version is None:
        return f"{code}: these rates are in force already; no version was made."
    if imported.outcome == "in_review":
        return f"{code}: {version} is in review; nothing was published. Run this again once it is approved."
    if imported.outcome == "draft":
        return f"{code}: {version} is a draft with {len(imported.plan.rows)} rates."
    assert version.effective_from is not None
    return f"{code}: {version} is published with effect from {version.effective_from.isoformat()}."


def _line(difference: Difference) -> str:
    changes = ", ".join(_change(difference, change) for change in difference.told)
    return f"{SIGNS[difference.kind]} {difference.title}: {changes}"


def _change(difference: Difference, change: Change) -> str:
    if difference.kind == "changed":
        return f"{change.field} {_value(change.old)} → {_value(change.new)}"
    return f"{change.field} {_value(change.old if difference.kind == 'removed' else change.new)}"


def _value(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    return "none" if value in (None, "") else str(value)


def _finding(finding: Finding) -> str:
    return finding.detail if finding.row is None else f"line {finding.row}: {finding.detail}"
