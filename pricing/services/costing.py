"""Costs: reading a list of them, and writing one by hand that wins over the list until it is withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from config.kernel.errors import FieldError, InvalidRequest
from pricing.errors import CostsBusy, ImportRefused, NothingToWithdraw
from pricing.models import CostImport, CostRate
from pricing.queries.costs import imported_at
from pricing.queries.versions import moment_of_the_database
from pricing.rules.costs import CostChange, CostChanges, CostKey, CostLine, compare, faults, kept
from pricing.rules.litellm import CostList, parse

ERRORS_SHOWN = 100
ROWS_A_STATEMENT = 2_000
_ONE_AT_A_TIME = (7106, 0)


@dataclass(frozen=True, slots=True)
class CostOrder:
    """What is asked: these costs from `effective_from`, null is now.

    text: of LiteLLM's list of model prices. is_partial: what it does not name stays as it is.
    """

    text: str
    file: str
    effective_from: datetime | None = None
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class CostPlan:
    """What reading a list would change, from the instant named."""

    list: CostList
    changes: CostChanges
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class ImportedCosts:
    """What became of a list. `made` is null where it changed nothing."""

    plan: CostPlan
    made: CostImport | None


def plan(order: CostOrder) -> CostPlan:
    """Tell what the list would change, and write nothing.

    Raises ImportRefused.
    """
    read = parse(order.text)
    if read.errors:
        raise _refusal(read)
    starts_at = order.effective_from or moment_of_the_database()
    changes = compare(imported_at(starts_at), read.lines, is_partial=order.is_partial)
    return CostPlan(read, changes, starts_at)


@transaction.atomic
def import_costs(order: CostOrder, *, user: User | None = None, reason: str = "") -> ImportedCosts:
    """Let the list say what models cost from an instant on; all or nothing. What it says already is not written again.

    A cost that the list no longer names ends. What people wrote by hand goes on winning.

    Raises ImportRefused, CostsBusy.
    """
    _wait_for_others()
    planned = plan(order)
    if planned.changes.are_none:
        return ImportedCosts(planned, None)
    recorded_at = moment_of_the_database()
    made = CostImport.objects.create(
        file=order.file,
        digest=sha256(order.text.encode()).hexdigest(),
        is_partial=order.is_partial,
        model_count=planned.list.models,
        line_count=len(planned.list.lines),
        effective_from=planned.effective_from,
        recorded_at=recorded_at,
        set_by=_name_of(user),
        reason=reason,
    )
    rows = (_imported(change, made) for change in _written(planned.changes))
    CostRate.objects.bulk_create(rows, batch_size=ROWS_A_STATEMENT)
    return ImportedCosts(planned, made)


@transaction.atomic
def override(
    line: CostLine, *, reason: str, user: User | None = None, effective_from: datetime | None = None
) -> CostRate:
    """Let a cost be this from an instant on, null is now, whatever lists say, until it is withdrawn.

    Raises InvalidRequest, CostsBusy.
    """
    _check(reason)
    found = faults(line)
    if found:
        raise InvalidRequest(
            found[0].detail, errors=[FieldError(f"/{fault.field}", fault.detail) for fault in found]
        )
    _wait_for_others()
    row = _by_hand(replace(line, cost=kept(line.cost)), effective_from, user, reason)
    row.save(force_insert=True)
    return row


@transaction.atomic
def withdraw(
    key: CostKey, *, reason: str, user: User | None = None, effective_from: datetime | None = None
) -> CostRate:
    """End what people wrote of this cost, from an instant on, null is now. What lists say of it counts again.

    Raises InvalidRequest, NothingToWithdraw, CostsBusy.
    """
    _check(reason)
    _wait_for_others()
    starts_at = effective_from or moment_of_the_database()
    written = CostRate.objects.manual().of(key).begun(starts_at).first()
    if written is None or written.cost is None:
        raise NothingToWithdraw(f"Nobody wrote a cost of {key.title} by hand that could be withdrawn.")
    row = _by_hand(written.line, starts_at, user, reason)
    row.cost = None
    row.save(force_insert=True)
    return row


def _by_hand(line: CostLine, effective_from: datetime | None, user: User | None, reason: str) -> CostRate:
    recorded_at = moment_of_the_database()
    return CostRate.from_line(
        line,
        effective_from=effective_from or recorded_at,
        recorded_at=recorded_at,
        source=CostRate.Source.MANUAL,
        set_by=_name_of(user),
        reason=reason.strip(),
    )


def _written(changes: CostChanges) -> Iterator[CostChange]:
    yield from (*changes.new, *changes.changed, *changes.restated, *changes.gone)


def _imported(change: CostChange, made: CostImport) -> CostRate:
    line = change.new or change.old
    assert line is not None
    row = CostRate.from_line(
        line,
        effective_from=made.effective_from,
        recorded_at=made.recorded_at,
        source=CostRate.Source.IMPORT,
        imported_by=made,
    )
    row.cost = None if change.new is None else row.cost
    return row


def _name_of(user: User | None) -> str:
    return user.get_username() if user else ""


def _check(reason: str) -> None:
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")


def _wait_for_others() -> None:
    """Hold off other writers of costs for the rest of the transaction; nobody who reads or charges waits.

    Raises CostsBusy.
    """
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _ONE_AT_A_TIME)
        except OperationalError as fault:
            if isinstance(fault.__cause__, LockNotAvailable):
                raise CostsBusy("Somebody else is writing costs; try again.") from fault
            raise


def _refusal(read: CostList) -> ImportRefused:
    shown = [FieldError(f"/{each.model}/{each.field}".rstrip("/"), str(each)) for each in read.errors]
    count = "an error" if len(shown) == 1 else f"{len(shown)} errors"
    return ImportRefused(f"The file has {count}; nothing was imported.", errors=shown[:ERRORS_SHOWN])
