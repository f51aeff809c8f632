"""The books, to look at: grants and the entries that moved them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.desk.desks import ReadOnlyDesk, amount
from config.desk.lists import Between, Sought
from config.desk.templatetags.desk import badge, day, moment, tokens, words
from wallets.models import Account, Entry, Grant
from wallets.queries.accounts import meant_by
from wallets.queries.entries import LEDGER_COLUMNS


def account_link(account: Account) -> SafeString:
    """The account by name, leading to its page."""
    address = reverse("admin:wallets_account_change", args=[account.pk])
    return format_html('<a class="d-inlist" href="{}">{}</a>', address, account)


@admin.register(Grant)
class GrantDesk(ReadOnlyDesk):
    purpose = (
        "Tokens that an account bought or was given, each lot with its expiry and what is left of it. "
        "Orders, trials and people make them, the last on an account's page."
    )
    file_columns = {
        "created_at": "created_at",
        "account": "account__reference",
        "token": "wallet__unit__code",
        "kind": "kind",
        "tokens": "tokens",
        "remaining": "remaining",
        "held": "held",
        "spent": "spent",
        "expired": "expired",
        "voided": "voided",
        "effective_at": "effective_at",
        "expires_at": "expires_at",
        "voided_at": "voided_at",
        "priority": "priority",
        "features": "features",
        "unit_cost": "unit_cost",
        "currency": "currency",
        "exchange_rate": "exchange_rate",
        "external_id": "external_id",
        "created_by": "created_by",
        "reason": "reason",
        "id": "id",
    }
    list_display = ["issued", "customer", "sort", "given", "left", "expiry", "by", "why"]
    list_display_links = ["issued"]
    list_filter = [("created_at", Between), "kind", "is_open", "is_pending"]
    list_select_related = ["account", "wallet__unit"]
    search_fields = ["account__reference", "account__name", "=external_id"]
    search_help_text = "Account's reference or name, or the grant's external id"
    ordering = ["-id"]
    fieldsets = [
        (None, {"fields": ["customer", "sort", "reason", "external_id", "created_by", "created_at"]}),
        (
            "Tokens",
            {"fields": ["given", "left", "held_shown", "spent_shown", "expired_shown", "voided_shown"]},
        ),
        (
            "Life and draw order",
            {"fields": ["effective_at", "expiry", "voided_at", "priority", "good_for"]},
        ),
        ("What was paid", {"fields": ["cost_shown", "currency", "exchange_shown", "draw_cost_shown"]}),
    ]

    held_shown = amount("held")
    spent_shown = amount("spent")
    expired_shown = amount("expired")
    voided_shown = amount("voided", "Taken back")
    cost_shown = amount("unit_cost", "Paid for one token")
    exchange_shown = amount("exchange_rate", "Exchange rate")
    draw_cost_shown = amount("draw_cost", "One token in the reporting currency")

    @admin.display(description="Good for")
    def good_for(self, grant: Grant) -> str:
        return ", ".join(grant.features) or "every feature"

    @admin.display(description="Issued", ordering="id")
    def issued(self, grant: Grant) -> str:
        return moment(grant.created_at)

    @admin.display(description="Account", ordering="account__reference")
    def customer(self, grant: Grant) -> str:
        return account_link(grant.account)

    @admin.display(description="Kind", ordering="kind")
    def sort(self, grant: Grant) -> str:
        return badge(grant.kind, "brand" if grant.kind == Grant.Kind.PURCHASE else "plain")

    @admin.display(description="Tokens")
    def given(self, grant: Grant) -> str:
        return f"{tokens(grant.tokens)} {grant.wallet.unit}"

    @admin.display(description="Remaining")
    def left(self, grant: Grant) -> str:
        return tokens(grant.remaining)

    @admin.display(description="Expires")
    def expiry(self, grant: Grant) -> str:
        return day(grant.expires_at) if grant.expires_at else "never"

    @admin.display(description="Issued by")
    def by(self, grant: Grant) -> str:
        return grant.created_by or "–"

    @admin.display(description="Reason")
    def why(self, grant: Grant) -> str:
        return grant.reason[:60] or "–"


@admin.register(Entry)
class EntryDesk(Sought, ReadOnlyDesk):
    purpose = (
        "Every movement of tokens, with the balance before and after it. Nothing here is ever changed: what "
        "was wrong is given back by a movement of its own."
    )
    file_columns = LEDGER_COLUMNS
    list_display = ["recorded", "customer", "number", "movement", "moved", "before", "after", "owed"]
    list_filter = [("recorded_at", Between), "kind"]
    list_select_related = ["account", "wallet__unit"]
    search_fields = ["=account__reference"]
    search_help_text = "An account's reference, name or id elsewhere"
    ordering = ["-id"]
    fieldsets = [
        (None, {"fields": ["customer", "number", "movement", "moved", "recorded_at"]}),
        ("Balances", {"fields": ["before", "after", "owed", "floor_shown"]}),
        ("Because of", {"fields": ["cause_kind", "cause_id", "grant", "overage", "corrects"]}),
    ]

    floor_shown = amount("floor", "Floor it was judged by")

    def sought(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.filter(account__in=meant_by(text))

    @admin.display(description="Recorded")
    def recorded(self, entry: Entry) -> str:
        return moment(entry.recorded_at)

    @admin.display(description="Account")
    def customer(self, entry: Entry) -> str:
        return account_link(entry.account)

    @admin.display(description="Movement")
    def movement(self, entry: Entry) -> str:
        return badge(words(entry.kind), "plain")

    @admin.display(description="Tokens")
    def moved(self, entry: Entry) -> str:
        change = entry.balance_after - entry.balance_before
        sign = "+" if change > 0 else "−" if change < 0 else "±"
        return f"{sign}{tokens(entry.amount)} {entry.wallet.unit}"

    @admin.display(description="Balance before")
    def before(self, entry: Entry) -> str:
        return tokens(entry.balance_before)

    @admin.display(description="Balance after")
    def after(self, entry: Entry) -> str:
        return tokens(entry.balance_after)

    @admin.display(description="Overage after")
    def owed(self, entry: Entry) -> str:
        return tokens(entry.overage_after)
