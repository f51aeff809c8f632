"""What an account holds, and what it was spent on."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from billing.portal.frame import BuyerPage
from billing.queries import account_page, burn
from billing.queries.burn import USUAL_DAYS, WINDOWS
from billing.queries.buyer_prices import prices_of
from config.desk import charts
from usage.queries.limits_shown import budgets_of
from usage.queries.rulings import nearer_rulings
from usage.rules import policy_words
from wallets.queries.grants import last_lapse

FEATURES_FIRST = 5


class UnitPage(BuyerPage):
    """A page in one token unit, which the address may name."""

    def find(self, **kwargs: Any) -> None:
        self.summary = account_page.summary(self.account, self.request.GET.get("unit"), self.now)

    def context(self) -> dict[str, Any]:
        summary = self.summary
        several = len(summary.units) > 1
        return {
            "summary": summary,
            "units": summary.units if several else [],
            "unit_query": f"&unit={summary.unit.code}" if several else "",
        }


class Overview(UnitPage):
    name, title, template_name = "overview", "Overview", "my/overview.html"

    def context(self) -> dict[str, Any]:
        summary = self.summary
        kinds = summary.holding.by_kind
        paid = kinds.get("purchase", Decimal(0))
        days = burn.by_day(self.account, summary.unit.pk, self.now, USUAL_DAYS) or []
        since = burn.beginning(self.account, self.now, USUAL_DAYS)
        features = burn.by_feature(self.account.pk, summary.unit.pk, since, self.now)
        return {
            **super().context(),
            "runs_out": summary.runs_out,
            "paid": paid,
            "free": summary.holding.available - paid,
            "kinds": kinds,
            "days": days,
            "chart": charts.columns([f"{day:%-d %b}" for day, _ in days], [("tokens", [n for _, n in days])]),
            "features": features.rows[:FEATURES_FIRST] if features else None,
            "budgets": [each for each in budgets_of(self.account.pk, self.now, most=1) if not each.is_ended],
            "lapsed_at": None if summary.holding.available else self._lapsed_at(),
            "beyond": self._beyond(),
            "coming": prices_of(self.account, self.now).coming[:1],
        }

    def _beyond(self) -> str:
        """What becomes of usage where nothing is available; empty where features or products have policies nearer."""
        ruling = self.summary.ruling
        if self.summary.holding.available or (ruling.scope != "account" and nearer_rulings()):
            return ""
        return policy_words.beyond(ruling.policy)

    def _lapsed_at(self) -> datetime | None:
        return last_lapse(self.account.pk, self.summary.unit.pk, self.now)


class Usage(UnitPage):
    name, title, template_name = "usage", "Usage", "my/usage.html"

    def context(self) -> dict[str, Any]:
        asked = self.request.GET.get("days", "")
        days = int(asked) if asked in {str(each) for each in WINDOWS} else USUAL_DAYS
        since = burn.beginning(self.account, self.now, days)
        mine, unit = self.account.pk, self.summary.unit.pk
        return {
            **super().context(),
            "span": days,
            "spans": WINDOWS,
            "parts": [
                ("Feature", burn.by_feature(mine, unit, since, self.now)),
                ("Team", burn.by_subject(mine, unit, "team", since, self.now)),
                ("User", burn.by_subject(mine, unit, "user", since, self.now)),
            ],
        }
