"""News: every fact that was told, and to whom."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils.safestring import SafeString

from billing.models import News
from billing.queries.receivers import with_counts
from billing.rules.news_types import TYPES
from billing.services import writing
from config.desk.desks import ReadOnlyDesk
from config.desk.lists import Between, Sought
from config.desk.pages import DeskPage
from config.desk.templatetags.desk import link_to, moment
from wallets.queries.accounts import meant_by


class TypeFilter(admin.SimpleListFilter):
    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(each.code, each.code) for each in TYPES.values() if each.is_sent]

    def queryset(self, request: HttpRequest, queryset: QuerySet[News]) -> QuerySet[News]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class NewsPage(DeskPage):
    """One piece of news: what is told, and to whom."""

    permissions = ("billing.view_news",)
    template_name = "desk/news/news.html"

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        self.news = get_object_or_404(News.objects.select_related("about"), pk=object_id)

    def title(self) -> str:
        says = TYPES[self.news.kind].says if self.news.kind in TYPES else self.news.kind
        return f"{self.news.about}: {says}" if self.news.about else says.capitalize()

    def context(self) -> dict[str, Any]:
        news = self.news
        return {
            "news": news,
            "body": writing.body_of(news.kind, news.occurred_at, news.data).decode(),
            "deliveries": news.deliveries.select_related("endpoint", "recipient").order_by("pk")[:200],
        }


@admin.register(News)
class NewsDesk(Sought, ReadOnlyDesk):
    purpose = (
        "What happened here, as others are told of it, and how many of them it has reached. Who is told of "
        "what is said under Webhooks and E-mail."
    )
    file_columns = {
        "recorded_at": "recorded_at",
        "occurred_at": "occurred_at",
        "kind": "kind",
        "account": "about__reference",
        "data": "data",
        "id": "id",
    }
    list_display = ["when", "type", "customer", "reached"]
    list_display_links = ["when"]
    list_filter = [("recorded_at", Between), TypeFilter]
    list_select_related = ["about"]
    search_fields = ["=about__reference"]
    search_help_text = "An account's reference, name or id elsewhere"
    ordering = ["-id"]

    def get_urls(self) -> list[URLPattern]:
        return [self.page("<uuid:object_id>/change/", NewsPage, "change"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[News]:
        return with_counts(super().get_queryset(request))

    def sought(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.filter(about__in=meant_by(text))

    @admin.display(description="Happened")
    def when(self, news: News) -> str:
        return moment(news.occurred_at)

    @admin.display(description="Type", ordering="kind")
    def type(self, news: News) -> str:
        return news.kind

    @admin.display(description="Account")
    def customer(self, news: News) -> SafeString | str:
        if news.about is None:
            return "–"
        return link_to("wallets_account", news.about_id, news.about)

    @admin.display(description="Arrived")
    def reached(self, news: Any) -> str:
        return f"{news.arrived or 0} of {news.handed}" if news.handed else "nobody asked"
