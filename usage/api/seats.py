"""Seats: taken, kept, given back, looked at."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config.http.identity import uuid_of
from config.http.views import answer
from config.kernel.amounts import tokens
from usage.api import seats_described as described
from usage.api.caller import KeyedView
from usage.rules.orders import Item
from usage.rules.seating import CheckinOrder, CheckoutOrder, SeatReceipt
from usage.services import seating


class Checkouts(KeyedView):
    operations = {"POST": described.TAKE}

    def post(self, request: HttpRequest) -> HttpResponse:
        command = self.command(described.TAKE)
        asked = command.asked
        order = CheckoutOrder(
            account=asked.account,
            product_id=self.caller.product_id,
            api_key_id=self.caller.api_key_id,
            key=command.key,
            fingerprint=command.fingerprint,
            item=Item(asked.feature, Decimal(1), asked.dimensions or {}),
            received_at=timezone.now(),
            subject=asked.subject,
            metadata=asked.metadata,
        )
        taken = seating.take(order)
        return answer(shown(taken), 201, replayed=taken.is_replay)


class OneCheckout(KeyedView):
    operations = {"GET": described.SHOW}

    def get(self, request: HttpRequest, id: str) -> HttpResponse:
        return answer(shown(seating.show(uuid_of(id), self.caller.product_id)))


class Heartbeat(KeyedView):
    operations = {"POST": described.KEEP}

    def post(self, request: HttpRequest, id: str) -> HttpResponse:
        self.asked(described.KEEP)
        kept = seating.beat(
            checkout_id=uuid_of(id),
            product_id=self.caller.product_id,
            api_key_id=self.caller.api_key_id,
            received_at=timezone.now(),
        )
        return answer(shown(kept))


class Checkin(KeyedView):
    operations = {"POST": described.GIVE_BACK}

    def post(self, request: HttpRequest, id: str) -> HttpResponse:
        command = self.command(described.GIVE_BACK)
        order = CheckinOrder(
            uuid_of(id),
            self.caller.product_id,
            command.key,
            command.fingerprint,
            by=self.caller.product_code,
        )
        ended = seating.give_back(order)
        return answer(shown(ended), replayed=ended.is_replay)


def shown(seat: SeatReceipt) -> dict[str, Any]:
    """The seat as callers see it."""
    told: dict[str, Any] = {
        "id": seat.id,
        "account": seat.account,
        "feature": seat.feature,
        "seat": seat.seat,
        "state": seat.state,
        "subject": seat.subject,
        "started_at": seat.started_at,
        "alive_until": seat.alive_until,
        "charged_until": seat.charged_until,
        "ended_at": seat.ended_at,
        "tokens": tokens(seat.tokens),
    }
    if seat.refunded is not None:
        told["refunded"] = tokens(seat.refunded)
    return told
