"""Promotions, and how much sellers may take off alone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from billing.models import DiscountRule, Promotion
from billing.rules.money import written
from config.desk.desks import Desk
from config.desk.templatetags.desk import badge
from config.kernel.amounts import plain


@admin.register(Promotion)
class PromotionDesk(Desk):
    purpose = (
        "Named rules that take something off a line of a quotation or add bonus tokens: for a SKU or a kind of offer, "
        "from when until when, at most so often. Sellers choose them, or they apply by themselves."
    )
    list_display = ["code", "name", "gives", "about", "uses_shown", "state"]
    list_filter = ["kind", "is_automatic", "is_on"]
    search_fields = ["code", "name", "sku"]
    fixed_fields = ["code"]
    fieldsets = [
        (None, {"fields": ["code", "name", "kind", ("value", "currency")]}),
        ("For", {"fields": [("sku", "offer_kind"), "is_automatic"]}),
        (
            "How long and how often",
            {"fields": ["effective_from", "effective_until", ("most_uses", "most_uses_an_account"), "is_on"]},
        ),
    ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"effective_from": timezone.now()}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(used=Count("uses"))

    @admin.display(description="Gives", ordering="kind")
    def gives(self, promotion: Promotion) -> str:
        if promotion.kind == Promotion.Kind.AMOUNT:
            return f"{written(promotion.value, promotion.currency)} off each one"
        what = "bonus tokens" if promotion.kind == Promotion.Kind.BONUS else "off"
        return f"{plain(promotion.value)} % {what}"

    @admin.display(description="For")
    def about(self, promotion: Promotion) -> str:
        found = promotion.sku or promotion.get_offer_kind_display() or "anything"
        return f"{found}, by itself" if promotion.is_automatic else found

    @admin.display(description="Uses", ordering="used")
    def uses_shown(self, promotion: Any) -> str:
        return (
            str(promotion.used)
            if promotion.most_uses is None
            else f"{promotion.used} of {promotion.most_uses}"
        )

    @admin.display(description="State", ordering="effective_from")
    def state(self, promotion: Promotion) -> SafeString:
        now = timezone.now()
        if not promotion.is_on:
            return badge("switched off")
        if promotion.effective_from > now:
            return badge("scheduled")
        is_over = promotion.effective_until is not None and promotion.effective_until <= now
        return badge("ended") if is_over else badge("active")


@admin.register(DiscountRule)
class DiscountRuleDesk(Desk):
    purpose = (
        "How many per cent a seller may take off a line alone. More than that asks a second person before it is sent. "
        "Without a limit everybody may take off anything; begin with one for the group Sales."
    )
    list_display = ["whose", "says", "state"]
    list_filter = ["is_active"]
    list_select_related = ["group", "seller"]
    fieldsets = [(None, {"fields": ["group", "seller", "share", "is_active"]})]

    @admin.display(description="Who", ordering="group")
    def whose(self, rule: DiscountRule) -> str:
        return str(rule.seller or f"Group {rule.group}")

    @admin.display(description="A second person is needed", ordering="share")
    def says(self, rule: DiscountRule) -> str:
        return f"over {plain(rule.share)} % off a line"

    @admin.display(description="State", ordering="is_active")
    def state(self, rule: DiscountRule) -> SafeString:
        return badge("active") if rule.is_active else badge("switched off")
