"""The first page: what needs a person, then tokens owed, burnt, refused and tried."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from billing.admin import usage_charts
from billing.queries import home, home_usage
from config.desk import heat
from usage.queries.rolled import rolled
from usage.queries.usage_reader import usage_reader

SHOWN_TO = ("wallets.view_account", "wallets.view_grant", "usage.view_debit")
COSTS = "pricing.view_costrate"


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what the home page shows to those who may see it."""
    now = timezone.now()
    if not request.user.has_perms(SHOWN_TO):
        return {**context, "may_see": False}
    return {
        **context,
        "may_see": True,
        "now": now,
        "beginnings": home.beginnings(),
        "attention": home.attention(now),
        "outstanding": home.outstanding(now),
        "trials": home.trials(now),
        "denials": home.newest_denials(),
        **_usage(request, now),
    }


def _usage(request: HttpRequest, now: Any) -> dict[str, Any]:
    """Figures of usage in one token unit, and how late they are."""
    unit, units = home_usage.unit_shown(request.GET.get("unit"))
    reader = usage_reader()
    burn = home_usage.burn(unit, now, reader)
    peaks = home_usage.peaks(unit, now)
    return {
        "unit": unit,
        "units": units,
        "rolled": rolled(),
        "burn": burn,
        "burn_chart": usage_charts.burnt(burn),
        "features": home_usage.top_features(unit, now, reader),
        "peaks": peaks,
        "peak_map": heat.week(peaks.mean),
        "busiest": _said(peaks.busiest),
        "margin": home_usage.margin(now, reader) if request.user.has_perm(COSTS) else None,
    }


def _said(place: tuple[int, int] | None) -> str:
    return f"{heat.WEEKDAYS[place[0]]}s from {place[1]:02d}:00" if place else ""
