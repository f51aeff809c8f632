"""The pictures of the usage page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from billing.queries.usage_figures import Adoption, Peaks
from billing.queries.usage_prices import PriceHistory, Sold
from billing.queries.usage_scope import Scope
from billing.rules.daily_burn import DailyBurn
from config.desk import charts, curves, heat

HOURS_DRAWN, LABELS = 31 * 24, 7
NOTHING = Decimal(0)


def burnt(burn: DailyBurn) -> charts.Sizes:
    """What a day took back more than it took is drawn as nothing."""
    series = [(name, [max(each, NOTHING) for each in amounts]) for name, amounts in burn.series]
    return charts.columns([said(day) for day in burn.days], series)


def map_of(peaks: Peaks) -> heat.HeatSizes:
    return heat.week(peaks.mean)


def timeline(peaks: Peaks, scope: Scope) -> charts.Sizes:
    """Hour by hour; of more than a month the busiest hour of each day."""
    points = [(at, max(tokens, NOTHING)) for at, tokens in peaks.hours]
    if len(points) > HOURS_DRAWN:
        points = busiest_of_days(points, ZoneInfo(scope.view.zone))
    length = scope.span.until - scope.span.since
    placed = [((at - scope.span.since) / length, tokens) for at, tokens in points]
    return charts.stepped(placed, _labels(scope), height=160)


def busiest_of_days(
    points: Sequence[tuple[datetime, Decimal]], zone: ZoneInfo
) -> list[tuple[datetime, Decimal]]:
    """The first hour of each day of a time zone, with what its busiest came to."""
    busiest: dict[date, tuple[datetime, Decimal]] = {}
    for at, tokens in points:
        first, most = busiest.setdefault(at.astimezone(zone).date(), (at, tokens))
        busiest[at.astimezone(zone).date()] = (first, max(most, tokens))
    return list(busiest.values())


def adopted(adoption: Adoption) -> charts.Sizes:
    """Accounts a week, of them those that are new."""
    last = max((each.week for each in adoption.weeks), default=0)
    weeks = {each.week: each for each in adoption.weeks}
    new = [Decimal(weeks[n].newcomers) if n in weeks else NOTHING for n in range(last + 1)]
    back = [Decimal(weeks[n].accounts) - new[n] if n in weeks else NOTHING for n in range(last + 1)]
    series = [("used it before", back), ("new", new)]
    return charts.columns([f"week {n + 1}" for n in range(last + 1)], series, height=160)


def priced(history: PriceHistory, scope: Scope) -> curves.CurveSizes | None:
    """What a unit was sold for and cost, with gaps where it was not used, and each version marked."""
    if not history.days:
        return None
    length = scope.span.until - scope.span.since
    first = scope.span.since.astimezone(ZoneInfo(scope.view.zone)).date()
    days = max(length / timedelta(days=1), 1.0)

    def place(day: date) -> float:
        return min(max(((day - first).days + 0.5) / days, 0.0), 1.0)

    known = dict(history.days)
    every = [
        history.days[0][0] + timedelta(days=n)
        for n in range((history.days[-1][0] - history.days[0][0]).days + 1)
    ]
    unused = Sold()
    sold = [(place(day), known.get(day, unused).price_at(history.worth.token)) for day in every]
    cost = [(place(day), known.get(day, unused).unit_cost) for day in every]
    marks = [
        charts.Event((each.since - scope.span.since) / length, True, f"{each.version.table} {each.version}")
        for each in history.stretches
        if each.version
    ]
    return curves.curves([("sold for", sold), ("costs us", cost)], _labels(scope), marks)


def _labels(scope: Scope) -> list[str]:
    """Days of the view's time zone, from the first to the last."""
    place, length = ZoneInfo(scope.view.zone), scope.span.until - scope.span.since
    moments = (scope.span.since + length * n / (LABELS - 1) for n in range(LABELS))
    return [said(each.astimezone(place).date()) for each in moments]


def said(day: date) -> str:
    return f"{day.day} {day:%b}"


def hour_said(at: datetime, zone: str) -> str:
    """When an hour began, on the clocks of a time zone."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {said(local.date())}, {local:%H:%M}"
