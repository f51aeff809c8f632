"""Where outside systems tell us things: authenticated by their signature, kept, and applied in the background."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from billing.api import operations_of_connections as operations
from billing.connectors.registry import CONNECTORS
from billing.rules.connecting import Incoming
from billing.services import receiving
from config.http import bodies
from config.http.views import ApiView, answer
from usage.api.bell import Bell
from usage.queries.keys import KeyHolder

BELL = Bell("billing.tasks.apply_received")


class Events(ApiView[KeyHolder]):
    operations = {"POST": operations.TELL}

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        taken = receiving.receive(code, _incoming(request), CONNECTORS)
        if taken.is_new:
            BELL.ring()
        return answer({"id": str(taken.received_id), "duplicate": not taken.is_new}, 202)


def _incoming(request: HttpRequest) -> Incoming:
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = bodies.take_bytes(request, limit=operations.TELL.body_limit)
    url = f"{request.scheme}://{headers.get('host', '')}{request.get_full_path()}"
    return Incoming(headers, body, timezone.now(), url)
