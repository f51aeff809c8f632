"""What can be sold, as a file: `offers import FILE.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from billing.management.offer_files import offers_of
from billing.services import catalogue
from config.kernel.errors import DomainError


class Command(BaseCommand):
    """The file's door to the catalogue. Refusals end with status 1 and change nothing."""

    help = "Put offers on sale as a JSON file says, all or nothing; orders from now on mean what it says."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        load = verbs.add_parser("import", help="make or change the offers that the file names")
        load.add_argument("file", type=Path, help='a JSON file: {"offers": [{"sku", "name", "kind", ...}]}')
        load.add_argument("--reason", default="", help="kept in the history")
        load.add_argument("--by", default="", help="whose doing it is, by user name")

    def handle(self, *, file: Path, reason: str, by: str, **_options: Any) -> None:
        user = User.objects.filter(username=by).first() if by else None
        if by and user is None:
            raise CommandError(f"There is no user {by}.")
        try:
            text = file.read_bytes()
        except OSError as fault:
            raise CommandError(f"The file {file} can't be read: {fault.strerror}.") from fault
        try:
            with transaction.atomic():
                done = [(meant, catalogue.put(meant, user=user, reason=reason)) for meant in offers_of(text)]
        except DomainError as refusal:
            faults = [f"{each.pointer} {each.detail}".strip() for each in refusal.errors]
            raise CommandError(
                "\n".join(faults or [f"{file}: {refusal.detail.replace('The body', 'It', 1)}"])
            ) from refusal
        for meant, is_new in done:
            self.stdout.write(f"{meant.code}: {'on sale' if is_new else 'as it was'}")
