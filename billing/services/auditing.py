"""The audit: every promise asked of the whole database, in one snapshot that changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from time import monotonic
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from billing.models import InboxItem
from billing.queries import audit as billing
from billing.services import inbox
from billing.services.inbox import Raised
from config.kernel import audit as house
from config.kernel.audit import Check
from config.kernel.models import AuditRun
from pricing.queries import audit as pricing
from usage.queries import audit as usage
from wallets.queries import audit as wallets

MOST_LIES = 100
"""How many rows of a check are shown; a check that fails for more says so."""

COUNTED = {
    "accounts": "wallets_account",
    "wallets": "wallets_wallet",
    "grants": "wallets_grant",
    "entries": "wallets_entry",
    "debits": "usage_debit",
    "debit_lines": "usage_debitline",
    "reversals": "usage_reversal",
    "denials": "usage_denial",
    "holds": "wallets_hold",
    "idempotency_keys": "usage_claim",
    "published_versions": "pricing_version WHERE published_at IS NOT NULL",
    "rates": "pricing_rate",
    "news": "billing_news",
    "deliveries": "billing_delivery",
}

Lie = dict[str, Any]


class UnknownCheck(LookupError):
    """No check has this name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check answered: a lie a row, at most MOST_LIES of them, and whether there were more.

    fault: why the check could not be asked.
    """

    check: Check
    lies: tuple[Lie, ...]
    has_more: bool
    seconds: float
    fault: str = ""

    @property
    def is_lie(self) -> bool:
        return bool(self.fault) or (bool(self.lies) and not self.check.is_note)

    @property
    def is_note(self) -> bool:
        return bool(self.lies) and self.check.is_note


@dataclass(frozen=True, slots=True)
class Report:
    """An audit: a finding for each check asked, and how many rows it spoke of."""

    started_at: datetime
    finished_at: datetime
    findings: tuple[Finding, ...]
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def lies(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.is_lie)

    @property
    def notes(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.is_note)

    @property
    def is_clean(self) -> bool:
        return not self.lies


def checks(names: Sequence[str] = ()) -> tuple[Check, ...]:
    """The checks of all apps, or those of these names.

    Raises UnknownCheck.
    """
    known = (*wallets.CHECKS, *pricing.CHECKS, *usage.CHECKS, *billing.CHECKS, *house.CHECKS)
    unknown = set(names) - {check.name for check in known}
    if unknown:
        raise UnknownCheck(f"There is no check {', '.join(sorted(unknown))}.")
    return tuple(check for check in known if not names or check.name in names)


def examine(names: Sequence[str] = (), tell: Callable[[int, int, str], None] | None = None) -> Report:
    """Ask every check, or those of these names, in one read-only snapshot.

    Inside a transaction it sees what the transaction sees. tell: is told the place, of how many, and the name of each.

    Raises UnknownCheck.
    """
    asked = checks(names)
    with _snapshot() as cursor:
        started_at = _clock(cursor)
        findings = []
        for place, check in enumerate(asked, start=1):
            if tell is not None:
                tell(place, len(asked), check.name)
            findings.append(_ask(cursor, check))
        counts = _counts(cursor)
        return Report(started_at, _clock(cursor), tuple(findings), counts)


def findings(names: Sequence[str] = ()) -> tuple[Finding, ...]:
    """What is wrong with the books now: a finding for each check that found a lie, none where all holds."""
    return examine(names).lies


def run() -> AuditRun:
    """Audit everything and keep the result."""
    return keep(examine())


@transaction.atomic
def keep(report: Report) -> AuditRun:
    """Keep the result of an audit of everything, for the admin to show; what failed has a row in the inbox."""
    kept = AuditRun.objects.create(
        started_at=report.started_at,
        finished_at=report.finished_at,
        is_clean=report.is_clean,
        findings=[lie for finding in report.lies for lie in told(finding)],
        counts={
            "checks": len(report.findings),
            **report.counts,
            **{f"note_{finding.check.name}": finding.check.says for finding in report.notes},
        },
    )
    _tell(report, kept)
    return kept


def _tell(report: Report, kept: AuditRun) -> None:
    """Raise what does not hold any more, and settle what holds again."""
    for finding in report.lies:
        count = f"{len(finding.lies)}{' or more' if finding.has_more else ''}"
        inbox.raise_item(
            Raised(
                rule=InboxItem.Rule.BOOKS,
                subject=finding.check.name,
                title=f"The audit's check {finding.check.name} failed",
                detail=f"{finding.check.says} {finding.fault or f'It is otherwise in {count}.'}",
                link=f"kernel/auditrun/{kept.pk}/change/",
            )
        )
    failed = {finding.check.name for finding in report.lies}
    for subject in (
        InboxItem.objects.unresolved().filter(rule=InboxItem.Rule.BOOKS).values_list("subject", flat=True)
    ):
        if subject not in failed:
            inbox.settle_item(
                rule=InboxItem.Rule.BOOKS, subject=subject, said="The next audit found it right."
            )


def told(finding: Finding) -> list[dict[str, Any]]:
    """A finding as it is kept and sent: a dictionary a lie, in words that JSON knows."""
    about = {
        "check": finding.check.name,
        "promise": str(finding.check.promise),
        "says": finding.check.says,
    }
    if finding.fault:
        return [{**about, "fault": finding.fault}]
    return [{**about, "row": {name: plainly(value) for name, value in lie.items()}} for lie in finding.lies]


def plainly(value: Any) -> Any:
    """A column's value as JSON knows it; amounts as text, never through a float."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return [plainly(each) for each in value] if isinstance(value, list | tuple) else value


@contextmanager
def _snapshot() -> Iterator[Any]:
    """A cursor that sees one state of the database, writes nothing and may take its time.

    Every check reads whole tables, so they are joined by hash. What old statistics suggest, nested loops or a merge by
    account alone, would compare the rows of a hot wallet each with every one.
    """
    is_own = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if is_own:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(
            "SELECT set_config('statement_timeout', '0', true), set_config('transaction_timeout', '0', true),"
            " set_config('work_mem', '128MB', true),"
            " set_config('jit', 'off', true), set_config('enable_nestloop', 'off', true),"
            " set_config('enable_mergejoin', 'off', true),"
            " set_config('audit.app_role', %s, true)",
            [settings.DATABASE_APP_ROLE],
        )
        cursor.execute("SAVEPOINT before_the_checks")
        yield cursor


def _ask(cursor: Any, check: Check) -> Finding:
    """One check's finding. A check that cannot be asked, as of a table that is gone, is a lie of its own."""
    began = monotonic()
    try:
        bound = "" if check.is_lie else f" LIMIT {MOST_LIES + 1}"
        cursor.execute(f"SELECT * FROM ({check.sql}) AS lies{bound}")
        names = [column.name for column in cursor.description]
        rows = (dict(zip(names, row, strict=True)) for row in cursor.fetchall())
        lies = list(islice((row for row in rows if check.is_lie is None or check.is_lie(row)), MOST_LIES + 1))
    except DatabaseError as fault:
        cursor.execute("ROLLBACK TO SAVEPOINT before_the_checks")
        return Finding(check, (), False, monotonic() - began, str(fault).strip())
    return Finding(check, tuple(lies[:MOST_LIES]), len(lies) > MOST_LIES, monotonic() - began)


def _counts(cursor: Any) -> dict[str, int]:
    listed = ", ".join(f"(SELECT count(*) FROM {rows}) AS {name}" for name, rows in COUNTED.items())
    cursor.execute(f"SELECT {listed}")
    return dict(zip(COUNTED, cursor.fetchone(), strict=True))


def _clock(cursor: Any) -> datetime:
    cursor.execute("SELECT clock_timestamp()")
    moment: datetime = cursor.fetchone()[0]
    return moment
