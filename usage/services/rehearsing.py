"""Rehearsals: what recorded usage would have cost at other prices, worked out beside everything else."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.contrib.auth.models import User
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import F, Q, Sum
from psycopg.errors import QueryCanceled

from pricing.models import Version
from pricing.queries.pricebook import any_version
from usage.errors import DraftGone, PeriodRefused, RehearsalOver, RehearsalUnderWay
from usage.models import Rehearsal, RehearsalLine, RehearsalState
from usage.queries.moments import database_clock
from usage.queries.recorded import cuts, lines_by_account
from usage.queries.repricing import Rated, Repricing
from usage.rules.rehearsing import Carried, Scope, Slice, parts, slices

LINES_A_SLICE = 50_000
SECONDS_A_STATEMENT = 120
TRIES_AT_MOST = 3
SILENT_FOR = timedelta(seconds=60)
"""After how long a silence a rehearsal is taken up again: its bell was lost, or its worker."""

log = logging.getLogger(__name__)


def ask(
    *,
    version: Version,
    since: datetime,
    until: datetime,
    note: str = "",
    user: User | None = None,
    now: datetime | None = None,
) -> Rehearsal:
    """Have the usage of the version's rate table that occurred in a period put at the version's prices.

    Only what is recorded by now counts. until: at most now. now: null in production.

    Raises PeriodRefused.
    """
    moment = now or database_clock()
    until = min(until, moment)
    if since >= until:
        raise PeriodRefused.at("/since", "The period begins before it ends, and before now.")
    return Rehearsal.objects.create(
        table_id=version.table_id,
        version=version,
        number=version.number,
        revision=version.revision,
        note=note,
        since=since,
        until=until,
        asked_at=moment,
        asked_by=user,
    )


def work(rehearsal_id: int, seconds: float) -> bool:
    """Rate slice after slice for about so many seconds; answers whether some are left.

    Safe to run twice, and together with itself: a slice counts once, with its progress. Nothing is locked meanwhile.
    """
    ends = monotonic() + seconds
    rehearsal = _begun(rehearsal_id)
    if rehearsal is None:
        return False
    with _ends_in_a_reason(rehearsal):
        scope = _scope(rehearsal)
        repricing = _repricing(rehearsal)
        if not rehearsal.plan and not _plan(rehearsal, scope):
            return False
        while rehearsal.place < len(rehearsal.plan):
            if not _rate(rehearsal, scope, repricing):
                return False
            if monotonic() >= ends:
                break
        if rehearsal.place < len(rehearsal.plan):
            return True
        _finish(rehearsal)
    return False


@transaction.atomic
def cancel(*, rehearsal: Rehearsal) -> None:
    """Let a rehearsal that is under way come to nothing: the slice at hand is the last, and what it rated goes.

    Raises RehearsalOver.
    """
    if not _end(rehearsal.pk, RehearsalState.CANCELLED):
        raise RehearsalOver()
    RehearsalLine.objects.filter(rehearsal_id=rehearsal.pk).delete()


@transaction.atomic
def discard(*, rehearsal: Rehearsal) -> None:
    """Remove a rehearsal and all it found.

    Raises RehearsalUnderWay.
    """
    if Rehearsal.objects.under_way().filter(pk=rehearsal.pk).exists():
        raise RehearsalUnderWay()
    rehearsal.delete()


@transaction.atomic
def due() -> list[int]:
    """The rehearsals that a worker must be told of: new ones, and those of which nothing was heard for a minute."""
    moment = database_clock()
    rows = Rehearsal.objects.under_way().filter(Q(worked_at=None) | Q(worked_at__lt=moment - SILENT_FOR))
    found = list(rows.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True))
    Rehearsal.objects.filter(pk__in=found).update(worked_at=moment)
    return found


def _begun(rehearsal_id: int) -> Rehearsal | None:
    """The rehearsal, once more tried at its place; None where it is over, or was tried too often."""
    tried = Rehearsal.objects.under_way().filter(pk=rehearsal_id)
    if not tried.update(state=RehearsalState.RUNNING, tries=F("tries") + 1, worked_at=database_clock()):
        return None
    rehearsal = Rehearsal.objects.get(pk=rehearsal_id)
    if rehearsal.tries > TRIES_AT_MOST:
        _end(
            rehearsal_id,
            RehearsalState.FAILED,
            fault=f"The worker was stopped {TRIES_AT_MOST} times at one place.",
        )
        return None
    return rehearsal


def _scope(rehearsal: Rehearsal) -> Scope:
    return Scope(rehearsal.table_id, rehearsal.since, rehearsal.until, rehearsal.asked_at)


def _repricing(rehearsal: Rehearsal) -> Repricing:
    """The prices to be rehearsed, as they were when it was asked for. Raises DraftGone."""
    book = any_version(rehearsal.table_id, rehearsal.number)
    version = rehearsal.version
    if book is None or version is None or book.version_id != version.pk:  # a number goes to the next draft
        raise DraftGone("The draft was thrown away before it was rehearsed.")
    if version.revision != rehearsal.revision:
        raise DraftGone("The draft was edited before it was rehearsed; rehearse it again.")
    return Repricing(book, rehearsal.asked_at)


def _plan(rehearsal: Rehearsal, scope: Scope) -> bool:
    """Cut the usage into slices, once; answers whether they are to be rated here."""
    with _patient():
        found: list[Slice] = []
        for each in slices(lines_by_account(scope), LINES_A_SLICE):
            is_one = each.first == each.last and each.lines > LINES_A_SLICE
            found += parts(each, cuts(scope, each.first, LINES_A_SLICE // 2)) if is_one else [each]
    rehearsal.plan = [each.as_json() for each in found]
    rehearsal.lines_total = sum(each.lines for each in found)
    return _moved_on(rehearsal, plan=rehearsal.plan, lines_total=rehearsal.lines_total)


def _rate(rehearsal: Rehearsal, scope: Scope, repricing: Repricing) -> bool:
    """Rate the next slice; answers whether it counted: another worker may have been first, or somebody cancelled."""
    part = Slice.from_json(rehearsal.plan[rehearsal.place])
    carried = [Carried.from_json(each) for each in rehearsal.carried]
    with _patient():
        rows, carried = repricing.rated(scope, part, carried)
        _add(rehearsal, rows)
        after = rehearsal.place + 1
        follows = after < len(rehearsal.plan) and Slice.from_json(rehearsal.plan[after]).first == part.first
        kept = [each.as_json() for each in carried] if follows else []
        done = rehearsal.lines_done + part.lines
        is_counted = _moved_on(rehearsal, place=after, lines_done=done, carried=kept)
        if not is_counted:
            transaction.set_rollback(True)
    rehearsal.place, rehearsal.lines_done, rehearsal.carried = after, done, kept
    return is_counted


def _moved_on(rehearsal: Rehearsal, **news: Any) -> bool:
    """Write progress down, unless the rehearsal is over or stands elsewhere by now."""
    same = Q(state=RehearsalState.RUNNING, place=rehearsal.place)
    rows = Rehearsal.objects.filter(same, pk=rehearsal.pk)
    return bool(rows.update(**news, tries=0, worked_at=database_clock()))


def _add(rehearsal: Rehearsal, rows: Sequence[Rated]) -> None:
    """Add what a slice came to; an account may have been in an earlier one."""
    if not rows:
        return
    columns = [list(column) for column in zip(*map(astuple, rows), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [rehearsal.pk, *columns])


@transaction.atomic
def _finish(rehearsal: Rehearsal) -> None:
    """Write down what it all came to."""
    priced = F("tokens_before") - F("unpriced_tokens")
    sums = rehearsal.lines.aggregate(tokens_before=Sum(priced), tokens_after=Sum("tokens_after"))
    _end(rehearsal.pk, RehearsalState.DONE, **{name: tokens or 0 for name, tokens in sums.items()})


def _end(rehearsal_id: int, state: str, **told: Any) -> bool:
    rows = Rehearsal.objects.under_way().filter(pk=rehearsal_id)
    return bool(rows.update(state=state, **told, finished_at=database_clock(), plan=[], carried=[]))


@contextmanager
def _patient() -> Iterator[None]:
    """A transaction whose statements may take their time."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true), set_config('work_mem', '64MB', true)",
            [f"{SECONDS_A_STATEMENT}s"],
        )
        yield


@contextmanager
def _ends_in_a_reason(rehearsal: Rehearsal) -> Iterator[None]:
    """Write down why a rehearsal can't go on. What only this connection met is tried again."""
    try:
        yield
    except DraftGone as refusal:
        _end(rehearsal.pk, RehearsalState.FAILED, fault=refusal.detail)
    except OperationalError as fault:
        if not isinstance(fault.__cause__, QueryCanceled):
            raise
        log.warning("rehearsal %s took too long", rehearsal.pk)
        _end(
            rehearsal.pk,
            RehearsalState.FAILED,
            fault=f"A part took longer than {SECONDS_A_STATEMENT} seconds.",
        )
    except (DatabaseError, ArithmeticError, ValueError) as fault:
        log.exception("rehearsal %s failed", rehearsal.pk)
        _end(rehearsal.pk, RehearsalState.FAILED, fault=f"{type(fault).__name__}: {fault}"[:1000])


_SUMS = (
    *("lines", "quantity", "tokens_before", "tokens_after", "unpriced_lines", "unpriced_tokens"),
    *("cost_before", "costed_before", "cost_after", "costed_after"),
)
_ADD = f"""
    INSERT INTO usage_rehearsalline AS line (rehearsal_id, account_id, feature_id, {", ".join(_SUMS)})
    SELECT %s, * FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[],
        %s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[])
    ON CONFLICT (rehearsal_id, account_id, feature_id) DO UPDATE
    SET {", ".join(f"{name} = line.{name} + EXCLUDED.{name}" for name in _SUMS)}
"""
