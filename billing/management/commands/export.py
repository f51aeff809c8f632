"""`manage.py export`: a month for finance, as a file of charges or of the ledger's lines."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.queries.finance_files import lines_of
from billing.rules.months import month_named
from config.kernel.errors import DomainError
from wallets.models import Account


class Command(BaseCommand):
    help = "Print the charges of a month by FOCUS 1.2, or the lines of its ledger, as CSV, of all accounts or of one."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "kind",
            choices=["focus", "ledger"],
            help="focus: charges, by the FinOps Open Cost and Usage Specification; ledger: movements of tokens",
        )
        parser.add_argument("--month", required=True, metavar="MONTH", help="such as 2026-11, in UTC")
        parser.add_argument("--account", metavar="REFERENCE", help="of one account alone")

    def handle(self, *_words: Any, **asked: Any) -> None:
        try:
            month = month_named(asked["month"])
            account = Account.objects.get(reference=asked["account"]) if asked["account"] else None
            lines = lines_of(asked["kind"], month, account)
        except ValueError as fault:
            raise CommandError(str(fault)) from None
        except Account.DoesNotExist:
            raise CommandError(f"There is no account {asked['account']}.") from None
        except DomainError as refusal:
            raise CommandError(refusal.detail) from None
        for line in lines:
            self.stdout.write(line, ending="")
