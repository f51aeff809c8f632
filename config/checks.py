"""What start-up refuses or warns of, before anything is served."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from usage.queries.queue import months_ahead

OLDEST_SERVER = 180000


def server(*, databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Look at the database server: its age, what makes it durable, and whether one role is both owner and app."""
    return [message for alias in databases or () for message in _messages(alias)]


def _messages(alias: str) -> list[CheckMessage]:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int, current_user,"
            " current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes')"
        )
        age, role, *durability = cursor.fetchone()
    found: list[CheckMessage] = []
    if age < OLDEST_SERVER:
        found.append(
            Error("PostgreSQL 18 or newer is needed.", hint="Point DATABASE_URL at one.", id="tokendesk.E001")
        )
    if settings.AS_OWNER_WANTED and role == settings.DATABASE_APP_ROLE:
        said = (
            "One database role both owns the tables and runs the product, so only triggers guard the books."
        )
        found.append(
            Warning(said, hint="Give a second role's address as DATABASE_OWNER_URL.", id="tokendesk.W001")
        )
    if "off" in durability:
        said = "fsync, synchronous_commit or full_page_writes is off: an acknowledged debit can be lost in a crash."
        found.append(Warning(said, hint="Switch them on in PostgreSQL.", id="tokendesk.W002"))
    return found


def months_of_events(*, databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Look whether there is a month for events to be recorded in, and one after it."""
    if "default" not in (databases or ()) or not _has_events() or months_ahead() > 0:
        return []
    said = "The next month of usage events is wanting: without it none can be taken in."
    return [
        Warning(said, hint="Let worker and courier run, or run `manage.py prepare`.", id="tokendesk.W003")
    ]


def _has_events() -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('usage_event') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def outgoing_mail(**_kwargs: Any) -> list[CheckMessage]:
    """Look at how e-mail is to go out."""
    found: list[CheckMessage] = []
    if settings.EMAIL_FAULT:
        said = f"EMAIL_URL can't be used: {settings.EMAIL_FAULT}."
        found.append(Error(said, hint="Write smtp://user:password@host:587.", id="tokendesk.E002"))
    if settings.EMAIL_IS_SENT and "@" not in settings.EMAIL_FROM:
        said = "EMAIL_URL names a mail server, and EMAIL_FROM no address that mails come from."
        found.append(Error(said, hint="Write EMAIL_FROM=tokens@example.com.", id="tokendesk.E003"))
    if settings.EMAIL_TIMEOUT is None:
        said = "EMAIL_TIMEOUT_SECONDS is no number above 0."
        found.append(Error(said, hint="Leave it out for 10.", id="tokendesk.E004"))
    return found


def webhook_hosts(**_kwargs: Any) -> list[CheckMessage]:
    """Look at the hosts that webhooks may lead to although they are private."""
    odd = sorted(host for host in settings.WEBHOOK_PRIVATE_HOSTS if "/" in host or "*" in host)
    if not odd:
        return []
    said = f"WEBHOOK_PRIVATE_HOSTS names {odd[0]}, which is no host."
    return [
        Error(said, hint="Name hosts, or host:port, separated by commas.", id="tokendesk.E005"),
    ]


def invoice_font(**_kwargs: Any) -> list[CheckMessage]:
    """Look whether the font of further letters on paper is there."""
    if not settings.INVOICE_FONT or Path(settings.INVOICE_FONT).is_file():
        return []
    said = f"INVOICE_FONT names {settings.INVOICE_FONT}, which is no file."
    return [Error(said, hint="Name a TrueType file, or leave it out.", id="tokendesk.E006")]


def public_url(**_kwargs: Any) -> list[CheckMessage]:
    """Look at the address under which customers reach it."""
    if not settings.PUBLIC_URL or settings.PUBLIC_URL.startswith(("https://", "http://")):
        return []
    said = f"PUBLIC_URL is {settings.PUBLIC_URL}, which is no address."
    return [Error(said, hint="Write https://tokens.example.com.", id="tokendesk.E007")]


def register_all() -> None:
    register(months_of_events, Tags.database)
    register(server, Tags.database)
    register(outgoing_mail)
    register(webhook_hosts)
    register(invoice_font)
    register(public_url)
