"""The operations of seats, with their shapes and examples."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from config.http.operations import Answer, NoBody, Operation
from config.http.query import NoParameters
from config.http.scalars import Metadata, Reference
from config.http.shapes import Shape
from usage.api.answered import Answered, Id, TokenText
from usage.api.requests import References

SEATS = "Seats"
CHECKOUT_ID = "01996f55-3b20-7c10-9d44-7a8b9c0d1e2f"
_BY_CHECKOUT = {"id": CHECKOUT_ID}


class CheckoutRequest(Shape):
    """A seat to be taken by the subject's user, who has one of a feature at most."""

    account: Annotated[Reference, Meta(description="Your own reference of the account.")]
    feature: Annotated[Reference, Meta(description="The feature's code.")]
    dimensions: Annotated[References | None, Meta(description="What tells usages apart.")] = None
    subject: Annotated[
        References | None, Meta(description="Who, by reference; `user` has one seat of a feature at most.")
    ] = None
    metadata: Annotated[Metadata | None, Meta(description="Your own references, kept as sent.")] = None


class Nothing(Shape):
    """An object without members; or no body at all."""


class Checkout(Answered, omit_defaults=True):
    """A seat. `tokens`: what its intervals came to. `refunded`: what this call gave back."""

    id: Id
    account: str
    feature: str
    seat: Literal["base", "overflow"]
    state: Literal["open", "ended"]
    subject: dict[str, Any] | None
    started_at: datetime
    alive_until: datetime
    charged_until: datetime | None
    ended_at: datetime | None
    tokens: TokenText
    refunded: TokenText | UnsetType = UNSET


CHECKOUT_REQUEST = {"account": "acme", "feature": "desk", "subject": {"user": "u-17"}}
_TAKEN = {
    "id": CHECKOUT_ID,
    "account": "acme",
    "feature": "desk",
    "seat": "overflow",
    "state": "open",
    "subject": {"user": "u-17"},
    "started_at": "2026-11-22T10:00:00.412907Z",
    "alive_until": "2026-11-22T10:15:00.412907Z",
    "charged_until": "2026-11-22T11:00:00.412907Z",
    "ended_at": None,
    "tokens": "6.000000",
}
_KEPT = _TAKEN | {"alive_until": "2026-11-22T10:25:00.104Z", "refunded": "0.000000"}
_ENDED = _KEPT | {
    "state": "ended",
    "ended_at": "2026-11-22T10:20:00.412907Z",
    "tokens": "2.000000",
    "refunded": "4.000000",
}

TAKE = Operation[CheckoutRequest, NoParameters](
    "check_out",
    SEATS,
    "Take a seat",
    [Answer(201, "The seat, or the one that the user has already.", Checkout, example=_TAKEN)],
    scope="debit",
    description="While base seats are free it costs nothing; beyond them it charges one interval up front. Without a "
    "heartbeat before `alive_until` it ends by itself.",
    body=CheckoutRequest,
    needs_key=True,
    problems=[
        *("unknown_account", "unknown_feature", "no_rate", "insufficient_tokens", "not_entitled"),
        *("limit_reached", "account_suspended", "throttled"),
    ],
    body_example=CHECKOUT_REQUEST,
)
KEEP = Operation[Nothing, NoParameters](
    "heartbeat",
    SEATS,
    "Keep a seat",
    [Answer(200, "The seat, kept for a heartbeat's window more.", Checkout, example=_KEPT)],
    scope="debit",
    description="At the end of a paid interval the next one is charged, once. An overflow seat moves to a base seat as "
    "soon as one is free.",
    body=Nothing,
    is_body_optional=True,
    body_example={},
    problems=[
        *("not_found", "conflict", "no_rate", "insufficient_tokens", "not_entitled"),
        *("limit_reached", "account_suspended", "throttled"),
    ],
    path_values=_BY_CHECKOUT,
)
GIVE_BACK = Operation[Nothing, NoParameters](
    "check_in",
    SEATS,
    "Give a seat back",
    [
        Answer(
            200, "The seat as it ended, with what was given back of its interval.", Checkout, example=_ENDED
        )
    ],
    scope="debit",
    needs_key=True,
    body=Nothing,
    is_body_optional=True,
    body_example={},
    problems=["not_found", "conflict"],
    path_values=_BY_CHECKOUT,
)
SHOW = Operation[NoBody, NoParameters](
    "checkout",
    SEATS,
    "Show a seat",
    [Answer(200, "The seat as it is now.", Checkout, example=_TAKEN)],
    scope="read",
    problems=["not_found"],
    path_values=_BY_CHECKOUT,
)
