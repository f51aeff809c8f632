"""What is sold and counted: products and their features."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from config.desk.desks import Desk
from pricing.models import Feature, Product


@admin.register(Product)
class ProductDesk(Desk):
    purpose = (
        "What your company sells that uses AI. Each product has its features, and keys with which it calls."
    )
    list_display = ["name", "code", "features_counted"]
    search_fields = ["code", "name"]
    fieldsets = [(None, {"fields": ["code", "name"]})]
    fixed_fields = ["code"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(feature_count=Count("features"))

    @admin.display(description="Features", ordering="feature_count")
    def features_counted(self, product: Any) -> str:
        address = reverse("admin:pricing_feature_changelist") + f"?product__id__exact={product.pk}"
        return format_html('<a class="d-inlist" href="{}">{}</a>', address, product.feature_count)


@admin.register(Feature)
class FeatureDesk(Desk):
    purpose = (
        "What customers use and are charged for, each counted in a unit of its own. What a unit costs in "
        "tokens stands in the rate tables."
    )
    list_display = ["code", "name", "unit", "cost_component", "product"]
    list_filter = ["product"]
    list_select_related = ["product"]
    search_fields = ["code", "name"]
    fieldsets = [(None, {"fields": ["product", "code", "name", "unit", "cost_component"]})]
    fixed_fields = ["product", "code"]
