"""`manage.py replay`: real prices, thirty customers, and a real hour of language-model calls charged over HTTP."""

from __future__ import annotations

import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from billing.connectors import api_client
from billing.rules import demo_traffic
from billing.rules.demo_accounts import ACCOUNTS
from billing.rules.demo_catalogue import (
    COST_CURRENCY,
    LIST_CURRENCY,
    MARKUP,
    TOKEN_LIST_PRICE,
    ModelPrice,
    read_prices,
)
from billing.rules.demo_tally import FeatureTotal, Tally, percentile
from billing.services import auditing, replay
from config.kernel.errors import DomainError

SHIPPED = Path(__file__).resolve().parents[2] / "data"
CONNECTIONS = 16


class Command(BaseCommand):
    """Loads the catalogue once, replays the hour, and tells what came of it. A second run charges nothing twice."""

    help = "Load a catalogue with real AI prices and replay a real hour of calls through the HTTP API."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--connections", type=int, default=CONNECTIONS, help="persistent, at a time")
        parser.add_argument("--calls", type=int, help="replay only the first of them")
        parser.add_argument("--url", help="the product's address, where it is not the one running here")

    def handle(self, *, connections: int, calls: int | None, url: str | None, **_options: Any) -> None:
        console = Console(highlight=False)
        prices = read_prices((SHIPPED / "model_prices.csv").read_text())
        try:
            loaded = replay.load(prices, now=timezone.now())
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        console.print(_introduction(loaded, prices))
        recorded = list(_assigned_calls(prices))[:calls]
        tally = Tally(loaded.costs)
        begun = time.monotonic()
        with replay.keys(loaded) as keys:
            _Replay(loaded, keys, recorded, tally).run(
                url or settings.ADDRESSES.web_url, connections, console
            )
        seconds = Decimal(time.monotonic() - begun)
        report = auditing.examine([])
        console.print(_features(tally), _summary(tally, seconds, connections, _verdict(report)))
        if tally.failed or not report.is_clean:
            raise CommandError("The hour did not come out clean.")


class _Replay:
    """Sends each recorded call as one debit and counts the answers."""

    def __init__(
        self,
        loaded: replay.LoadedDemo,
        keys: dict[str, str],
        calls: list[demo_traffic.AssignedCall],
        tally: Tally,
    ) -> None:
        self._loaded = loaded
        self._keys = keys
        self._calls = calls
        self._tally = tally

    def run(self, url: str, connections: int, console: Console) -> None:
        """Raises CommandError where nobody answers."""
        address = urlsplit(url)
        shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*shown, console=console) as progress:
            task = progress.add_task("Replaying the hour", total=len(self._calls))

            def count(answer: api_client.Answer) -> None:
                self._count(answer)
                if self._tally.answered % 100 == 0:
                    progress.update(task, completed=self._tally.answered)

            host, port = address.hostname or "127.0.0.1", address.port or 80
            try:
                api_client.exchange(host, port, self._requests(f"{host}:{port}"), connections, count)
            except api_client.ApiUnreachable as fault:
                raise CommandError(f"Tokendesk does not answer at {url}: {fault}.") from fault
            progress.update(task, completed=self._tally.answered)

    def _requests(self, host: str) -> Iterator[api_client.Request]:
        for place, assigned in enumerate(self._calls):
            account = self._loaded.reference(ACCOUNTS[assigned.account])
            body = demo_traffic.debit_body(
                assigned,
                account=account,
                prefix=self._loaded.prefix,
                hour_begins_at=self._loaded.hour_begins_at,
            )
            headers = {
                "Host": host,
                "Authorization": f"Bearer {self._keys[assigned.call.service]}",
                "Idempotency-Key": demo_traffic.idempotency_key(assigned.call),
            }
            content = api_client.request_bytes("POST", "/api/v1/debits", headers, json.dumps(body).encode())
            yield api_client.Request(content, place)

    def _count(self, answer: api_client.Answer) -> None:
        self._tally.count(
            self._calls[answer.tag].model,
            answer.status,
            json.loads(answer.body),
            is_replayed=answer.is_replayed,
            nanoseconds=answer.nanoseconds,
        )


def _assigned_calls(prices: tuple[ModelPrice, ...]) -> Iterator[demo_traffic.AssignedCall]:
    calls = demo_traffic.read_calls(gzip.decompress((SHIPPED / "llm_calls.csv.gz").read_bytes()).decode())
    shares = demo_traffic.read_shares(
        gzip.decompress((SHIPPED / "client_hours.csv.gz").read_bytes()).decode(), len(ACCOUNTS)
    )
    return demo_traffic.assign(calls, shares, [price.model for price in prices])


def _verdict(report: auditing.Report) -> str:
    """What the audit says in a line; what it found besides, `manage.py audit` tells."""
    if report.is_clean:
        return f"the books are right: {len(report.findings)} checks hold"
    return "the books lie: " + ", ".join(finding.check.name for finding in report.lies)


def _introduction(loaded: replay.LoadedDemo, prices: tuple[ModelPrice, ...]) -> str:
    state = "Loaded" if loaded.is_new else "Found"
    return (
        f"{state} {len(prices)} models' prices in {loaded.table} and {len(ACCOUNTS)} accounts with mixed grants.\n"
        f"A token lists at {TOKEN_LIST_PRICE} USD and a model costs {MARKUP}× its vendor's price.\n"
        f"The recorded hour begins at {loaded.hour_begins_at:%Y-%m-%d %H:%M:%S} UTC."
    )


def _features(tally: Tally) -> Table:
    table = Table("feature", title="Charged by feature", show_footer=True)
    for column in ("text tokens", "AI tokens", f"cost, {COST_CURRENCY}", f"worth, {LIST_CURRENCY}"):
        table.add_column(column, justify="right")
    for code, total in sorted(tally.features.items()):
        table.add_row(code, *_shown(total))
    for column_shown, sum_shown in zip(table.columns, ("all", *_shown(tally.total)), strict=True):
        column_shown.footer = sum_shown
    return table


def _shown(total: FeatureTotal) -> tuple[str, ...]:
    worth = total.tokens * TOKEN_LIST_PRICE
    return f"{total.quantity:,.0f}", f"{total.tokens:,.6f}", f"{total.cost:,.4f}", f"{worth:,.4f}"


def _summary(tally: Tally, seconds: Decimal, connections: int, verdict: str) -> Table:
    table = Table("", "", title="The hour", show_header=False)
    rows = {
        "calls": f"{tally.answered:,}",
        "charged now": f"{tally.charged:,}",
        "charged by an earlier demo": f"{tally.repeated:,}",
        "refused": _counted(tally.refused),
        "failed": _counted(tally.failed),
        "overage": f"{tally.overage:,.6f} AI tokens",
        "debits a second": f"{tally.answered / seconds:,.0f} over {connections} connections",
        "p50, p99": f"{percentile(tally.nanoseconds, 50)} ms, {percentile(tally.nanoseconds, 99)} ms",
        "audit": verdict,
    }
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _counted(reasons: Counter[str]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common()) or "0"
