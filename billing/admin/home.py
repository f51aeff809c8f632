"""The first page: what needs a person, then tokens owed, burnt, refused and tried."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from billing.queries import home
from config.desk import charts

SHOWN_TO = ("wallets.view_account", "wallets.view_grant", "usage.view_debit")


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what the home page shows to those who may see it."""
    now = timezone.now()
    if not request.user.has_perms(SHOWN_TO):
        return {**context, "may_see": False}
    burn = home.burn(now)
    return {
        **context,
        "may_see": True,
        "now": now,
        "beginnings": home.beginnings(),
        "attention": home.attention(now),
        "outstanding": home.outstanding(now),
        "trials": home.trials(now),
        "burn": burn,
        "burn_chart": _chart(burn) if burn else None,
        "features": home.top_features(now),
        "denials": home.newest_denials(),
    }


def _chart(burn: home.Burn) -> charts.Sizes:
    return charts.columns([f"{day.day} {day:%b}" for day in burn.days], burn.products)
