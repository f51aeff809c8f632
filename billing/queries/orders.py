"""Orders: the lines of their versions, and what they came to, as callers see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Q

from billing.models import Order, OrderGrant, OrderLine, OrderName, OrderPeriod, OrderVersion
from billing.rules import offers
from billing.rules.orders import ACTIVE, Line
from config.kernel.amounts import plain, tokens
from config.kernel.errors import NotFound
from usage.queries.moments import database_clock
from usage.rules.answers import instant, instant_or_none
from wallets.models import Grant

Answer = dict[str, Any]


def order_named(external_id: str) -> Order | None:
    """The order of this name, with its account."""
    name = OrderName.objects.filter(external_id=external_id).first()
    return Order.objects.select_related("account").get(pk=name.order_id) if name else None


def present_version(order: Order) -> OrderVersion | None:
    """The version of an order that holds."""
    return order.versions.order_by("-number").first()


def lines_of(version: OrderVersion) -> list[Line]:
    """The lines of a version, in the order sent."""
    return [line_of(row) for row in sorted(version.lines.all(), key=lambda row: row.position)]


def line_of(row: OrderLine) -> Line:
    """A line as its row has it."""
    return Line(
        name=row.name,
        position=row.position,
        quantity=row.quantity,
        amount=row.amount,
        list_amount=row.list_amount,
        currency=row.currency,
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        run=row.run,
        offer=offers.read(row.snapshot),
    )


def last_runs(order: Order) -> dict[str, int]:
    """How often lines of each name have begun, less one."""
    rows = OrderLine.objects.filter(version__order=order).values("name").annotate(last=Max("run"))
    return {row["name"]: row["last"] for row in rows}


def present_versions(account_id: UUID) -> list[OrderVersion]:
    """The version that holds of each order of an account, the latest order first."""
    versions = OrderVersion.objects.filter(account_id=account_id).select_related("order")
    found = versions.order_by("-order_id", "-number").distinct("order_id")
    return list(found.prefetch_related("lines"))


def active_lines(account_id: UUID) -> list[tuple[Order, int, Line]]:
    """The lines of all orders of an account that are not cancelled, with the number of their version."""
    found: list[tuple[Order, int, Line]] = []
    for version in present_versions(account_id):
        if version.state == ACTIVE:
            found += [(version.order, version.number, line) for line in lines_of(version)]
    return found


def other_lines(account_id: UUID, order: Order | None) -> list[Line]:
    """The lines of an account's orders that are not cancelled, but for one order."""
    return [line for each, _, line in active_lines(account_id) if order is None or each.pk != order.pk]


def order(external_id: str) -> Answer:
    """An order as it stands now.

    Raises NotFound.
    """
    found = order_named(external_id)
    version = present_version(found) if found else None
    if found is None or version is None:
        raise NotFound(f"There is no order {external_id}.")
    return shown(found, version, lines_of(version), database_clock())


def shown(order: Order, version: OrderVersion, lines: Iterable[Line], moment: datetime) -> Answer:
    """A version of an order with what each of its lines has come to."""
    return {
        "external_id": order.external_id,
        "version": version.number,
        "state": version.state,
        "account": order.account.reference,
        "starts_at": instant(version.starts_at),
        "lines": [_line(order, version, line, moment) for line in lines],
        "recorded_at": instant(version.recorded_at),
        "billing": version.billing or None,
    }


def _line(order: Order, version: OrderVersion, line: Line, moment: datetime) -> Answer:
    offer, is_live = line.offer, version.state == ACTIVE and line.is_active(moment)
    return {
        "line": line.name,
        "sku": offer.code,
        "name": offer.name,
        "state": _state(version, line, moment),
        "quantity": plain(line.quantity),
        "amount": plain(line.amount),
        "currency": line.currency,
        "starts_at": instant(line.begins_at),
        "ends_at": instant_or_none(line.ends_at),
        "period": _period(order, line, moment) if offer.period else None,
        "grants": grants_of(order, line, moment),
        "seats": [
            {"pattern": part.pattern, "seats": int(part.seats * line.quantity)}
            for part in offer.seats
            if is_live
        ],
        "allowances": [
            {"pattern": part.pattern, "units": plain(part.units * line.quantity), "period": part.period}
            for part in offer.allowances
            if is_live
        ],
        "access": list(offer.access) if is_live else [],
        "rate_table": offer.rate_table or None if is_live else None,
    }


def _state(version: OrderVersion, line: Line, moment: datetime) -> str:
    if version.state != ACTIVE:
        return version.state
    if line.has_ended(moment):
        return "ended"
    return "active" if line.is_active(moment) else "scheduled"


def _period(order: Order, line: Line, moment: datetime) -> Answer | None:
    """The running period, or the first where none has begun."""
    rows = OrderPeriod.objects.filter(order=order, line=line.name, run=line.run)
    row = rows.filter(Q(ends_at=None) | Q(ends_at__gt=moment)).order_by("number").first()
    if row is None:
        return None
    return {
        "starts_at": instant(row.starts_at),
        "ends_at": instant_or_none(row.ends_at),
        "amount": plain(row.amount),
    }


def grants_of(order: Order, line: Line, moment: datetime) -> list[Answer]:
    """What a line gave once or gives in periods that are not over: tokens granted, and those it took back since."""
    rows = OrderGrant.objects.filter(portion__order=order, portion__line=line.name)
    going_on = Q(portion__ends_at=None) | Q(portion__ends_at__gt=moment)
    found = list(rows.filter(going_on).order_by("grant_id"))
    grants = Grant.objects.select_related("wallet__unit").in_bulk([each.grant_id for each in found])
    return [_grant(each, grants) for each in found]


def _grant(each: OrderGrant, grants: Mapping[UUID, Grant]) -> Answer:
    grant = grants[each.grant_id]
    return {
        "id": str(each.grant_id),
        "token": grant.wallet.unit.code,
        "kind": grant.kind,
        "tokens": tokens(each.tokens),
        "taken_back": tokens(each.taken),
        "effective_at": instant(grant.effective_at),
        "expires_at": instant_or_none(grant.expires_at),
    }
