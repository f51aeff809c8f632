"""Orders that people place or cancel at the desk: at once, or once a second person agrees.

An order is placed to see what it is worth, and undone again where a rule asks for a second person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction

from billing.models import HandAct
from billing.queries.discount_limits import limit_of
from billing.queries.hand_acts import limits_of
from billing.queries.orders import lines_of, order_named, present_version
from billing.queries.orders_by_hand import left_of, measure_of, moved_alone
from billing.rules.hand_acts import Measure, order_needs_second, written_order
from billing.rules.offers import Snapshot
from billing.rules.orders import CANCELLED, Line, OrderAsked
from billing.services import acting, hand_acts
from billing.services.hand_acts import Acted, Asked
from config.kernel.errors import InvalidRequest
from config.kernel.fingerprints import fingerprint_of
from wallets.queries.accounts import account_named


def place(*, asked: OrderAsked, form_token: str, user: User) -> Acted:
    """Place or cancel an order at once, or ask a second person where a rule says so. At most once a form token.

    Raises NotFound, InvalidRequest without a reason, Conflict where another version came meanwhile,
    IdempotencyKeyReused, and what `ordering.place` refuses.
    """
    if not asked.reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")
    act = HandAct(
        account_id=account_named(asked.account).pk,
        kind="cancel" if asked.state == CANCELLED else "order",
        reason=asked.reason.strip(),
        key=form_token,
        fingerprint=fingerprint_of((asked.external_id, asked.version, asked.fingerprint)),
        asked_by=user,
    )

    def prepare() -> Asked:
        measure, meant = _measured(asked)
        act.order = written_order(replace(asked, meant=meant), measure)
        units = list(measure.tokens.items())
        act.unit, tokens = units[0] if len(units) == 1 else ("", Decimal(0))
        discount = limit_of(user) if act.kind == "order" else None
        moved = moved_alone(user, act.kind, act.asked_at)
        why = order_needs_second(limits_of(act.kind), moved, measure, discount)
        return Asked(tokens, tokens, why=why)

    return hand_acts.act_once(act, prepare)


def _measured(asked: OrderAsked) -> tuple[Measure, Sequence[Snapshot]]:
    """What the order is worth, and what its lines mean by that: a second person agrees to no other.

    It is placed and undone again, so that whatever refuses it is said at once.
    """
    order = order_named(asked.external_id)
    present = present_version(order) if order else None
    before = left_of(order, lines_of(present)) if order and present else None
    try:
        with transaction.atomic():
            acting.place(asked)
            placed = order_named(asked.external_id)
            version = present_version(placed) if placed else None
            raise _Measured(lines_of(version) if version else [])
    except _Measured as found:
        measure = measure_of(found.lines)
        if before is not None and asked.state == CANCELLED:
            measure = before
        return measure, [line.offer for line in found.lines]


class _Measured(Exception):
    """The lines of an order that was placed to see what it is worth, and is undone with this."""

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self.lines = lines
