"""What models cost us: the list, one cost and its past, and the desk that has their pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils import timezone
from django.utils.safestring import SafeString

from billing.admin.cost_files import CostImportPage
from billing.admin.cost_overrides import OverridePage, WithdrawPage
from billing.admin.cost_prices import PricesFromCostsPage
from billing.admin.cost_review import CostReviewPage, MatchMargin
from config.desk.desks import ReadOnlyDesk
from config.desk.pages import DeskPage
from config.desk.templatetags.desk import badge, day, tokens
from pricing.models import CostImport, CostRate

ROWS_OF_THE_PAST = 100
SOON = timedelta(days=90)


class ForceFilter(admin.SimpleListFilter):
    """In force now, unless all that was ever written is asked for."""

    title = "in force"
    parameter_name = "force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "All that was written")]

    def choices(self, changelist: Any) -> Any:
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": "In force now",
        }
        yield from list(super().choices(changelist))[1:]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "all" else queryset.in_force(timezone.now())


class WithdrawalFilter(admin.SimpleListFilter):
    title = "withdrawal by the provider"
    parameter_name = "withdrawn"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("soon", f"Within {SOON.days} days"), ("past", "Past")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.now().date()
        if self.value() == "soon":
            return queryset.filter(deprecated_on__gte=today, deprecated_on__lte=today + SOON)
        return queryset.filter(deprecated_on__lt=today) if self.value() == "past" else queryset


class CostPage(DeskPage):
    """One cost: what it is now, and every row that ever said so."""

    permissions = ("pricing.view_costrate",)
    template_name = "desk/costs/cost.html"

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.cost = cost_or_404(object_id)

    def title(self) -> str:
        return str(self.cost)

    def context(self) -> dict[str, Any]:
        now = timezone.now()
        rows = CostRate.objects.of(self.cost.key).select_related("imported_by")
        written = rows.manual().begun(now).first()
        return {
            "cost": self.cost,
            "present": rows.in_force(now).first(),
            "past": rows.order_by("-effective_from", "-pk")[:ROWS_OF_THE_PAST],
            "now": now,
            "may_withdraw": written is not None and written.cost is not None,
        }


@admin.register(CostRate)
class CostRateDesk(ReadOnlyDesk):
    """Costs are dated facts: they are read from lists and written by hand, and nobody edits one."""

    purpose = (
        "What a unit of each model costs you, from when on. Margins are reckoned by it, but for rates that "
        "say a cost of their own."
    )
    file_columns = {
        "provider": "provider",
        "model": "model",
        "component": "component",
        "tier": "tier",
        "above": "above",
        "cost": "cost",
        "currency": "currency",
        "effective_from": "effective_from",
        "recorded_at": "recorded_at",
        "source": "source",
        "set_by": "set_by",
        "reason": "reason",
    }
    list_display = ["of", "part", "figure", "since", "from_where", "ends"]
    list_display_links = ["of"]
    list_filter = [ForceFilter, "source", WithdrawalFilter]
    search_fields = ["model", "provider", "component"]
    search_help_text = "Parts of model, provider and component, such as gpt-5 output"
    ordering = ["model", "component", "tier", "above", "-effective_from", "-id"]
    list_before_template = "desk/costs/above.html"
    paginator = Paginator

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("add/", OverridePage, "add"),
            self.page("import/", CostImportPage, "import"),
            self.page("prices/", PricesFromCostsPage, "prices"),
            self.page("review/", CostReviewPage, "review"),
            self.page("review/<int:object_id>/", MatchMargin, "match"),
            self.page("<int:object_id>/change/", CostPage, "change"),
            self.page("<int:object_id>/withdraw/", WithdrawPage, "withdraw"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("pricing.add_costrate")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the list that was read last above the rows."""
        more = {"last_import": CostImport.objects.order_by("-pk").first()}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    @admin.display(description="Model", ordering="model")
    def of(self, cost: CostRate) -> str:
        return cost.model

    @admin.display(description="Component")
    def part(self, cost: CostRate) -> str:
        return cost.key.part

    @admin.display(description="One unit costs", ordering="cost")
    def figure(self, cost: CostRate) -> str | SafeString:
        return badge("withdrawn", "bad") if cost.cost is None else f"{tokens(cost.cost)} {cost.currency}"

    @admin.display(description="Since")
    def since(self, cost: CostRate) -> str:
        return day(cost.effective_from)

    @admin.display(description="From", ordering="source")
    def from_where(self, cost: CostRate) -> str | SafeString:
        return badge("by hand", "brand") if cost.source == CostRate.Source.MANUAL else cost.provider

    @admin.display(description="Provider ends it", ordering="deprecated_on")
    def ends(self, cost: CostRate) -> str | SafeString:
        if cost.deprecated_on is None:
            return "–"
        is_past = cost.deprecated_on < timezone.now().date()
        return badge(f"{cost.deprecated_on:%-d %b %Y}", "bad" if is_past else "wait")


def cost_or_404(object_id: int) -> CostRate:
    return get_object_or_404(CostRate.objects.select_related("imported_by"), pk=object_id)
