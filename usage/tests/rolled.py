"""Roll-ups for tests: rolled up now, and added up again from the rows in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from pricing.models import Feature, Rate
from usage.models import (
    Debit,
    Denial,
    RefusalNote,
    Reversal,
    RollUps,
    Series,
    UsageDay,
    UsageMix,
    UsageSlot,
)
from usage.queries.audit_rollups import ROLLUPS
from usage.queries.rolled import rolled
from usage.services import rolling
from wallets.models import Account

MEASURES = ("quantity", "covered", "tokens", "cost", "uncosted", "calls", "items", "refused")
NOTHING = Decimal(0)
QUARTER = timedelta(minutes=15)
Cells = dict[tuple[Any, ...], list[Decimal]]


def roll_up(most: int = rolling.A_SLICE) -> None:
    """Roll until all that is committed by now is in. Transactions of other tests end in their time.

    What the test's own transaction wrote is not committed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT least(pg_snapshot_xmax(pg_current_snapshot())::text::bigint,"
            " pg_current_xact_id_if_assigned()::text::bigint)"
        )
        (ended,) = cursor.fetchone()
    while RollUps.objects.get().since < ended or RefusalNote.objects.exists():
        rolling.roll(5, most)


def roll_up_yesterday() -> None:
    """Roll until the day before is in, as the product can tell: a reading knows of the one before it."""
    while not rolled().has_yesterday:
        rolling.roll(5)


@dataclass(frozen=True)
class _Part:
    """What one row adds."""

    occurred_at: datetime
    recorded_at: datetime
    product: int
    feature: int
    unit: int
    currency: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()
    subject: dict[str, str] = field(default_factory=dict)
    figures: tuple[Decimal | int, ...] = ()


def cells_of_rows(account_id: UUID, *, by_instant: bool = False) -> Cells:
    """By series, quarter of an hour (or instant) and mix, from debits, reversals and refusals as they stand."""
    found: Cells = defaultdict(lambda: [NOTHING] * len(MEASURES))
    for part in _parts(account_id):
        for series in Series:
            by_subject = series in (Series.OCCURRED_BY_SUBJECT, Series.RECORDED_BY_SUBJECT)
            occurs = series in (Series.OCCURRED, Series.OCCURRED_BY_SUBJECT)
            at = part.occurred_at if occurs else part.recorded_at
            at = at if by_instant else _quarter(at)
            who = (part.subject.get("user"), part.subject.get("team")) if by_subject else (None, None)
            what = (part.product, part.feature, part.unit, part.currency, part.dimensions)
            cell = found[(series.value, at, *what, *who)]
            for place, figure in enumerate(part.figures):
                cell[place] += figure
    return _told(found)


def _parts(account_id: UUID) -> Iterator[_Part]:
    rates = {rate.pk: rate for rate in Rate.objects.all()}
    for debit in Debit.objects.filter(account_id=account_id).prefetch_related("lines"):
        yield from _lines(debit, rates, debit.recorded_at, 1, {})
    for back in Reversal.objects.filter(account_id=account_id).select_related("debit"):
        taken = dict(back.lines.values_list("position", "tokens"))
        yield from _lines(back.debit, rates, back.recorded_at, -1 if back.is_whole else 0, taken)
    for denial in Denial.objects.filter(account_id=account_id):
        yield _refused(denial)


def _lines(
    debit: Debit, rates: dict[int, Rate], recorded_at: datetime, sign: int, taken: dict[int, Decimal]
) -> Iterator[_Part]:
    for line in debit.lines.all():
        rate = rates[line.rate_id]
        knows = line.cost is not None or rate.cost is not None
        cost = line.cost if line.cost is not None else line.quantity * (rate.cost or 0)
        currency = line.cost_currency or (rate.cost_currency if line.cost is None else "") or ""
        figures = (
            sign * line.quantity,
            sign * line.covered_quantity,
            line.tokens if sign == 1 else -taken.get(line.position, NOTHING),
            sign * (cost or NOTHING),
            NOTHING if knows else sign * line.quantity,
            sign if line.position == 1 else 0,
            sign,
            0,
        )
        what = (debit.product_id, line.feature_id, debit.unit_id, currency)
        yield _Part(
            debit.occurred_at, recorded_at, *what, _sorted(line.dimensions), debit.subject or {}, figures
        )


def _refused(denial: Denial) -> _Part:
    feature = Feature.objects.filter(code=denial.feature).first()
    items = [each for each in denial.request.get("items", []) if each["feature"] == denial.feature]
    dimensions = items[0].get("dimensions") or {} if items else {}
    at, figures = denial.first_at, (*(0,) * 7, denial.count)
    subject = denial.request.get("subject") or {}
    what = (denial.product_id, feature.pk if feature else 0, 0, "")
    return _Part(at, at, *what, _sorted(dimensions), subject, figures)


def rolled_cells(account_id: UUID) -> Cells:
    """The same, as the roll-ups have it."""
    mixes = _mixes(account_id)
    rows = UsageSlot.objects.filter(account_id=account_id).values_list(
        "series", "slot_at", "mix_id", *MEASURES
    )
    return _told({(series, at, *mixes[mix]): figures for series, at, mix, *figures in rows})


def rolled_days(account_id: UUID) -> Cells:
    mixes = _mixes(account_id)
    rows = UsageDay.objects.filter(account_id=account_id).values_list("series", "day", "mix_id", *MEASURES)
    return _told({(series, day, *mixes[mix]): figures for series, day, mix, *figures in rows})


def in_days(cells: Cells) -> Cells:
    """Quarters of an hour as days of UTC."""
    found: Cells = defaultdict(lambda: [NOTHING] * len(MEASURES))
    for (series, at, *mix), figures in cells.items():
        cell = found[(series, at.astimezone(UTC).date(), *mix)]
        for place, figure in enumerate(figures):
            cell[place] += figure
    return _told(found)


def agree(account: Account) -> bool:
    """Whether quarters of an hour and days are what the rows come to."""
    raw = cells_of_rows(account.pk)
    return rolled_cells(account.pk) == raw and rolled_days(account.pk) == in_days(raw)


def lies() -> list[str]:
    """The checks of roll-ups that find one."""
    found = []
    with connection.cursor() as cursor:
        for check in ROLLUPS:
            cursor.execute(check.sql)
            found += [check.name] * bool(cursor.fetchone())
    return found


def _mixes(account_id: UUID) -> dict[UUID, tuple[Any, ...]]:
    return {
        each.id: (
            *(each.product_id, each.feature_id, each.unit_id, each.cost_currency),
            *(_sorted(each.dimensions), each.user, each.team),
        )
        for each in UsageMix.objects.filter(account_id=account_id)
    }


def _told(cells: Cells) -> Cells:
    """Without cells that came to nothing."""
    return {key: [Decimal(each) for each in figures] for key, figures in cells.items() if any(figures)}


def _sorted(dimensions: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(dimensions.items()))


def _quarter(at: datetime) -> datetime:
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


def total(cells: Cells, series: Series, measure: str) -> Decimal:
    """One measure of one series over all cells."""
    place = MEASURES.index(measure)
    return sum(_of(cells, series, place), NOTHING)


def _of(cells: Cells, series: Series, place: int) -> Iterable[Decimal]:
    return (figures[place] for key, figures in cells.items() if key[0] == series.value)
