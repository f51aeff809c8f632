"""What the pages of connections share: which one, what speaks to it, who may do what, and the address it calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from billing.connectors import registry
from billing.connectors.contract import Connector
from billing.models import Connection
from config.desk.pages import DeskPage

SEEN = ("billing.view_connection",)
CHANGED = ("billing.change_connection",)
MENDED = ("billing.mend_connection",)
ERASED = ("billing.delete_receivedbody",)
BODIES = "billing.view_receivedbody"
"""Who may see what was told and answered: it may name persons."""

TONES = {"working": "good", "warning": "wait", "failing": "bad", "not set up": "bad"}


class OfConnection(DeskPage):
    """A page about one connection; a button leads back to it."""

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.row = get_object_or_404(Connection, pk=object_id)
        self.connector = connector_of(self.row)

    def address(self) -> str:
        return page_of(self.row)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not self.template_name:
            return HttpResponseRedirect(self.address())
        return super().get(request, **kwargs)

    def context(self) -> dict[str, Any]:
        return {"row": self.row, "connector": self.connector, "kind": kind_of(self.row)}

    def needed(self) -> Connector:
        """What speaks to it; not found where this version knows no such kind."""
        if self.connector is None:
            raise Http404
        return self.connector


def connector_of(row: Connection) -> Connector | None:
    """What speaks to it; None where this version knows no such kind."""
    return registry.CONNECTORS.get(row.kind)


def kind_of(row: Connection) -> str:
    """Its kind, as people call it."""
    connector = connector_of(row)
    return connector.title if connector else f"{row.kind}, which this version does not know"


def streams_told(connector: Connector | None, streams: Iterable[str]) -> list[str]:
    """What is fetched, as people call it."""
    return [connector.title_of(each) if connector else each for each in streams]


def takes_calls(connector: Connector | None) -> bool:
    """Whether systems of this kind call us."""
    return connector is not None and type(connector).verify is not Connector.verify


def door_of(request: HttpRequest, row: Connection) -> str:
    """The address that the outside system is to call."""
    return request.build_absolute_uri(f"/api/v1/connections/{row.code}/events")


def page_of(row: Connection) -> str:
    return reverse("admin:billing_connection_change", args=[row.pk])


def identity(text: str | None) -> UUID | None:
    """An identity in an address; none is None, and what is none is not found."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Http404 from None
