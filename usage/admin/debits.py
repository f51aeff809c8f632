"""Charges, to look at; and the page that explains one from what was stored with it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils.safestring import SafeString

from config.desk.desks import ReadOnlyDesk
from config.desk.lists import Between, Sought, identity_in
from config.desk.pages import DeskPage
from config.desk.templatetags.desk import badge, link_to, moment, tokens
from usage.models import BeyondPolicy, Claim, Debit, DebitLine, HoldStep, Judgement, Reversal
from usage.queries.claimed import effects_of
from usage.queries.corrections import made_of, made_since
from usage.queries.explanations import explain
from usage.queries.lines import with_prices
from usage.queries.rulings import rulings_of
from usage.rules.events import KEY, event_of
from wallets.models import Entry
from wallets.queries.accounts import meant_by

DECIDING = {"entitlement", "budget", "throttle", "ladder", "policy"}
"""Steps of an explanation that say why the debit was let through."""

RECKONED = {"tiers", "override"}
"""What the explanation of a line has whose rate does not tell its price."""


class DebitPage(DeskPage):
    """Why a debit came to what it came to: items, rates, draws, policy, before and after."""

    permissions = ("usage.view_debit",)
    template_name = "desk/usage/debit.html"

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        rows = Debit.objects.select_related(
            "account", "product", "api_key", "table", "version", "unit", "wallet"
        )
        self.debit = get_object_or_404(rows, pk=object_id)

    def title(self) -> str:
        return f"Debit of {tokens(self.debit.tokens)} {self.debit.unit}"

    def context(self) -> dict[str, Any]:
        debit = self.debit
        entries = Entry.objects.filter(cause_id=debit.pk, account_id=debit.account_id).select_related(
            "grant", "overage"
        )
        drawn = list(entries.order_by("number"))
        steps = explain(debit.pk)["steps"]
        reasons = {step["grant"]: step.get("reason", "") for step in steps if step["step"] == "draw"}
        for entry in drawn:
            entry.reason = reasons.get(str(entry.grant_id), "")  # type: ignore[attr-defined]
        step = HoldStep.objects.filter(debit_id=debit.pk, account_id=debit.account_id).first()
        judged = Judgement.objects.filter(debit_id=debit.pk, account_id=debit.account_id).first()
        return {
            "hold": step.hold_id if step else None,
            "steps": steps,
            "decided": [step for step in steps if step["step"] in DECIDING],
            "rulings": rulings_of(judged.figures if judged else None),
            "agrees": all(step.get("agrees", True) for step in steps),
            "debit": debit,
            "lines": _lines(debit, steps),
            "covers": [step for step in steps if step["step"] == "allowance"],
            "entries": drawn,
            "before": drawn[0].balance_before if drawn else None,
            "after": drawn[-1].balance_after if drawn else None,
            "floor": drawn[0].floor if drawn else None,
            "event_id": event_of(debit.key),
            "made": made_of(debit),
            "since": made_since(debit),
            "mark": BeyondPolicy.objects.filter(debit_id=debit.pk, account_id=debit.account_id).first(),
            "claim": Claim.objects.filter(
                account_id=debit.account_id, product_id=debit.product_id, key=debit.key
            ).first(),
            **_given_back(debit),
        }


def _given_back(debit: Debit) -> dict[str, Any]:
    """Its reversals, and whether another could follow: one of nothing is given back once, as a whole."""
    reversals = list(
        Reversal.objects.filter(debit_id=debit.pk, account_id=debit.account_id).order_by("recorded_at")
    )
    left = debit.tokens - sum(each.tokens for each in reversals)
    return {
        "reversals": reversals,
        "given_back": bool(reversals),
        "can_be_given_back": left > 0 or not reversals,
    }


def _lines(debit: Debit, steps: list[dict[str, Any]]) -> list[DebitLine]:
    """The lines, with the reckoning of those whose price is not their rate's alone."""
    rows = DebitLine.objects.filter(debit_id=debit.pk, account_id=debit.account_id)
    lines = list(with_prices(rows.order_by("position")))
    for line, step in zip(lines, (each for each in steps if each["step"] == "price"), strict=False):
        is_plain = not RECKONED.intersection(step) and "formula" not in step["rate"]
        line.reckoned = "" if is_plain else step["text"]  # type: ignore[attr-defined]
    return lines


@admin.register(Debit)
class DebitDesk(Sought, ReadOnlyDesk):
    purpose = (
        "Every charge of usage. Open one to see its prices, which grants paid, and what limits and policies "
        "said."
    )
    file_columns = {
        "recorded_at": "recorded_at",
        "occurred_at": "occurred_at",
        "account": "account__reference",
        "product": "product__code",
        "token": "unit__code",
        "outcome": "outcome",
        "tokens": "tokens",
        "overage": "overage",
        "available_after": "available_after",
        "rate_table": "table__code",
        "version": "version__number",
        "subject": "subject",
        "metadata": "metadata",
        "key": "key",
        "id": "id",
    }
    list_display = ["recorded", "customer", "charged", "how", "rate", "product", "left"]
    list_display_links = ["recorded"]
    list_filter = [("recorded_at", Between), "outcome", "product"]
    list_select_related = ["account", "product", "table", "version", "unit"]
    search_fields = ["=account__reference"]
    search_help_text = "An account, the id of a debit or usage event, or the call's idempotency key"
    ordering = ["-id"]

    def get_urls(self) -> list[URLPattern]:
        return [self.page("<uuid:object_id>/change/", DebitPage, "change"), *super().get_urls()]

    def sought(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        identity = identity_in(text)
        named = effects_of(text, Claim.Effect.DEBIT)
        if identity:
            named += [identity, *effects_of(f"{KEY}{identity}", Claim.Effect.DEBIT)]
        of_accounts = Q(account__in=meant_by(text))
        return rows.filter((of_accounts | Q(pk__in=named)) if named else of_accounts)

    @admin.display(description="Recorded")
    def recorded(self, debit: Debit) -> str:
        return moment(debit.recorded_at)

    @admin.display(description="Account")
    def customer(self, debit: Debit) -> SafeString:
        return link_to("wallets_account", debit.account_id, debit.account)

    @admin.display(description="Tokens")
    def charged(self, debit: Debit) -> str:
        return f"{tokens(debit.tokens)} {debit.unit}"

    @admin.display(description="Outcome")
    def how(self, debit: Debit) -> SafeString:
        return badge(debit.outcome)

    @admin.display(description="Rate")
    def rate(self, debit: Debit) -> str:
        return f"{debit.table.code} {debit.version}"

    @admin.display(description="Available after")
    def left(self, debit: Debit) -> str:
        return tokens(debit.available_after)
