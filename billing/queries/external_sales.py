"""What is left of a sale of an outside system's: its lines less what was given back, and what was kept of it before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef

from billing.models import ExternalRefund, Order, OrderLine, OrderPeriod, RefundChange
from billing.queries.offers import offers_named, snapshot_of
from billing.queries.orders import line_of, lines_of, present_version
from billing.rules import sales
from billing.rules.connecting import Refund, Sale
from billing.rules.orders import ACTIVE, Line, LineAsked, names_of
from billing.rules.sales import GivenBack, Priced
from config.kernel.amounts import EXACT, to_money_places
from config.kernel.errors import Conflict, UnknownReference

NOTHING = Decimal(0)


def standing_of(refund: ExternalRefund) -> ExternalRefund | RefundChange:
    """How a refund stands: as it was told, or as its last change has it."""
    return refund.changes.order_by("-number").first() or refund


@dataclass(frozen=True, slots=True)
class _Given:
    """A refund as it stands, or as it was told."""

    amount: Decimal
    currency: str
    is_whole: bool
    lines: Mapping[str, Decimal]


def left_of(
    refunds: Sequence[ExternalRefund], asked: Sequence[LineAsked], order: Order | None
) -> Sequence[LineAsked] | None:
    """The lines of a sale less what was given back of it; None where that is all.

    A line that is paid once and was over before its time is less what was kept then for tokens that were spent or held:
    in all it costs what it costs.

    Raises UnknownReference, Conflict where it was given back in another currency.
    """
    given = []
    for each in refunds:
        stands = standing_of(each)
        given.append(_Given(stands.amount, each.currency, stands.is_whole, sales.amounts(stands.lines)))
    present = present_version(order) if order else None
    return _left(asked, given, order.pk if order else None, lines_of(present) if present else [])


def as_ordered(
    told: Sale, refunds: Sequence[Refund], order_id: UUID | None, present: Sequence[Line]
) -> Sequence[Priced] | None:
    """The lines, with their prices, of an order that follows from a sale and its refunds; None: nothing is left.

    order_id: of the order that the sale is, if any. present: its lines, which keep what their offers meant.
    Raises UnknownReference, Conflict.
    """
    asked = [sales.asked_of(line) for line in told.lines]
    given = [_Given(each.amount, each.currency, each.is_whole, each.lines or {}) for each in refunds]
    left = _left(asked, given, order_id, present)
    return None if left is None else _priced(left, present)


def _left(
    asked: Sequence[LineAsked], refunds: Sequence[_Given], order_id: UUID | None, present: Sequence[Line]
) -> Sequence[LineAsked] | None:
    if any(each.is_whole for each in refunds):
        return None
    kept = _kept_before(order_id) if order_id else {}
    if not refunds and not kept:
        return asked
    lines = _priced(asked, present)
    currencies = {each.currency for each in lines} | {each.currency for each in refunds if each.amount}
    if len(currencies) > 1:
        raise Conflict(f"What was sold and what was given back is in {', '.join(sorted(currencies))}.")
    before = {line.name: kept.get((line.name, line.line.sku), NOTHING) for line in lines}
    given = [GivenBack(each.amount, each.lines) for each in refunds]
    return sales.lessened(lines, [*given, GivenBack(sum(before.values(), NOTHING), before)])


def _kept_before(order_id: UUID) -> Mapping[tuple[str, str], Decimal]:
    """What former runs of lines that are paid once cost, by line and SKU, where a version ended them."""
    rows = OrderLine.objects.filter(
        version__order=OuterRef("order"), name=OuterRef("line"), run=OuterRef("run")
    )
    goes_on = rows.filter(version__number=OuterRef("version"), version__state=ACTIVE)
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for period in OrderPeriod.objects.filter(~Exists(goes_on), order=order_id, amount__gt=0):
        line = _line_of(period)
        if not line.offer.period:
            found[line.name, line.offer.code] += period.amount
    return found


def _line_of(period: OrderPeriod) -> Line:
    rows = OrderLine.objects.filter(version__order=period.order_id, name=period.line, run=period.run)
    return line_of(rows.latest("version__number"))


def _priced(asked: Sequence[LineAsked], present: Sequence[Line]) -> list[Priced]:
    """The lines with their prices, by default the list price of what the order means by a SKU."""
    known = {(line.name, line.offer.code): line.offer for line in present}
    offers = offers_named({line.sku for line in asked})
    found = []
    for line, name in zip(asked, names_of(asked), strict=True):
        meant = known.get((name, line.sku))
        if meant is None and line.sku not in offers:
            raise UnknownReference(f"There is no SKU {line.sku}.")
        meant = meant or snapshot_of(offers[line.sku])
        listed = to_money_places(EXACT.multiply(meant.list_price, line.quantity))
        amount = listed if line.amount is None else line.amount
        found.append(Priced(name, line, amount, line.currency or meant.currency, not meant.seats))
    return found
