"""Top-ups: what accounts bought by themselves, what waits for its payment, and what was refused and why."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from billing.models import TopUp
from config.desk.desks import ReadOnlyDesk
from config.desk.lists import Between
from config.desk.templatetags.desk import badge, link_to, moment, tokens
from config.kernel.money import in_currency

TONES = {"pending": "wait", "bought": "good", "refused": "bad", "cancelled": ""}


@admin.register(TopUp)
class TopUpDesk(ReadOnlyDesk):
    purpose = (
        "Packs that accounts bought by themselves when their tokens ran low, and those that wait for payment. "
        "Begin at an account: tab Top-ups, which pack to buy below which number, at most how often."
    )
    begins_at_an_account = True
    file_columns = {
        "reached_at": "reached_at",
        "account": "account__reference",
        "sku": "sku",
        "quantity": "quantity",
        "tokens": "tokens",
        "amount": "amount",
        "currency": "currency",
        "state": "state",
        "available": "available",
        "threshold": "threshold",
        "reason": "reason",
        "settled_at": "settled_at",
        "settled_by": "settled_by",
        "id": "id",
    }
    list_display = ["when", "whose", "packs", "cost", "place", "state_shown", "why"]
    list_display_links = None
    list_filter = [("reached_at", Between), "state"]
    list_select_related = ["account", "rule__unit"]
    ordering = ["-id"]
    search_fields = ["account__reference", "sku"]
    search_help_text = "Account's reference, or SKU"

    def has_view_permission(self, request: HttpRequest, obj: TopUp | None = None) -> bool:
        """The list; one of them is shown on its account's page."""
        return obj is None and super().has_view_permission(request, obj)

    @admin.display(description="Reached", ordering="id")
    def when(self, top_up: TopUp) -> str:
        return moment(top_up.reached_at)

    @admin.display(description="Account")
    def whose(self, top_up: TopUp) -> SafeString:
        query = f"?tab=top_ups&unit={top_up.rule.unit.code}"
        return link_to("wallets_account", top_up.account_id, top_up.account, query)

    @admin.display(description="Packs")
    def packs(self, top_up: TopUp) -> str:
        return f"{top_up}, {tokens(top_up.tokens)} {top_up.rule.unit}" if top_up.quantity else top_up.sku

    @admin.display(description="Amount")
    def cost(self, top_up: TopUp) -> str:
        return in_currency(top_up.amount, top_up.currency) if top_up.quantity else "–"

    @admin.display(description="Of its window")
    def place(self, top_up: TopUp) -> str:
        return f"{top_up.number} of {top_up.most} {top_up.get_window_display()}"

    @admin.display(description="State")
    def state_shown(self, top_up: TopUp) -> SafeString:
        return badge(top_up.get_state_display().lower(), TONES[top_up.state])

    @admin.display(description="Why")
    def why(self, top_up: TopUp) -> str:
        return top_up.reason or "–"
