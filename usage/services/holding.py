"""The door for work whose cost is known at its end: hold an estimate, charge what it came to, give back the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from config.kernel.database import call
from config.kernel.errors import DomainError, Unavailable
from usage.models import HoldRequest
from usage.queries import holds
from usage.queries.pricing_for import Priced, refresh
from usage.rules.holds import CaptureOrder, HoldOrder, HoldReceipt, ReleaseOrder
from usage.rules.refusals import refusal, reused
from usage.services import charging
from usage.services.charging import Outcome
from usage.services.metering import TRIES, dated_wrongly, overtaken, priced_or_refused, request_of
from wallets.errors import HoldExpired, HoldSettled
from wallets.services import ledger
from wallets.services.sweeping import settle_if_due


def make(order: HoldOrder) -> HoldReceipt:
    """Price an estimate as a debit, judge it, and pin its tokens for `order.expires_in` seconds; at most once per key.

    Raises UnknownAccount, UnknownFeature, UnknownReference, Forbidden, NoRate, InsufficientTokens, AccountSuspended,
    NotEntitled, LimitReached, InvalidRequest, IdempotencyKeyReused, Unavailable.
    """
    moment = order.occurred_at or order.received_at
    for _ in range(TRIES):
        found = priced_or_refused(order, moment)
        if isinstance(found, DomainError):
            return _known_hold(order, dated_wrongly(order) or found)
        outcome = charging.hold({**request_of(order, found), "expires_in": order.expires_in})
        if outcome.word != "stale":
            return _held(outcome)
        moment = overtaken(order, outcome)
    raise Unavailable("Prices change faster than this call can be priced; send the same key again.")


def capture(order: CaptureOrder) -> HoldReceipt:
    """Charge usage to a hold, at the prices and by the policy that it keeps; at most once per key.

    Held tokens are drawn first, then more. A final capture gives the rest back. Without any item it is a release.
    Budgets count it and refuse nothing of it; allowances cover what they have left.

    Raises HoldMissing, HoldSettled, HoldExpired, UnknownFeature, Forbidden, NoRate, InsufficientTokens,
    IdempotencyKeyReused, InvalidRequest, Unavailable.
    """
    row = holds.request_of(order.hold_id, order.product_id)
    if order.items is not None and not order.items:
        return release(_as_release(order))
    items = holds.estimated(row) if order.items is None else order.items
    for number in range(TRIES):
        try:
            found = holds.priced_for(row, items)
        except DomainError as refused:
            if number:
                return _known_capture(row, order, refused)
            refresh(account=row.account.reference, moment=row.occurred_at)  # by what the database says now
            continue
        outcome = charging.capture(_request(row, order, found))
        if outcome.word != "stale":
            return _captured(outcome)
        refresh(account=row.account.reference, moment=row.occurred_at)
    raise Unavailable(
        "The account's rules change faster than this call can be judged; send the same key again."
    )


@transaction.atomic
def release(order: ReleaseOrder) -> HoldReceipt:
    """Give back all that a hold keeps, at most once per key. One past its end keeps nothing: that is no fault.

    Raises HoldMissing, HoldSettled, HoldExpired (asked as a capture), IdempotencyKeyReused.
    """
    row = holds.request_of(order.hold_id, order.product_id or None)
    done = call(
        "SELECT * FROM usage_release_v1(%(account)s, %(hold)s, %(product)s, %(key)s, %(fingerprint)s, "
        "%(is_capture)s, %(reason)s, %(by)s, %(now)s)",
        {
            "account": row.account_id,
            "hold": order.hold_id,
            "product": order.product_id,
            "key": order.key,
            "fingerprint": order.fingerprint,
            "is_capture": order.is_capture,
            "reason": order.reason,
            "by": order.recorded_by,
            "now": order.now,
        },
    )
    if done.outcome == "idempotency_key_reused":
        raise reused()
    if done.outcome == "settled":
        raise _over(done.state)
    return replace(holds.hold_after_release(done.effect_id), is_replay=done.outcome == "known")


def extend(*, hold_id: UUID, product_id: int, expires_in: int, now: datetime | None = None) -> HoldReceipt:
    """Let a hold last for `expires_in` seconds from now; it never gets shorter. Asked again it extends again.

    Raises HoldMissing, HoldSettled, HoldExpired.
    """
    row = holds.request_of(hold_id, product_id)
    ledger.extend(account_id=row.account_id, hold_id=hold_id, seconds=expires_in, now=now)
    return holds.hold(hold_id)


def show(hold_id: UUID, product_id: int) -> HoldReceipt:
    """The hold as it is now: one that is past its end has expired, whether or not a sweep has noticed.

    Raises HoldMissing.
    """
    settle_if_due(holds.request_of(hold_id, product_id).account_id)
    return holds.hold(hold_id)


def _held(outcome: Outcome) -> HoldReceipt:
    if outcome.word == "held":
        return holds.hold_as_made(UUID(outcome.answer["id"]))
    if outcome.word == "known":
        return _made_before(UUID(outcome.answer["id"]))
    raise refusal(outcome.word, outcome.answer)


def _captured(outcome: Outcome) -> HoldReceipt:
    if outcome.word in ("charged", "covered", "overage", "known"):
        told = holds.hold_after_capture(UUID(outcome.answer["id"]))
        return replace(told, is_replay=outcome.word == "known")
    if outcome.word == "settled":
        raise _over(outcome.answer["state"])
    raise refusal(outcome.word, outcome.answer)


def _over(state: str) -> DomainError:
    return HoldExpired() if state == "expired" else HoldSettled()


def _known_hold(order: HoldOrder, refused: DomainError) -> HoldReceipt:
    """A key that stands for an effect is answered before anything else is judged."""
    known = call(
        "SELECT k.* FROM wallets_account a, usage_known_v1(a.id, %(product)s, %(key)s) k "
        "WHERE a.reference = %(account)s",
        {"account": order.account, "product": order.product_id, "key": order.key},
    )
    if known is None or known.effect_id is None:
        raise refused
    if bytes(known.fingerprint) != order.fingerprint:
        raise reused()
    return _made_before(known.effect_id)


def _known_capture(row: HoldRequest, order: CaptureOrder, refused: DomainError) -> HoldReceipt:
    known = call(
        "SELECT * FROM usage_known_v1(%(account)s, %(product)s, %(key)s)",
        {"account": row.account_id, "product": order.product_id, "key": order.key},
    )
    if known.effect_id is None:
        raise refused
    if bytes(known.fingerprint) != order.fingerprint:
        raise reused()
    return replace(holds.hold_after_capture(known.effect_id), is_replay=True)


def _made_before(hold_id: UUID) -> HoldReceipt:
    return replace(holds.hold_as_made(hold_id), is_replay=True)


def _request(row: HoldRequest, order: CaptureOrder, found: Priced) -> dict[str, Any]:
    """What the SQL function is told: the lines, and of the rest what the hold keeps."""
    said = found.request() | {
        "hold": order.hold_id,
        "is_final": order.is_final,
        "product": row.product_id,
        "api_key": order.api_key_id,
        "key": order.key,
        "fingerprint": order.fingerprint.hex(),
        "epoch": row.epoch,
        "known_at": found.epoch,
        "occurred_at": row.occurred_at,
        "subject": row.subject,
        "metadata": row.metadata,
    }
    rules = found.rules(row.subject or {})
    if rules is not None:
        said["rules"] = rules
    if order.now is not None:
        said["now"] = order.now
    return said


def _as_release(order: CaptureOrder) -> ReleaseOrder:
    return ReleaseOrder(
        order.hold_id,
        order.product_id,
        order.key,
        order.fingerprint,
        is_capture=True,
        now=order.now,
    )
