"""Refusals by policy: who was refused what, why, and how often."""

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
from config.desk.templatetags.desk import badge, link_to, moment, words
from pricing.models import Rate, Version
from usage.admin.watching import WatchPage
from usage.models import Denial
from usage.queries.rulings import rulings_of
from usage.rules.refusals import sentences
from wallets.queries.accounts import meant_by

UNTOLD = {"line", "entitlement", "grace", "policies"}
"""Figures that the sentences tell, or that no person needs."""


class DenialPage(DeskPage):
    """A refusal: what was asked, the figures it was judged by, and what they mean."""

    permissions = ("usage.view_denial",)
    template_name = "desk/usage/denial.html"

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        self.denial = get_object_or_404(Denial.objects.select_related("account", "product"), pk=object_id)

    def title(self) -> str:
        return f"Refused: {words(self.denial.reason)}"

    def context(self) -> dict[str, Any]:
        request = self.denial.request if isinstance(self.denial.request, dict) else {}
        figures = self.denial.figures
        items = request.get("items", [])
        rates = Rate.objects.in_bulk([each["rate"] for each in items if each.get("rate")])
        return {
            "denial": self.denial,
            "items": [(each, rates.get(each.get("rate"))) for each in items],
            "version": _version(request.get("version")),
            "told": [
                (name, request[name]) for name in ("occurred_at", "subject", "metadata") if request.get(name)
            ],
            "rulings": rulings_of(figures),
            "figures": [(name, value) for name, value in figures.items() if name not in UNTOLD],
            "why": sentences(self.denial.reason, figures),
        }


def _version(number: Any) -> Version | None:
    """The price list that was asked by; none of a transfer."""
    return Version.objects.select_related("table").filter(pk=number).first() if number else None


@admin.register(Denial)
class DenialDesk(Sought, ReadOnlyDesk):
    purpose = (
        "Calls that were not let through, and why: too few tokens, a limit, no access. Those alike within a "
        "minute are counted together."
    )
    file_columns = {
        "first_at": "first_at",
        "last_at": "last_at",
        "account": "account__reference",
        "product": "product__code",
        "feature": "feature",
        "reason": "reason",
        "count": "count",
        "key": "key",
        "id": "id",
    }
    list_display = ["first", "last", "customer", "feature", "why", "count", "product_shown"]
    list_display_links = ["first"]
    list_filter = [("last_at", Between), "reason", "product"]
    list_select_related = ["account", "product"]
    search_fields = ["account__reference", "feature", "=key"]
    search_help_text = "An account, a feature, the refusal's id, or the call's idempotency key"
    ordering = ["-id"]

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("watch/", WatchPage, "watch"),
            self.page("<uuid:object_id>/change/", DenialPage, "change"),
            *super().get_urls(),
        ]

    def sought(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        identity = identity_in(text)
        said = Q(account__in=meant_by(text)) | Q(feature__icontains=text) | Q(key=text)
        return rows.filter((said | Q(pk=identity)) if identity else said)

    @admin.display(description="First")
    def first(self, denial: Denial) -> str:
        return moment(denial.first_at)

    @admin.display(description="Last")
    def last(self, denial: Denial) -> str:
        return moment(denial.last_at)

    @admin.display(description="Account")
    def customer(self, denial: Denial) -> SafeString:
        return link_to("wallets_account", denial.account_id, denial.account)

    @admin.display(description="Reason")
    def why(self, denial: Denial) -> SafeString:
        return badge(words(denial.reason), "bad")

    @admin.display(description="Product")
    def product_shown(self, denial: Denial) -> str:
        return str(denial.product) if denial.product_id else "the desk"
