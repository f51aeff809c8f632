"""`manage.py digest`: a weekly digest as it would be written now, printed or sent to one address."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from billing.connectors import mails
from billing.models import DigestChoice
from billing.queries.digests import digest
from billing.rules.deliveries import Mail
from usage.queries.moments import database_clock


class Command(BaseCommand):
    help = "Print a weekly digest as it would be written now, or send it to an address."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("about", choices=DigestChoice.About.values, help="whose work it is about")
        parser.add_argument("--html", action="store_true", help="print the form that mail programs show")
        parser.add_argument("--to", metavar="ADDRESS", help="send it there instead, beside those of the week")

    def handle(self, *_words: Any, **asked: Any) -> None:
        now = database_clock()
        home = f"{settings.PUBLIC_URL or settings.WEB_URL}{reverse('admin:index')}"
        told = digest(asked["about"], now, home)
        if not asked["to"]:
            self.stdout.write(told.html if asked["html"] else told.text, ending="\n" if asked["html"] else "")
            return
        answer = mails.send(Mail(asked["to"], told.subject, told.text, str(uuid4()), told.html))
        if answer.error:
            raise CommandError(answer.error)
        self.stdout.write(f"Sent to {asked['to']}. {answer.excerpt}".rstrip())
