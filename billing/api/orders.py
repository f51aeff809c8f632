"""Orders: what another system sold, and what it has come to."""

from django.http import HttpRequest, HttpResponse

from billing.api import operations, requests
from billing.queries import orders
from billing.rules.orders import ACTIVE, LineAsked, OrderAsked
from billing.services import order_trials
from config.http.identity import reference_of
from config.http.views import answer
from usage.api.caller import KeyedView


class Orders(KeyedView):
    operations = {"POST": operations.PLACE_ORDER}

    def post(self, request: HttpRequest) -> HttpResponse:
        asked, fingerprint = self.said(operations.PLACE_ORDER)
        return answer(order_trials.place(_order(asked, fingerprint, self.caller.product_code)))


class OneOrder(KeyedView):
    operations = {"GET": operations.SHOW_ORDER}

    def get(self, request: HttpRequest, external_id: str) -> HttpResponse:
        return answer(orders.order(reference_of(external_id)))


def _order(asked: requests.OrderRequest, fingerprint: bytes, by: str) -> OrderAsked:
    return OrderAsked(
        external_id=asked.external_id,
        account=asked.account,
        lines=[_line(each) for each in asked.lines],
        fingerprint=fingerprint,
        by=by,
        version=1 if asked.version is None else asked.version,
        state=asked.state or ACTIVE,
        starts_at=asked.starts_at,
        billing=asked.billing or "",
    )


def _line(asked: requests.OrderLineRequest) -> LineAsked:
    quantity = {} if asked.quantity is None else {"quantity": asked.quantity}
    return LineAsked(
        sku=asked.sku,
        name=asked.line,
        amount=asked.amount,
        currency=asked.currency,
        ends_at=asked.ends_at,
        **quantity,
    )
