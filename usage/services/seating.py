"""The door for seats: taken, kept by signs of life, given back; beyond the base seats charged by the interval."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from config.kernel.database import call
from config.kernel.errors import DomainError, Unavailable, UnknownAccount
from usage.errors import CheckoutOver
from usage.models import Checkout
from usage.queries import seats
from usage.queries.moments import database_clock
from usage.queries.pricing_for import Priced
from usage.queries.standings import AccountStanding, standings
from usage.rules.orders import Item
from usage.rules.overrides import span
from usage.rules.refusals import refusal, reused
from usage.rules.seating import CheckinOrder, CheckoutOrder, SeatReceipt, pool_at
from usage.services import charging
from usage.services.charging import Outcome
from usage.services.metering import TRIES, asked_of, overtaken, priced_or_refused

SWEPT_AT_ONCE = 1000


def take(order: CheckoutOrder) -> SeatReceipt:
    """Take a seat: a base seat while one is free, else an overflow seat for an interval's tokens; at most once per key.

    A person who has a seat of the feature already gets that one.

    Raises UnknownAccount, UnknownFeature, Forbidden, NoRate, InsufficientTokens and the other refusals of a debit,
    IdempotencyKeyReused, Unavailable.
    """
    outcome = _taken(order)
    if isinstance(outcome, DomainError):
        return _known_or_refused(order, _of_no_list(outcome))
    if outcome.word not in ("base", "overflow", "known"):
        raise refusal(outcome.word, outcome.answer)
    return _told(UUID(outcome.answer["id"]), order.product_id, bool(outcome.answer.get("replayed")))


def beat(
    *, checkout_id: UUID, product_id: int, api_key_id: int, received_at: datetime, now: datetime | None = None
) -> SeatReceipt:
    """Keep a seat. The next interval is charged when the paid one is over, once; a free base seat is moved to.

    Raises CheckoutMissing, CheckoutOver, and the refusals of a debit, which leave the seat as it was.
    """
    row = seats.checkout_of(checkout_id, product_id)
    outcome = _kept(_order_of(row, api_key_id, received_at, now), checkout_id)
    if outcome.word == "ended":
        raise CheckoutOver()
    if outcome.word != "kept":
        raise refusal(outcome.word, outcome.answer)
    told = seats.seat(seats.checkout_of(checkout_id, product_id), _instant(outcome))
    return replace(told, refunded=Decimal(outcome.answer["refunded"]))


@transaction.atomic
def give_back(order: CheckinOrder) -> SeatReceipt:
    """End a seat; what is unused of its interval is given back as its rate says. At most once per key.

    Raises CheckoutMissing, CheckoutOver, IdempotencyKeyReused.
    """
    row = seats.checkout_of(order.checkout_id, order.product_id)
    done = call(
        "SELECT * FROM usage_checkin_v1(%(account)s, %(checkout)s, %(product)s, %(key)s, %(fingerprint)s, "
        "%(by)s, %(now)s)",
        {
            "account": row.account_id,
            "checkout": row.pk,
            "product": order.product_id,
            "key": order.key,
            "fingerprint": order.fingerprint,
            "by": order.by,
            "now": order.now,
        },
    )
    if done.outcome == "idempotency_key_reused":
        raise reused()
    if done.outcome == "over":
        raise CheckoutOver()
    told = seats.seat(seats.checkout_of(order.checkout_id, order.product_id), order.now or database_clock())
    return replace(told, refunded=done.refunded, tokens=done.came_to, is_replay=done.outcome == "known")


def sweep(now: datetime | None = None) -> int:
    """End the seats that gave no sign of life in time, account by account; answers how many."""
    moment = now or database_clock()
    accounts = Checkout.objects.filter(ended_at=None, alive_until__lte=moment).values_list(
        "account_id", flat=True
    )
    return sum(
        call(
            "SELECT usage_seats_sweep_v1(%(account)s, %(now)s) AS ended", {"account": account, "now": now}
        ).ended
        for account in sorted(set(accounts[:SWEPT_AT_ONCE]))
    )


def show(checkout_id: UUID, product_id: int) -> SeatReceipt:
    """The checkout as it is now.

    Raises CheckoutMissing.
    """
    return seats.seat(seats.checkout_of(checkout_id, product_id), database_clock())


def _taken(order: CheckoutOrder) -> Outcome | DomainError:
    """Price an interval and ask for a seat, again while prices or seats change under way."""
    moment = order.received_at
    for _ in range(TRIES):
        found = priced_or_refused(order, moment)
        if isinstance(found, DomainError):
            return found
        outcome = charging.checkout(
            {"order": _charge_of(order, found), "seat": _seat_of(order, found, found.moment)}
        )
        if outcome.word != "stale":
            return outcome
        moment = overtaken(order, outcome)
    raise _overtaken_too_often()


def _kept(order: CheckoutOrder, checkout_id: UUID) -> Outcome:
    """Give a sign of life, again while prices or seats change under way; only what is charged needs a price."""
    moment = order.received_at
    for _ in range(TRIES):
        found = priced_or_refused(order, moment)
        asked = (
            _unpriced(order, moment)
            if isinstance(found, DomainError)
            else {"order": _charge_of(order, found), "seat": _seat_of(order, found, found.moment)}
        )
        outcome = charging.heartbeat({**asked, "seat": {**asked["seat"], "checkout": checkout_id}})
        if outcome.word == "unpriced" and isinstance(found, DomainError):
            raise _of_no_list(found)
        if outcome.word != "stale":
            return outcome
        moment = overtaken(order, outcome)
    raise _overtaken_too_often()


def _overtaken_too_often() -> Unavailable:
    return Unavailable("Prices change faster than this call can be priced; send it again.")


def _unpriced(order: CheckoutOrder, moment: datetime) -> dict[str, Any]:
    """What a heartbeat needs but for a price: whose it is, and the base seats there are.

    Raises UnknownAccount.
    """
    account = standings().account(order.account)
    if account is None:
        raise UnknownAccount(f"There is no account {order.account}.")
    begins, ends = span(account.seats, moment)
    asked = {"account": account.account_id, "product": order.product_id, "now": order.now}
    asked |= {"revision": account.revision, "holds_from": begins, "holds_until": ends}
    return {"order": asked, "seat": _pool_of(account, order, moment)}


def _charge_of(order: CheckoutOrder, found: Priced) -> dict[str, Any]:
    return asked_of(order, found) | {
        "api_key": order.api_key_id,
        "key": order.key,
        "fingerprint": order.fingerprint.hex(),
        "subject": order.subject,
        "metadata": order.metadata,
    }


def _pool_of(account: AccountStanding, order: CheckoutOrder, moment: datetime) -> dict[str, Any]:
    pool = pool_at(account.seats, order.item.feature, moment)
    return {"pool": pool[0] if pool else None, "seats": pool[1] if pool else None}


def _seat_of(order: CheckoutOrder, found: Priced, moment: datetime) -> dict[str, Any]:
    terms = found.items[0].rate.seats
    return {
        **_pool_of(found.account, order, moment),
        "feature": found.items[0].feature_id,
        "person": order.person,
        "dimensions": dict(order.item.dimensions),
        "interval": int(terms.interval.total_seconds()),
        "heartbeat": int(terms.heartbeat.total_seconds()),
        "refunds": terms.refunds,
        "once": int(terms.once_per_user.total_seconds()) if terms.once_per_user else None,
    }


def _order_of(row: Checkout, api_key_id: int, received_at: datetime, now: datetime | None) -> CheckoutOrder:
    """The order that charges the next interval of a seat."""
    return CheckoutOrder(
        account=row.account.reference,
        product_id=row.product_id,
        api_key_id=api_key_id,
        key=f"checkout {row.pk}",
        fingerprint=b"",
        item=Item(row.feature.code, Decimal(1), row.dimensions),
        received_at=received_at,
        subject=row.subject,
        metadata=row.metadata,
        now=now,
    )


def _told(checkout_id: UUID, product_id: int, is_replay: bool) -> SeatReceipt:
    return replace(seats.seat_as_taken(seats.checkout_of(checkout_id, product_id)), is_replay=is_replay)


def _of_no_list(found: DomainError) -> DomainError:
    """The refusal as whoever takes a seat knows the fields: a checkout names its feature outside any list of items."""
    found.errors = tuple(
        replace(fault, pointer=fault.pointer.removeprefix("/items/0") or "/feature") for fault in found.errors
    )
    return found


def _known_or_refused(order: CheckoutOrder, found: DomainError) -> SeatReceipt:
    """A key that stands for an effect is answered before anything else is judged."""
    known = call(
        "SELECT k.* FROM wallets_account a, usage_known_v1(a.id, %(product)s, %(key)s) k "
        "WHERE a.reference = %(account)s",
        {"account": order.account, "product": order.product_id, "key": order.key},
    )
    if known is None or known.effect_id is None:
        raise found
    if bytes(known.fingerprint) != order.fingerprint:
        raise reused()
    return _told(known.effect_id, order.product_id, True)


def _instant(outcome: Outcome) -> datetime:
    return datetime.fromisoformat(outcome.answer["now"])
