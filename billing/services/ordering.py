"""Orders as other systems send them: each version takes effect once, at once, and the highest holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from billing.models import Order, OrderAnswer, OrderLine, OrderName, OrderVersion
from billing.queries.offers import offers_named, snapshot_of
from billing.queries.orders import last_runs, lines_of, order_named, other_lines, present_version, shown
from billing.rules import offers
from billing.rules.offers import Snapshot
from billing.rules.orders import (
    ACTIVE,
    CANCELLED,
    Line,
    LineAsked,
    OrderAsked,
    check,
    check_windows,
    names_of,
)
from billing.services import bought_terms, entitlements
from billing.services.order_acts import Act
from config.kernel.amounts import DIGITS_BEFORE_THE_POINT, EXACT, to_money_places
from config.kernel.database import too_large
from config.kernel.errors import Conflict, FieldError, IdempotencyKeyReused, InvalidRequest, UnknownReference
from usage.queries.moments import next_effect
from usage.services.authors import Author
from wallets.errors import AccountClosed
from wallets.models import Account, Currency
from wallets.queries.accounts import account_id_of

Answer = dict[str, Any]


class _Raced(Exception):
    """Somebody else made an order of this name for another account meanwhile."""


@dataclass(frozen=True, slots=True)
class _Former:
    """The version that a new one follows. lines: by name, none where it is cancelled. runs: the last of each name."""

    version: OrderVersion | None
    lines: Mapping[str, Line]
    runs: Mapping[str, int]


def place(asked: OrderAsked, now: datetime | None = None) -> Answer:
    """Let this version of the order take effect, or answer what it answered first.

    One lower than the present changes nothing; its answer says `superseded`.

    Raises InvalidRequest, AccountMissing, AccountClosed, UnknownReference, UnknownTable, Conflict where the order is
    another account's, or is there and was to be new, IdempotencyKeyReused.
    """
    names = names_of(asked.lines)
    try:
        return _place(asked, names, now)
    except _Raced:
        return _place(asked, names, now)


@transaction.atomic
def _place(asked: OrderAsked, names: Sequence[str], now: datetime | None) -> Answer:
    order = None if asked.is_new else _named(asked)
    account_id = order.account_id if order else account_id_of(asked.account)
    state = bought_terms.lock(account_id)
    order = order or _named(asked)
    moment, cause_id = next_effect()
    moment = now or moment
    present = present_version(order) if order else None
    if order and present and (answer := _first_answer(order, present, asked)) is not None:
        return answer
    account = _account_of(asked, order, account_id)
    if state == Account.State.CLOSED and asked.state != CANCELLED:
        raise AccountClosed(errors=[FieldError("/account", "The account is closed.")])
    former = _former(order, present)
    lines = _lines(asked, names, former, moment)
    check(asked, lines, dict(former.lines), moment)
    if asked.state == ACTIVE and any(line.offer.allowances for line in lines):
        check_windows(lines, other_lines(account_id, order))
    order = order or _open(asked, account, moment)
    author = Author(asked.by, asked.reason or f"Order {asked.external_id}, version {asked.version}.")
    version = _version(asked, order, former, moment)
    _write_down(version, lines)
    after = {line.name: line for line in lines} if asked.state == ACTIVE else {}
    act = Act(account, order, asked.version, author, moment, cause_id)
    entitlements.take_effect(act, former.lines, after)
    entitlements.add_up(account=account, author=author, moment=moment)
    return _answered(order, version, lines, moment)


def _named(asked: OrderAsked) -> Order | None:
    """The order of this name: asked before the lock, which is its account's, where it may be there, and under it.

    Raises Conflict where it was to be new.
    """
    order = order_named(asked.external_id)
    if order is not None and asked.is_new:
        raise Conflict(f"There is an order {asked.external_id} that {asked.by} did not place.")
    return order


def _first_answer(order: Order, present: OrderVersion, asked: OrderAsked) -> Answer | None:
    """What this version was answered before, or would not change; None where it is to take effect."""
    known = order.versions.filter(number=asked.version).first()
    if known is not None:
        if bytes(known.fingerprint) != asked.fingerprint:
            raise IdempotencyKeyReused(
                f"Version {asked.version} of the order stands for another body already; send a higher version."
            )
        answer: Answer = json.loads(known.answers.get().text)
    elif asked.version > present.number:
        return None
    else:
        answer = {
            "external_id": order.external_id,
            "version": asked.version,
            "state": asked.state,
            "account": order.account.reference,
            "lines": [],
        }
    if asked.version < present.number:
        answer |= {"superseded": True, "present_version": present.number}
    return answer


def _account_of(asked: OrderAsked, order: Order | None, locked_id: UUID) -> Account:
    account_id = account_id_of(asked.account) if order else locked_id
    if order is not None and order.account_id != account_id:
        detail = f"The order is the account {order.account.reference}'s; another account needs an order of its own."
        raise Conflict(detail, errors=[FieldError("/account", detail)])
    return Account.objects.get(pk=account_id)


def _former(order: Order | None, present: OrderVersion | None) -> _Former:
    if order is None or present is None:
        return _Former(None, {}, {})
    lines = lines_of(present) if present.state == ACTIVE else []
    return _Former(present, {line.name: line for line in lines}, last_runs(order))


def _lines(asked: OrderAsked, names: Sequence[str], former: _Former, moment: datetime) -> list[Line]:
    """The lines as they are meant now: a line that names the same SKU as before means what it meant then.

    Raises UnknownReference, InvalidRequest.
    """
    meant: Sequence[Snapshot | None] = asked.meant or [
        _meant_before(former, name, line) for name, line in zip(names, asked.lines, strict=True)
    ]
    unknown = {line.sku for line, known in zip(asked.lines, meant, strict=True) if known is None}
    found = offers_named(unknown)
    faults, lines = [], []
    for place, (line, name) in enumerate(zip(asked.lines, names, strict=True)):
        offer = found.get(line.sku)
        snapshot = meant[place]
        if snapshot is None and offer is None:
            faults.append(FieldError(f"/lines/{place}/sku", f"There is no SKU {line.sku}."))
        elif snapshot is None and offer is not None and not offer.is_sold:
            faults.append(FieldError(f"/lines/{place}/sku", f"The SKU {line.sku} is not on sale any more."))
        else:
            lines.append((place, line, name, snapshot or snapshot_of(offer)))  # type: ignore[arg-type]
    if faults:
        raise UnknownReference(faults[0].detail, errors=faults)
    currencies = set(Currency.objects.values_list("code", flat=True))
    return [
        _begun(asked, former, _line(place, line, name, meaning, currencies, moment), moment)
        for place, line, name, meaning in lines
    ]


def _meant_before(former: _Former, name: str, line: LineAsked) -> Snapshot | None:
    known = former.lines.get(name)
    return known.offer if known is not None and known.offer.code == line.sku else None


def _line(
    place: int, asked: LineAsked, name: str, offer: Snapshot, currencies: set[str], moment: datetime
) -> Line:
    currency = asked.currency or offer.currency
    if currency not in currencies:
        detail = f"There is no rate for the currency {currency}."
        raise UnknownReference(detail, errors=[FieldError(f"/lines/{place}/currency", detail)])
    if currency != offer.currency and asked.amount is None:
        detail = f"The list price is in {offer.currency}: an amount in {currency} needs to be said."
        raise InvalidRequest.at(f"/lines/{place}/amount", detail)
    listed = to_money_places(EXACT.multiply(offer.list_price, asked.quantity))
    most = Decimal(10) ** DIGITS_BEFORE_THE_POINT
    if listed >= most or any(offers.tokens_of(part, asked.quantity) >= most for part in offer.tokens):
        raise too_large()
    amount = listed if asked.amount is None else asked.amount
    return Line(
        name=name,
        position=place,
        quantity=asked.quantity,
        amount=amount,
        list_amount=listed if currency == offer.currency else amount,
        currency=currency,
        begins_at=moment,
        ends_at=asked.ends_at,
        run=0,
        offer=offer,
    )


def _begun(asked: OrderAsked, former: _Former, line: Line, moment: datetime) -> Line:
    """Since when the line counts: a line that goes on keeps its beginning, one that is new begins now or later."""
    known = former.lines.get(line.name)
    if known is not None and _goes_on(asked, known, line, moment):
        return replace(line, begins_at=known.begins_at, run=known.run)
    run = former.runs.get(line.name, -1) + 1
    start = asked.starts_at or moment
    if known is not None and asked.starts_at is None and known.begins_at > moment:
        start = known.begins_at
    return replace(line, begins_at=start if former.version is None else max(start, moment), run=run)


def _goes_on(asked: OrderAsked, known: Line, line: Line, moment: datetime) -> bool:
    """Whether a line goes on as it began: by the same kind of period, neither ended nor put off."""
    if known.offer.period != line.offer.period:
        return False
    if known.has_ended(moment):
        return line.ends_at == known.ends_at
    return known.begins_at <= moment or asked.starts_at in (None, known.begins_at)


def _open(asked: OrderAsked, account: Account, moment: datetime) -> Order:
    try:
        with transaction.atomic():
            order = Order.objects.create(account=account, external_id=asked.external_id, recorded_at=moment)
            OrderName.objects.create(external_id=asked.external_id, order_id=order.pk)
            return order
    except IntegrityError as fault:
        raise _Raced from fault


def _version(asked: OrderAsked, order: Order, former: _Former, moment: datetime) -> OrderVersion:
    known = former.version.starts_at if former.version else moment
    return OrderVersion.objects.create(
        account=order.account,
        order=order,
        number=asked.version,
        fingerprint=asked.fingerprint,
        state=asked.state,
        starts_at=asked.starts_at or known,
        placed_by=asked.by,
        reason=asked.reason,
        billing=asked.billing or (former.version.billing if former.version else ""),
        recorded_at=moment,
    )


def _write_down(version: OrderVersion, lines: Sequence[Line]) -> None:
    OrderLine.objects.bulk_create(
        OrderLine(
            account=version.account,
            version=version,
            name=line.name,
            position=line.position,
            sku=line.offer.code,
            quantity=line.quantity,
            amount=line.amount,
            list_amount=line.list_amount,
            currency=line.currency,
            begins_at=line.begins_at,
            ends_at=line.ends_at,
            run=line.run,
            snapshot=offers.kept(line.offer),
        )
        for line in lines
    )


def _answered(order: Order, version: OrderVersion, lines: Sequence[Line], moment: datetime) -> Answer:
    answer = shown(order, version, lines, moment)
    OrderAnswer.objects.create(version=version, account=order.account, text=json.dumps(answer))
    return answer
