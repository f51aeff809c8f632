"""`manage.py journal`: a month as double entry, for the general ledger."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.queries import journal
from billing.rules.journal import as_csv, lines_of
from billing.rules.money import places_of
from billing.rules.months import last_day, month_named


class Command(BaseCommand):
    help = (
        "Print the journal of a month as CSV, whose debits are its credits; exits with 1 where they are not."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", metavar="MONTH", help="such as 2026-11, in UTC")
        parser.add_argument("--currency", metavar="CODE", help="needed where the month has several")

    def handle(self, *_words: Any, **asked: Any) -> None:
        try:
            month = month_named(asked["month"])
        except ValueError as fault:
            raise CommandError(str(fault)) from None
        found = journal.currencies_of(month)
        currency = asked["currency"] or (found[0] if len(found) == 1 else None)
        if currency is None and found:
            raise CommandError(f"Choose one of its currencies with --currency: {', '.join(found)}.")
        if currency not in found:
            raise CommandError(
                f"Nothing was booked in {month:%B %Y}" + (f" in {currency}." if currency else ".")
            )
        lines = (line for row in journal.moved_in(month, currency) for line in lines_of(row))
        try:
            for text in as_csv(lines, journal.accounts(), last_day(month), places_of(currency)):
                self.stdout.write(text, ending="")
        except ValueError as fault:
            raise CommandError(str(fault)) from None
