"""Holds: work whose cost is known only at the end."""

from django.http import HttpRequest, HttpResponse

from config.http.identity import uuid_of
from config.http.views import answer
from usage.api import operations_of_holds as operations
from usage.api import orders, shown
from usage.api.caller import KeyedView
from usage.services import holding


class Holds(KeyedView):
    operations = {"POST": operations.HOLD}

    def post(self, request: HttpRequest) -> HttpResponse:
        receipt = holding.make(orders.hold(self.caller, self.command(operations.HOLD)))
        return answer(shown.hold(receipt), 201, replayed=receipt.is_replay)


class OneHold(KeyedView):
    operations = {"GET": operations.SHOW_HOLD}

    def get(self, request: HttpRequest, id: str) -> HttpResponse:
        return answer(shown.hold(holding.show(uuid_of(id), product_id=self.caller.product_id)))


class Capture(KeyedView):
    operations = {"POST": operations.CAPTURE}

    def post(self, request: HttpRequest, id: str) -> HttpResponse:
        command = self.command(operations.CAPTURE)
        receipt = holding.capture(orders.capture(self.caller, uuid_of(id), command))
        return answer(shown.capture(receipt), 200, replayed=receipt.is_replay)


class Release(KeyedView):
    operations = {"POST": operations.RELEASE}

    def post(self, request: HttpRequest, id: str) -> HttpResponse:
        command = self.command(operations.RELEASE)
        receipt = holding.release(orders.release(self.caller, uuid_of(id), command))
        return answer(shown.hold(receipt), 200, replayed=receipt.is_replay)


class Extend(KeyedView):
    operations = {"POST": operations.EXTEND}

    def post(self, request: HttpRequest, id: str) -> HttpResponse:
        asked = self.asked(operations.EXTEND)
        receipt = holding.extend(
            hold_id=uuid_of(id), product_id=self.caller.product_id, expires_in=asked.expires_in
        )
        return answer(shown.hold(receipt))
