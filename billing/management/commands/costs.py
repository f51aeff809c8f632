"""What models cost: `costs import FILE.json [--dry-run] …`, `costs review [--under PERCENT] …`."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.management.words import instant, shortened
from billing.queries.cost_review import Finding, MarginReview, Target, review_margins
from config.kernel.amounts import plain, with_minus
from config.kernel.errors import DomainError
from pricing.queries.versions import moment_of_the_database
from pricing.rules.costs import CostChange, Redated
from pricing.services import costing
from pricing.services.costing import CostOrder, CostPlan


class Command(BaseCommand):
    """The door for lists of costs. Refusals end with status 1 and change nothing."""

    help = "Read a list of what models cost, or tell which rates earn too little at what they cost now."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        load = verbs.add_parser("import", help="read LiteLLM's list of model prices, all or nothing")
        load.add_argument("file", type=Path, help="a JSON file; - reads standard input")
        load.add_argument("--effective-from", type=instant, help="RFC 3339 with an offset; else now")
        load.add_argument("--partial", action="store_true", help="what the file does not name stays as it is")
        load.add_argument("--dry-run", action="store_true", help="print what would change and change nothing")
        load.add_argument("--all", action="store_true", help="print every change, however many")
        load.add_argument("--reason", default="", help="kept with the list")
        look = verbs.add_parser("review", help="list the rates that earn too little at present costs")
        look.add_argument("--under", type=_share, default=Decimal(0), help="a margin in percent; 0 is a loss")
        look.add_argument(
            "--match", type=_share, default=Decimal("0.7"), help="the margin to propose prices for"
        )
        look.add_argument("--at", type=instant, help="RFC 3339 with an offset; else now")
        look.add_argument("--all", action="store_true", help="print every rate, however many")

    def handle(self, *, verb: str, **options: Any) -> None:
        try:
            self._import(**options) if verb == "import" else self._review(**options)
        except DomainError as refusal:
            details = [error.detail for error in refusal.errors if error.detail != refusal.detail]
            raise CommandError("\n".join([refusal.detail, *shortened(details)])) from refusal

    def _import(self, *, file: Path, dry_run: bool, partial: bool, **options: Any) -> None:
        name = "standard input" if str(file) == "-" else file.name
        order = CostOrder(_text(file), name, options["effective_from"], is_partial=partial)
        if dry_run:
            planned = costing.plan(order)
            self._say(*_told(planned, options["all"]), f"{name}: {_sums(planned)}. Nothing was changed.")
            return
        done = costing.import_costs(order, reason=options["reason"])
        self._say(*_told(done.plan, options["all"]))
        if done.made is None:
            self._say(f"{name}: this holds already; nothing was written.")
            return
        self._say(f"{name}: {_sums(done.plan)}, with effect from {done.plan.effective_from.isoformat()}.")
        lost = review_margins(done.plan.effective_from, Target())
        if lost.rates:
            self._warn(f"{_losses(lost)} `manage.py costs review` lists them.")

    def _review(self, *, under: Decimal, match: Decimal, at: datetime | None, **options: Any) -> None:
        target = Target(under=under, match=match)
        found = review_margins(at or moment_of_the_database(), target)
        if found.fault:
            raise CommandError(found.fault)
        for each in found.tables:
            price = f"{plain(each.worth.token or Decimal(0))} {each.worth.currency}".rstrip()
            self._say(f"{each.table.code}, at {price} a token of {each.table.token}:")
            self._say(*shortened([_finding(finding) for finding in each.findings], is_all=options["all"]))
        for gone in found.withdrawals:
            self._say(f"{gone.model} is withdrawn on {gone.day}; {_codes(gone.tables)} price it.")
        for table, worth in found.unweighed:
            self._warn(f"{table.code} can't be weighed: {worth.unknown}")
        self._say(_losses(found) if under == 0 else _under(found, under))

    def _say(self, *lines: str) -> None:
        for line in lines:
            self.stdout.write(line)

    def _warn(self, line: str) -> None:
        self.stderr.write(f"Warning: {line}", self.style.WARNING)


def _told(plan: CostPlan, is_all: bool) -> Iterator[str]:
    changes = plan.changes
    yield from shortened([_change(change) for change in changes.changed], is_all=is_all)
    yield from shortened([f"- {_of(change)}: ends" for change in changes.gone], is_all=is_all)
    yield from shortened([_redated(each) for each in changes.redated], is_all=is_all)
    yield from shortened([f"+ {_of(change)}: {_figure(change)}" for change in changes.new], is_all=is_all)
    left_out = ", ".join(f"{name} ({count:,})" for name, count in plan.list.left_out.items())
    models = "model" if plan.list.models == 1 else "models"
    yield f"Read {len(plan.list.lines):,} costs of {plan.list.models:,} {models}."
    if left_out:
        yield f"Left out, because it is no cost in money: {left_out}."


def _sums(plan: CostPlan) -> str:
    changes = plan.changes
    counts = {"new": changes.new, "changed": changes.changed, "ended": changes.gone}
    return ", ".join(f"{len(found):,} {word}" for word, found in counts.items())


def _change(change: CostChange) -> str:
    assert change.old is not None
    share = "" if change.share is None else with_minus(f" ({change.share * 100:+,.1f} %)")
    return f"~ {_of(change)}: {plain(change.old.cost)} → {_figure(change)}{share}"


def _of(change: CostChange) -> str:
    return change.key.title


def _figure(change: CostChange) -> str:
    assert change.new is not None
    return f"{plain(change.new.cost)} {change.new.currency}"


def _redated(each: Redated) -> str:
    return f"! {each.model}: withdrawal by its provider {_day(each.old)} → {_day(each.new)}"


def _day(day: date | None) -> str:
    return str(day) if day else "none"


def _finding(found: Finding) -> str:
    cost = f"{plain(found.cost.cost)} {found.cost.currency}"
    share = _percent(found.present.share or Decimal(0))
    proposed = "no price is known" if found.proposed is None else f"propose {plain(found.proposed)}"
    rate = f"{found.version} {found.state} {found.row.title}"
    price = f"{plain(found.row.tokens)} for {plain(found.row.per)}"
    return f"  {rate}: a unit costs {cost}, margin {share} at {price}; {proposed}"


def _percent(share: Decimal) -> str:
    return with_minus(f"{share * 100:,.1f} %")


def _losses(found: MarginReview) -> str:
    if not found.has_costs:
        return "No rate could be looked at: nobody has told yet what models cost, and no rate says it."
    verb = "rate costs more than it brings" if found.rates == 1 else "rates cost more than they bring"
    return f"{found.rates:,} {verb}."


def _under(found: MarginReview, share: Decimal) -> str:
    return f"{found.rates:,} {'rate is' if found.rates == 1 else 'rates are'} under {_percent(share)}."


def _codes(tables: Iterable[Any]) -> str:
    return ", ".join(table.code for table in tables)


def _share(text: str) -> Decimal:
    try:
        share = Decimal(text) / 100
    except InvalidOperation:
        raise ArgumentTypeError(f"{text!r} is not a number of percent") from None
    if not share.is_finite() or share >= 1:
        raise ArgumentTypeError("a margin is less than 100 percent")
    return share


def _text(file: Path) -> str:
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return content.decode("utf-8")
    except OSError as fault:
        raise CommandError(f"{file} can't be read: {fault.strerror}.") from fault
    except UnicodeDecodeError as fault:
        raise CommandError(f"{file} is not UTF-8 at byte {fault.start}.") from fault
