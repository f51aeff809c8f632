"""`manage.py demo`: ninety days of forty-three customers with real traffic, and of eight who buy pictures."""

from __future__ import annotations

import gzip
import os
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from billing.connectors.registry import CONNECTORS
from billing.management.offer_files import offers_of
from billing.models import Contact
from billing.rules import demo_traffic
from billing.rules.demo_catalogue import read_prices
from billing.rules.demo_clients import CLIENTS
from billing.services import demo, demo_connection
from billing.services.demo_founding import DAYS
from billing.services.demo_town import STAFF
from config.kernel.errors import DomainError
from config.kernel.models import AuditRun

SHIPPED = Path(__file__).resolve().parents[2] / "data"
SHOWN = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


class Command(BaseCommand):
    """Grows the demo once, proves its books, and tells where to look."""

    help = "Grow ninety days of real-shaped traffic and commerce in an empty database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=DAYS, choices=range(1, DAYS + 1), metavar="DAYS")
        parser.add_argument(
            "--customers", type=int, default=len(CLIENTS), help="with traffic, the largest first"
        )

    def handle(self, *, days: int, customers: int, **_options: Any) -> None:
        console = Console(highlight=False)
        with Progress(*SHOWN, console=console) as progress:
            try:
                grown = demo.grow(_source(days, customers, progress), timezone.now())
            except DomainError as refusal:
                raise CommandError(refusal.detail) from refusal
            _end_the_last(progress)
            demo_connection.send(CONNECTORS)
        console.print(_summary(grown))
        console.print(_where_to_look())
        if not grown.audit.is_clean:
            raise CommandError("The books of the demo do not balance: see `manage.py audit`.")


def _source(days: int, customers: int, progress: Progress) -> demo.Source:
    """What is shipped, told on a progress bar."""

    def began(name: str, steps: int) -> None:
        _end_the_last(progress)
        progress.add_task(name.capitalize(), total=steps or None)

    return demo.Source(
        offers=offers_of((SHIPPED / "demo_offers.json").read_bytes()),
        prices=read_prices((SHIPPED / "model_prices.csv").read_text()),
        calls=list(demo_traffic.read_calls(_unpacked("llm_calls.csv.gz"))),
        clients=CLIENTS[:customers],
        hours=demo_traffic.read_hours(_unpacked("client_hours.csv.gz"))[:customers],
        days=days,
        connectors=CONNECTORS,
        began=began,
        told=lambda count: progress.advance(progress.tasks[-1].id, count),
    )


def _end_the_last(progress: Progress) -> None:
    """Fill the bar that ran last; one whose steps nobody could count was a single step."""
    for task in progress.tasks[-1:]:
        whole = task.total or task.completed or 1
        progress.update(task.id, total=whole, completed=whole)


def _unpacked(name: str) -> str:
    return gzip.decompress((SHIPPED / name).read_bytes()).decode()


def _summary(grown: demo.Grown) -> Table:
    table = Table("", "", title="The demo", show_header=False)
    refused = ", ".join(f"{count:,} {code}" for code, count in grown.cashier.refused.most_common())
    rows = {
        "debits": f"{grown.cashier.charged:,}, each of many calls",
        "events": f"{grown.cashier.events:,}",
        "refused": refused or "0",
        "rows": f"{sum(value for value in grown.audit.counts.values() if isinstance(value, int)):,}",
        "audit": _verdict(grown.audit),
    }
    for name, (clock, processor) in grown.seconds.items():
        rows[f"{name}, s"] = f"{clock:.1f}, of which {processor:.1f} of this process's processor"
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _verdict(audit: AuditRun) -> str:
    lies = Counter(lie["check"] for lie in audit.findings)
    return "; ".join(f"{count} × {name}" for name, count in lies.items()) or "the books are right"


def _where_to_look() -> str:
    staff = ", ".join(f"{name} ({group})" for name, group in STAFF.items())
    buyers = ", ".join(f"{each.address} ({each.role})" for each in Contact.objects.order_by("pk"))
    up = " ".join(
        [*(f"{name}={os.environ[name]}" for name in ("DATA_DIR", "PORT") if name in os.environ), "make up"]
    )
    return (
        f"Run `{up}` and sign in at {settings.ADDRESSES.web_url}/admin/ as admin, with the password above.\n"
        f"The staff {staff} have no passwords until `manage.py changepassword NAME` gives them one.\n"
        f"The customers' people ask for a link at {settings.ADDRESSES.web_url}/my/: {buyers}. Without a mail server "
        f"the mails are files in {settings.EMAIL_FILE_PATH}."
    )
