"""The page of one account: a head that stays, cards, and a tab for each question."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone

from billing.admin import account_limits, account_seats, account_top_ups
from billing.queries import account_page, account_usage, burn, history, sentences
from billing.queries.account_terms import terms_lines
from billing.queries.connection_records import links_of
from billing.queries.grant_events import GrantEvent, grant_events
from billing.queries.order_money import billing_of
from billing.queries.orders import present_versions
from config.desk import charts
from config.desk.pages import DeskPage
from config.desk.whom import others_may
from config.kernel.utc import midnight
from usage.models import Policy
from usage.queries.own_prices import overrides_ahead, overrides_at, price_lock_at
from usage.queries.rulings import line_of, nearer_rulings, rungs_of
from usage.queries.terms import table_at
from wallets.models import Account, Grant
from wallets.queries.grants import buckets_of, draw_order

TABS = {
    "balance": "Balance",
    "grants": "Grants",
    "ledger": "Ledger",
    "usage": "Usage",
    "limits": "Limits",
    "seats": "Seats",
    "orders": "Orders",
    "top_ups": "Top-ups",
    "terms": "Policy and terms",
    "systems": "Outside systems",
    "history": "History",
}
DEEDS = {
    "wallets.add_grant": "grant tokens, also as goodwill",
    "wallets.extend_grant": "move an expiry",
    "wallets.void_grant": "take a grant back",
    "usage.add_policy": "change the policy",
    "usage.reverse_debit": "give a debit back",
    "usage.release_holdrequest": "release a hold",
    "usage.add_budget": "open a budget",
    "wallets.issue_trial": "issue trial tokens",
    "wallets.change_account": "suspend or close it",
}
"""What people do at an account by the permission that it takes, for those who have to ask somebody else."""
LEDGER_LINES = 40
GRANTS_SHOWN = 60
POLICIES_SHOWN = 50


class AccountPage(DeskPage):
    permissions = ("wallets.view_account",)
    template_name = "desk/account/page.html"

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        self.account = account_or_404(object_id)
        asked = self.request.GET.get("tab", "")
        self.tab = asked if asked in TABS else "balance"
        self.now = timezone.now()

    def title(self) -> str:
        return str(self.account)

    def context(self) -> dict[str, Any]:
        summary = account_page.summary(self.account, self.request.GET.get("unit"), self.now)
        lines = terms_lines(self.account, self.now)
        shown = {
            "account": self.account,
            "summary": summary,
            "spark": charts.sparkline([max(tokens, account_usage.NOTHING) for tokens in summary.burn]),
            "runs_out": summary.runs_out,
            "tab": self.tab,
            "tabs": TABS.items(),
            "unit_query": f"&unit={summary.unit.code}" if len(summary.units) > 1 else "",
            "parts": self.account.parts.order_by("reference")[:20],
            "scheduled": [line for line in lines if line.is_ahead][::-1],
            "terms": lines,
            "others_may": others_may(self.request.user, DEEDS),
            "has_own": any(line.withdrawal is None and line.began_by(self.now) for line in lines),
        }
        return {**shown, **getattr(self, f"_{self.tab}")(summary)}

    def _balance(self, summary: account_page.Summary) -> dict[str, Any]:
        if summary.wallet is None:
            return {"chart": _line([], [], []), "latest": []}
        points = account_page.balance_points(summary.wallet, self.now)
        latest = sentences.ledger_lines(summary.wallet, below=None, limit=6)
        levels = account_page.levels(summary)
        chart = _line(points, grant_events(summary.wallet, self.now), levels)
        return {"chart": chart, "latest": latest, "levels": levels}

    def _grants(self, summary: account_page.Summary) -> dict[str, Any]:
        places = draw_order(self.account.pk, summary.unit.pk, self.now)
        placed = {place.grant.pk for place in places}
        others = Grant.objects.filter(account=self.account, wallet__unit=summary.unit).exclude(pk__in=placed)
        rest = list(others.order_by("-pk")[: GRANTS_SHOWN + 1])
        for grant in [*(place.grant for place in places), *rest]:
            grant.shown = buckets_of(grant, self.now)  # type: ignore[attr-defined]
        return {"places": places, "rest": rest[:GRANTS_SHOWN], "has_more": len(rest) > GRANTS_SHOWN}

    def _ledger(self, summary: account_page.Summary) -> dict[str, Any]:
        asked = self.request.GET.get("below", "")
        below = int(asked) if asked.isdigit() and len(asked) < 18 else None
        lines = (
            sentences.ledger_lines(summary.wallet, below=below, limit=LEDGER_LINES) if summary.wallet else []
        )
        older = lines[-1].entry.number if lines and lines[-1].entry.number > 1 else None
        return {"lines": lines, "older": older, "is_paged": below is not None}

    def _usage(self, summary: account_page.Summary) -> dict[str, Any]:
        days = [f"{n} d" for n in range(len(summary.burn) - 1, -1, -1)]
        days[-1:] = ["today"] if days else []
        drawn = [max(tokens, account_usage.NOTHING) for tokens in summary.burn]
        chart = charts.columns(days, [("tokens", drawn)], height=150)
        today = self.now.astimezone(UTC).date()
        since = midnight(today - timedelta(days=account_usage.CARD_DAYS - 1))
        found = burn.by_feature(self.account.pk, summary.unit.pk, since, self.now)
        return {"features": found.rows if found else None, "burn_chart": chart}

    def _limits(self, _summary: account_page.Summary) -> dict[str, Any]:
        return account_limits.shown(self.account, self.now, self.request.GET.get("budget", "").strip())

    def _seats(self, _summary: account_page.Summary) -> dict[str, Any]:
        return account_seats.shown(self.account, self.now)

    def _orders(self, _summary: account_page.Summary) -> dict[str, Any]:
        return {"orders": present_versions(self.account.pk), "billing": billing_of(self.account.pk)}

    def _top_ups(self, summary: account_page.Summary) -> dict[str, Any]:
        return account_top_ups.shown(self.account, summary)

    def _terms(self, summary: account_page.Summary) -> dict[str, Any]:
        rows = Policy.objects.filter(account=self.account).prefetch_related("steps")
        policies = [(row, rungs_of(row)) for row in rows.order_by("-recorded_at", "-pk")[:POLICIES_SHOWN]]
        return {
            "policies": policies,
            "rules": line_of(summary.ruling),
            "nearer": [] if summary.ruling.scope == "account" else nearer_rulings(),
            **self._own_prices(),
        }

    def _own_prices(self) -> dict[str, Any]:
        """Overrides in force and ahead, and the version that the account stays on."""
        table = table_at(self.account.pk, self.now)
        return {
            "overrides": overrides_at(self.account.pk, self.now),
            "overrides_ahead": overrides_ahead(self.account.pk, self.now),
            "kept": price_lock_at(self.account.pk, table.pk, self.now) if table else None,
        }

    def _systems(self, _summary: account_page.Summary) -> dict[str, Any]:
        return {"links": links_of(self.account)}

    def _history(self, _summary: account_page.Summary) -> dict[str, Any]:
        return {"facts": history.of_account(self.account)}


def account_or_404(object_id: Any) -> Account:
    return get_object_or_404(Account.objects.select_related("parent"), pk=object_id)


def _line(
    points: list[tuple[datetime, Any]], events: list[GrantEvent], levels: list[account_page.Level]
) -> charts.Sizes:
    if not points:
        return charts.stepped([], [])
    first, last = points[0][0], points[-1][0]
    span = max((last - first).total_seconds(), 1)

    def place(at: datetime) -> float:
        return max((at - first).total_seconds() / span, 0)

    placed = [(place(at), amount) for at, amount in points]
    told = [
        charts.Event(place(each.at), each.is_gain, f"{each.at:%-d %b %Y %H:%M} UTC: {each.text}")
        for each in events
    ]
    marks = [first + (last - first) * share / 4 for share in range(5)]
    wording = "%-d %b %H:%M" if span < 3 * 86400 else "%-d %b %Y" if span > 300 * 86400 else "%-d %b"
    return charts.stepped(
        placed,
        _each_once([mark.strftime(wording) for mark in marks]),
        told,
        levels=[(each.tokens, each.says) for each in levels],
    )


def _each_once(labels: list[str]) -> list[str]:
    """Labels along an axis, those empty that say what the one before says."""
    return [label if label != before else "" for before, label in zip(["", *labels], labels, strict=False)]
