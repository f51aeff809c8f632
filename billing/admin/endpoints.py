"""Webhook endpoints: who is told of what, and how that goes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern

from billing.admin import endpoint_changes as changes
from billing.models import Delivery, Endpoint, EndpointSecret
from billing.queries.receivers import DELIVERIES_SHOWN, deliveries_of, standings
from billing.rules.news_types import TYPES
from billing.services import endpoints, outbox
from config.desk.desks import Desk
from config.desk.pages import DeskPage
from config.desk.refusals import told


class EndpointsPage(DeskPage):
    """All endpoints, each with how it fares."""

    permissions = ("billing.view_endpoint",)
    template_name = "desk/news/endpoints.html"

    def title(self) -> str:
        return "Webhooks"

    def context(self) -> dict[str, Any]:
        rows = list(Endpoint.objects.all())
        found = standings(rows)
        return {"endpoints": [(each, found[each.pk]) for each in rows]}


class EndpointPage(changes.OfEndpoint):
    """One endpoint: its types, how it fares, and its deliveries."""

    permissions = ("billing.view_endpoint",)
    template_name = "desk/news/endpoint.html"

    def title(self) -> str:
        return str(self.endpoint)

    def context(self) -> dict[str, Any]:
        state = self.request.GET.get("state", "")
        state = state if state in Delivery.State.values else ""
        found = deliveries_of(self.endpoint, state=state, below=_identity(self.request.GET.get("below")))
        secrets = EndpointSecret.objects.filter(endpoint=self.endpoint).order_by("-pk")
        return {
            "endpoint": self.endpoint,
            "standing": standings([self.endpoint])[self.endpoint.pk],
            "types": [TYPES[each] for each in self.endpoint.types if each in TYPES],
            "secrets": secrets,
            "is_plain": self.endpoint.url.startswith("http://"),
            "latest": self.endpoint.history.latest(),
            "state": state,
            "states": Delivery.State.choices,
            "deliveries": found[:DELIVERIES_SHOWN],
            "older": found[DELIVERIES_SHOWN - 1].pk if len(found) > DELIVERIES_SHOWN else None,
            "is_paged": "below" in self.request.GET,
        }


class TryOut(changes.OfEndpoint):
    """The button "Send a test"."""

    permissions = ("billing.change_endpoint",)

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        with told(request, "A test is on its way; reload in some seconds to see how it went."):
            endpoints.try_out(endpoint_id=self.endpoint.pk, user=request.user)
        return HttpResponseRedirect(self.address())


class SendAllAgain(changes.OfEndpoint):
    """The button "Send again all that was given up"."""

    permissions = ("billing.send_delivery",)

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        given_up = Q(endpoint=self.endpoint, state=Delivery.State.DEAD)
        count = outbox.send_again(given_up)
        said = f"{count:,} deliver{'y is' if count == 1 else 'ies are'} on the way again."
        messages.success(request, said if count else "Nothing could be sent again.")
        return HttpResponseRedirect(self.address())


@admin.register(Endpoint)
class EndpointDesk(Desk):
    """Endpoints have pages of their own; this desk has their history too."""

    def get_urls(self) -> list[URLPattern]:
        one = "<int:object_id>"
        return [
            self.page("", EndpointsPage, "changelist"),
            self.page("add/", changes.AddPage, "add"),
            self.page(f"{one}/change/", EndpointPage, "change"),
            self.page(f"{one}/edit/", changes.EditPage, "edit"),
            self.page(f"{one}/off/", changes.OffPage, "off"),
            self.page(f"{one}/on/", changes.OnPage, "on"),
            self.page(f"{one}/secret/", changes.SecretPage, "secret"),
            self.page(f"{one}/test/", TryOut, "test"),
            self.page(f"{one}/again/", SendAllAgain, "again"),
            *super().get_urls(),
        ]


def _identity(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Http404 from None
