"""The operations of orders, one constant each: the table that views, schema and documentation page are run by."""

from billing.api import answers, examples, requests
from config.http.operations import Answer, NoBody, Operation
from config.http.query import NoParameters

ORDERS = "Orders"

PLACE_ORDER = Operation[requests.OrderRequest, NoParameters](
    "place_order",
    ORDERS,
    "Let an order take effect",
    [
        Answer(
            200,
            "What the order gives; it is there when this arrives. Or the first answer to this version again.",
            answers.Order,
            example=examples.ORDER_SHOWN,
        )
    ],
    scope="provision",
    description="What another system sold: plans, packs and seats. The same `external_id` and `version` answer what "
    "they answered first; a higher version says the whole order anew, and the difference is applied from now; a lower "
    "one changes nothing and is answered with `superseded`. With `state` `cancelled` what is neither spent nor held "
    "is taken back, and seats, units and access end. No Idempotency-Key is needed.",
    body=requests.OrderRequest,
    problems=["unknown_account", "unknown_reference", "idempotency_key_reused", "conflict"],
    body_example=examples.ORDER_REQUEST,
)
SHOW_ORDER = Operation[NoBody, NoParameters](
    "order",
    ORDERS,
    "Show an order",
    [
        Answer(
            200, "The version that holds, and what stands now.", answers.Order, example=examples.ORDER_SHOWN
        )
    ],
    scope="read",
    problems=["not_found"],
    path_values={"external_id": examples.ORDER},
)
