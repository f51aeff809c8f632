"""Spending: debits, batches, quotes, reversals."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from config.http import shapes
from config.http.bodies import take
from config.http.identity import uuid_of
from config.http.views import answer
from usage.api import batches, operations, orders, requests, shown
from usage.api.caller import KeyedView
from usage.queries import receipts
from usage.services import metering, reversing


class Debits(KeyedView):
    operations = {"POST": operations.CHARGE}

    def post(self, request: HttpRequest) -> HttpResponse:
        command = self.command(operations.CHARGE)
        receipt = metering.charge(orders.debit(self.caller, command.asked, command.key, command.fingerprint))
        return answer(shown.debit(receipt), 201, replayed=receipt.is_replay)


class DebitBatch(KeyedView):
    operations = {"POST": operations.CHARGE_BATCH}

    def post(self, request: HttpRequest) -> HttpResponse:
        body = take(request, limit=operations.CHARGE_BATCH.body_limit)
        rows = shapes.read(requests.UnreadBatch, body).debits
        return answer(batches.charge_rows(self.caller, rows, reverse("api:debits")))


class Quotes(KeyedView):
    operations = {"POST": operations.QUOTE}

    def post(self, request: HttpRequest) -> HttpResponse:
        asked = self.asked(operations.QUOTE)
        if asked.rate_table_version is not None:
            self.admitted(request, "provision")
        return answer(shown.quote(metering.quote(orders.quote(self.caller, asked))))


class OneDebit(KeyedView):
    operations = {"GET": operations.SHOW_DEBIT}

    def get(self, request: HttpRequest, id: str) -> HttpResponse:
        return answer(shown.debit(receipts.receipt(uuid_of(id), product_id=self.caller.product_id)))


class Reversals(KeyedView):
    operations = {"POST": operations.REVERSE}

    def post(self, request: HttpRequest, id: str) -> HttpResponse:
        command = self.command(operations.REVERSE)
        receipt = reversing.reverse(orders.reversal(self.caller, uuid_of(id), command))
        return answer(shown.reversal(receipt), 201, replayed=receipt.is_replay)
