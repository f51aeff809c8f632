"""What an act at the desk does, once nobody else has to agree: under its locks, taken in the order of the house."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from billing.models import HandAct
from billing.models.act import OF_ORDERS
from billing.rules.hand_acts import read, read_order, read_reversal
from billing.services import bought_terms, ordering, quotation_answers, top_ups, trial_life
from config.kernel.errors import Conflict
from usage.rules.grants import GrantOrder
from usage.rules.orders import ReversalOrder
from usage.services import granting, reversing
from usage.services.authors import Author
from usage.services.books import require_open
from usage.services.claims import THE_DESK, Call
from wallets.models import Grant
from wallets.services import ledger

NAME_LENGTH = 150


def lock(act: HandAct) -> None:
    """Lock the act's account, and before it what its kind needs."""
    if act.kind in OF_ORDERS:
        bought_terms.lock(act.account_id)
        return
    if act.kind == "expiry":
        assert act.grant_id is not None
        trial_life.lock_of(act.grant_id)
    ledger.lock(act.account_id)


def do(act: HandAct, by: str) -> UUID | None:
    """Do it in this name; answers the grant, if there is one.

    Raises whatever the act is refused for.
    """
    call = Call(THE_DESK, act.key, bytes(act.fingerprint), by[:NAME_LENGTH])
    if act.kind in OF_ORDERS:
        _order(act, call.by)
    elif act.kind == "void":
        _void(act, call)
    elif act.kind == "expiry":
        _move_expiry(act, call)
    elif act.kind == "reversal":
        _reverse(act, call)
    else:
        order = read(act.order)
        require_open_books(order)
        return UUID(granting.grant(reference=act.account.reference, order=order, call=call).answer["id"])
    return act.grant_id


def require_open_books(order: GrantOrder) -> None:
    """See that a grant by hand does not start in a closed month.

    Raises PeriodClosed.
    """
    if order.effective_at is not None:
        require_open(order.effective_at, "This grant would start on")


def _order(act: HandAct, by: str) -> None:
    """Place the order that was asked for, as the quotation or the top-up that it is, if it is one."""
    if "quotation" in act.order:
        _accept(act, by)
    elif "top_up" in act.order:
        top_up_id = UUID(act.order["top_up"])
        top_ups.require_pending(top_up_id)
        top_ups.confirm(top_up_id=top_up_id, author=Author(by, act.reason))
    elif ordering.place(replace(read_order(act.order), by=by)).get("superseded"):
        raise Conflict("Another version of the order came meanwhile: look at it again.")


def _accept(act: HandAct, by: str) -> None:
    quotation_id = UUID(act.order["quotation"])
    quotation_answers.require_open(quotation_id)
    quotation_answers.accept(
        quotation_id=quotation_id,
        answered_by=act.order["answered_by"],
        reference=act.order["reference"],
        user=act.asked_by,
        by=by,
    )


def _void(act: HandAct, call: Call) -> None:
    """Take back no more than was asked for: tokens may have come back to the grant since."""
    assert act.grant_id is not None
    lock(act)
    ledger.settle(account_id=act.account_id)
    at_stake = act.order.get("at_stake")
    left = Grant.objects.filter(pk=act.grant_id).values_list("remaining", flat=True).get()
    if at_stake is not None and left > Decimal(at_stake):
        raise Conflict("More is left of it now than when it was asked for: decline it, and ask anew.")
    granting.void(grant_id=act.grant_id, reason=act.reason, call=call)


def _move_expiry(act: HandAct, call: Call) -> None:
    assert act.grant_id is not None
    told = act.order["expires_at"]
    ends = None if told is None else datetime.fromisoformat(told)
    trial_life.move_expiry(grant_id=act.grant_id, expires_at=ends, reason=act.reason, call=call)


def _reverse(act: HandAct, call: Call) -> None:
    debit_id, product_id, tokens = read_reversal(act.order)
    reversing.reverse(
        ReversalOrder(
            debit_id=debit_id,
            product_id=product_id,
            key=act.key,
            fingerprint=bytes(act.fingerprint),
            tokens=tokens,
            reason=act.reason,
            recorded_by=call.by,
        )
    )
