"""Orders that people place at the desk, cancel, accept as quotations or confirm as paid: at once, or by two.

An order is placed to see what it is worth, and undone again where a rule asks for a second person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from billing.errors import AskedAlready, TopUpMissing
from billing.models import HandAct, TopUp
from billing.queries.discount_limits import limit_of
from billing.queries.hand_acts import asked_about, limits_of
from billing.queries.orders import lines_of, order_named, present_version
from billing.queries.orders_by_hand import left_of, measure_of, moved_alone
from billing.queries.quotations import quotation_of
from billing.rules.hand_acts import Measure, order_needs_second, written_order
from billing.rules.offers import Snapshot
from billing.rules.orders import CANCELLED, Line, OrderAsked
from billing.services import acting, hand_acts, quotation_answers, top_ups
from billing.services.hand_acts import Acted, Asked
from config.kernel.errors import InvalidRequest
from config.kernel.fingerprints import fingerprint_of
from usage.queries.moments import database_clock
from wallets.queries.accounts import account_named

NOTHING = Measure({}, {})


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
    discount = limit_of(user) if act.kind == "order" else None
    return hand_acts.act_once(act, lambda: _asked(act, asked, discount))


def accept(*, quotation_id: UUID, answered_by: str, reference: str, form_token: str, user: User) -> Acted:
    """Accept a quotation at once, or ask a second person where the rule for orders says so. At most once a form token.

    What is taken off was judged when it was sent, so it is not judged again.

    Raises UnknownQuotation, QuotationNotOpen, AskedAlready, IdempotencyKeyReused, and what
    `quotation_answers.accept` refuses.
    """
    if not answered_by.strip():
        raise InvalidRequest.at("/answered_by", "Say who accepted it.")
    told = quotation_of(quotation_id, database_clock())
    act = HandAct(
        account_id=told.account_id,
        kind="order",
        order={"quotation": str(told.pk), "answered_by": answered_by.strip(), "reference": reference.strip()},
        reason=f"Quotation {told.number}, accepted by {answered_by.strip()}.",
        key=form_token,
        fingerprint=fingerprint_of(("accept", quotation_id, answered_by, reference)),
        asked_by=user,
    )

    def prepare() -> Asked:
        quotation = quotation_answers.require_open(quotation_id)
        _require_unasked(act.account_id, "quotation", quotation_id)
        order = quotation_answers.order_of(quotation, answered_by, user.get_username(), database_clock())
        return _asked(act, order, None)

    return hand_acts.act_once(act, prepare)


def confirm(*, top_up_id: UUID, reason: str, form_token: str, user: User) -> Acted:
    """Confirm that a top-up is paid, or ask a second person where the rule for orders says so.

    At most once a form token.

    Raises TopUpMissing, InvalidRequest without a reason, Conflict where it does not wait, AskedAlready,
    IdempotencyKeyReused, and what ordering refuses.
    """
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")
    told = TopUp.objects.filter(pk=top_up_id).first()
    if told is None:
        raise TopUpMissing
    act = HandAct(
        account_id=told.account_id,
        kind="order",
        order={"top_up": str(told.pk)},
        reason=reason.strip(),
        key=form_token,
        fingerprint=fingerprint_of(("paid", top_up_id, reason)),
        asked_by=user,
    )

    def prepare() -> Asked:
        top_up = top_ups.require_pending(top_up_id)
        _require_unasked(act.account_id, "top_up", top_up_id)
        return _asked(act, top_ups.order_of(top_up, user.get_username(), reason), None)

    return hand_acts.act_once(act, prepare)


def _require_unasked(account_id: UUID, what: str, subject_id: UUID) -> None:
    """Raises AskedAlready."""
    waiting = asked_about(account_id, what, subject_id)
    if waiting is not None and waiting.is_waiting:
        raise AskedAlready(f"{waiting.asked_by} asked for it: it waits for a second person already.")


def _asked(act: HandAct, asked: OrderAsked, discount: Decimal | None) -> Asked:
    """What the order of an act is worth, and why it needs a second person, if it does."""
    act.order |= written_order(asked, NOTHING)
    measure, meant = _measured(act, asked)
    act.order |= written_order(replace(asked, meant=meant), measure)
    units = list(measure.tokens.items())
    act.unit, tokens = units[0] if len(units) == 1 else ("", Decimal(0))
    moved = moved_alone(act.asked_by, act.kind, act.asked_at)
    return Asked(tokens, tokens, why=order_needs_second(limits_of(act.kind), moved, measure, discount))


def _measured(act: HandAct, asked: OrderAsked) -> tuple[Measure, Sequence[Snapshot]]:
    """What the order is worth, and what its lines mean by that: a second person agrees to no other.

    It is placed and undone again, so that whatever refuses it is said at once.
    """
    order = order_named(asked.external_id)
    present = present_version(order) if order else None
    before = left_of(order, lines_of(present)) if order and present else None
    try:
        with transaction.atomic():
            acting.do(act, asked.by)
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
