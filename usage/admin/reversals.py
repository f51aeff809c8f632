from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from config.desk.desks import ReadOnlyDesk, amount
from config.desk.lists import Between, Sought
from config.desk.templatetags.desk import link_to, moment, tokens
from usage.models import Reversal
from wallets.queries.accounts import meant_by


@admin.register(Reversal)
class ReversalDesk(Sought, ReadOnlyDesk):
    """Tokens of debits given back."""

    purpose = (
        "Charges that were given back, in part or whole, and where the tokens went. One is given back from "
        "the debit's page, or by the product that charged it."
    )
    file_columns = {
        "recorded_at": "recorded_at",
        "account": "account__reference",
        "token": "debit__unit__code",
        "tokens": "tokens",
        "restored": "restored",
        "lapsed": "lapsed",
        "overage": "overage",
        "is_whole": "is_whole",
        "debit": "debit_id",
        "recorded_by": "recorded_by",
        "reason": "reason",
        "id": "id",
    }
    list_display = ["recorded", "customer", "given_back", "came_back", "lapsed_shown", "owed", "why"]
    list_filter = [("recorded_at", Between)]
    list_display_links = ["recorded"]
    list_select_related = ["account"]
    search_fields = ["account__reference"]
    search_help_text = "An account's reference, name or id elsewhere"
    ordering = ["-id"]
    fieldsets = [
        (None, {"fields": ["customer", "of_debit", "reason", "recorded_by", "recorded_at", "is_whole"]}),
        ("Tokens", {"fields": ["given_back", "came_back", "lapsed_shown", "owed"]}),
        ("Balance after", {"fields": ["available_then", "held_then", "overage_then"]}),
    ]

    available_then = amount("available_after", "Available")
    held_then = amount("held_after", "Held")
    overage_then = amount("overage_after", "Overage")

    def sought(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.filter(account__in=meant_by(text))

    @admin.display(description="Recorded")
    def recorded(self, reversal: Reversal) -> str:
        return moment(reversal.recorded_at)

    @admin.display(description="Account")
    def customer(self, reversal: Reversal) -> SafeString:
        return link_to("wallets_account", reversal.account_id, reversal.account)

    @admin.display(description="Debit")
    def of_debit(self, reversal: Reversal) -> SafeString:
        return link_to("usage_debit", reversal.debit_id, reversal.debit_id)

    @admin.display(description="Tokens")
    def given_back(self, reversal: Reversal) -> str:
        return tokens(reversal.tokens)

    @admin.display(description="To grants")
    def came_back(self, reversal: Reversal) -> str:
        return tokens(reversal.restored)

    @admin.display(description="Lapsed")
    def lapsed_shown(self, reversal: Reversal) -> str:
        return tokens(reversal.lapsed)

    @admin.display(description="Overage taken off")
    def owed(self, reversal: Reversal) -> str:
        return tokens(reversal.overage)

    @admin.display(description="Reason")
    def why(self, reversal: Reversal) -> str:
        return reversal.reason[:60] or "–"
