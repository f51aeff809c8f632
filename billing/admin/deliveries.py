"""Deliveries: what was sent to whom, every attempt, and sending it again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString

from billing.errors import NothingToSend
from billing.models import Delivery
from billing.rules import letters
from billing.services import outbox, writing
from config.desk.desks import ReadOnlyDesk
from config.desk.pages import DeskPage
from config.desk.refusals import told
from config.desk.templatetags.desk import badge, moment

TONES = {"waiting": "wait", "delivered": "good", "dead": "bad"}


class WayFilter(admin.SimpleListFilter):
    title = "way"
    parameter_name = "way"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("webhook", "Webhook"), ("mail", "E-mail")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in ("webhook", "mail"):
            return queryset.filter(endpoint__isnull=self.value() == "mail")
        return queryset


class _OfDelivery(DeskPage):
    def find(self, object_id: Any, **_kwargs: Any) -> None:
        rows = Delivery.objects.select_related("news__about", "endpoint", "recipient")
        self.delivery = get_object_or_404(rows, pk=object_id)

    def address(self) -> str:
        return reverse("admin:billing_delivery_change", args=[self.delivery.pk])


class DeliveryPage(_OfDelivery):
    """One delivery: what is sent, and how each attempt went."""

    permissions = ("billing.view_delivery",)
    template_name = "desk/news/delivery.html"

    def title(self) -> str:
        return f"{self.delivery.news} to {self.delivery.endpoint or self.delivery.recipient}"

    def context(self) -> dict[str, Any]:
        news = self.delivery.news
        body = writing.body_of(news.kind, news.occurred_at, news.data).decode()
        receiver = self.delivery.endpoint or self.delivery.recipient
        return {
            "delivery": self.delivery,
            "news": news,
            "tone": TONES[self.delivery.state],
            "is_on": receiver.is_on,
            "body": body,
            "letter": letters.write(news.kind, news.occurred_at, news.data)
            if self.delivery.recipient
            else None,
            "tries": self.delivery.tries.order_by("-number")[:200],
        }


class SendAgain(_OfDelivery):
    """The button "Send again"."""

    permissions = ("billing.send_delivery",)

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(self.address())

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        with told(request, "It is on its way again; reload in some seconds to see how it went."):
            if not outbox.send_again([self.delivery.pk]):
                raise NothingToSend("Whoever it is for is switched off.")
        return HttpResponseRedirect(self.address())


@admin.register(Delivery)
class DeliveryDesk(ReadOnlyDesk):
    purpose = (
        "Each piece of news on its way to a webhook or a mailbox, and what came of it. What does not arrive "
        "is tried again by itself; what was given up, from its page."
    )
    list_display = ["since", "kind", "to", "state_shown", "attempts", "ended"]
    list_display_links = ["since"]
    list_filter = ["state", WayFilter]
    list_select_related = ["news", "endpoint", "recipient"]
    ordering = ["-id"]

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<uuid:object_id>/change/", DeliveryPage, "change"),
            self.page("<uuid:object_id>/again/", SendAgain, "again"),
            *super().get_urls(),
        ]

    @admin.display(description="Since")
    def since(self, delivery: Delivery) -> str:
        return moment(delivery.created_at)

    @admin.display(description="Type")
    def kind(self, delivery: Delivery) -> str:
        return delivery.news.kind

    @admin.display(description="To")
    def to(self, delivery: Delivery) -> str:
        return str(delivery.endpoint or delivery.recipient)

    @admin.display(description="State")
    def state_shown(self, delivery: Delivery) -> SafeString:
        return badge(delivery.get_state_display().lower(), TONES[delivery.state])

    @admin.display(description="Ended")
    def ended(self, delivery: Delivery) -> str:
        return moment(delivery.finished_at)
