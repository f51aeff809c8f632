"""What outside systems sold and gave back, as orders: by their versions, whatever the order in which they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256

from django.db import transaction

from billing.errors import NotThereYet
from billing.models import Connection, ExternalRefund, ExternalSale
from billing.queries.offers import offers_named, snapshot_of
from billing.queries.orders import lines_of, order_named, present_version
from billing.rules import sales
from billing.rules.connecting import Refund, Sale
from billing.rules.handling import Came
from billing.rules.orders import CANCELLED, Line, LineAsked, OrderAsked, names_of
from billing.services import bought_terms, ordering
from billing.services.links import account_meant
from config.kernel.amounts import EXACT, plain, to_money_places
from config.kernel.errors import Conflict, IdempotencyKeyReused, UnknownReference
from usage.queries.moments import database_clock


@transaction.atomic
def sold(row: Connection, wish: Sale) -> Came:
    """Let an order of this connection's be as the sale says, less what was given back of it.

    A version below one that was told before changes nothing. The order's versions are numbered as the sale's, or with
    the next number where a refund took that one. Of sales that were made one the order goes on that was placed. The
    sale's row is locked before the account, and that nobody else has an order of its name is judged under both; the
    trials of its lines are settled when this is over, by `order_trials`.

    Raises Unreadable, NotThereYet, Conflict, IdempotencyKeyReused, and as `ordering.place`.
    """
    asked = _by_one_name(row, sales.in_form(wish))
    order = sales.name(f"{row.code}:{asked.external_id}", "external_id")
    sale = _locked_or_new(row, asked.external_id, order)
    if sale.wish:
        asked = sales.filled(asked, sales.sale_of(sale.wish))
    if asked.version < sale.version:
        said = f"Order {order}: version {sale.version} holds already, and version {asked.version} changes nothing."
        return Came("order", order, said, asked.version, is_superseded=True)
    text = sales.canonical(asked)
    digest = sha256(text.encode()).digest()
    if asked.version == sale.version:
        if bytes(sale.fingerprint) != digest:
            detail = f"Version {asked.version} of the order {order} stands for other content already."
            raise IdempotencyKeyReused(detail)
        return _known(sale, f"Version {asked.version} of {asked.external_id} was told before.")
    sale.version, sale.fingerprint, sale.wish = asked.version, digest, text
    return _place(row, sale, asked)


@transaction.atomic
def refunded(row: Connection, wish: Refund) -> Came:
    """Take back of a sale's order what was paid for with the money that was given back; once by the refund's name.

    The whole: the order is cancelled. A part: prices, and quantities of what can be divided, fall by the same share.

    Raises Unreadable, NotThereYet where the sale is not known yet, Conflict, IdempotencyKeyReused.
    """
    name = sales.name(wish.external_id, "external_id")
    amount = sales.money(wish.amount, "amount")
    currency = sales.currency_code(wish.currency, "currency")
    sale = _locked(row, sales.name(wish.sale, "sale"))
    if sale is None:
        raise NotThereYet("sale", wish.sale)
    known = sale.refunds.filter(external_id=name).first()
    if known is not None:
        if (known.amount, known.currency, known.is_whole) != (amount, currency, wish.is_whole):
            raise IdempotencyKeyReused(f"The refund {name} stands for another sum already.")
        return _known(sale, f"The refund {name} was taken off before.")
    ExternalRefund.objects.create(
        sale=sale,
        external_id=name,
        amount=amount,
        currency=currency,
        is_whole=wish.is_whole,
        reason=wish.reason[: sales.LONGEST_NAME],
        recorded_at=database_clock(),
    )
    return _place(row, sale, sales.sale_of(sale.wish), f"Refund {name} of {plain(amount)} {currency}.")


def _by_one_name(row: Connection, asked: Sale) -> Sale:
    """The sale by the name under which it was placed, where several were made one. The other names sell nothing.

    Raises Conflict where more than one of them was placed.
    """
    if not asked.formerly:
        return asked
    names = [asked.external_id, *asked.formerly]
    known = ExternalSale.objects.filter(connection=row, external_id__in=names, number__isnull=False)
    placed = list(known.order_by("external_id").values_list("external_id", flat=True))
    if len(placed) > 1:
        detail = (
            f"{' and '.join(placed)} are one now, and each was sold before: decide by hand which orders hold."
        )
        raise Conflict(detail)
    name = placed[0] if placed else asked.external_id
    for other in names:
        if other != name:
            sold(row, Sale(other, asked.version, state=CANCELLED))
    return replace(asked, external_id=name, formerly=())


def _known(sale: ExternalSale, said: str) -> Came:
    return Came("nothing" if sale.number is None else "order", sale.order, said, sale.number)


def _locked(row: Connection, external_id: str) -> ExternalSale | None:
    rows = ExternalSale.objects.select_for_update().filter(connection=row, external_id=external_id)
    return rows.first()


def _locked_or_new(row: Connection, external_id: str, order: str) -> ExternalSale:
    """The sale's row; a new one where its name stands for no order of somebody else's."""
    ExternalSale.objects.bulk_create(
        [ExternalSale(connection=row, external_id=external_id, order=order, changed_at=database_clock())],
        ignore_conflicts=True,
    )
    sale = ExternalSale.objects.select_for_update().get(connection=row, external_id=external_id)
    if sale.version < 0 and order_named(order) is not None:
        raise Conflict(f"There is an order {order} that this connection did not place.")
    return sale


def _place(row: Connection, sale: ExternalSale, told: Sale, why: str = "") -> Came:
    """Let the order be as it was told less what was given back, and note by which of its versions."""
    sale.changed_at = database_clock()
    if not told.lines:
        sale.save()
        return _known(sale, f"{told.external_id} was cancelled before anything was sold.")
    account = account_meant(row, account=told.account, customer=told.customer)
    order = order_named(sale.order) if sale.number is not None else None
    bought_terms.lock(order.account_id if order else account.pk)
    present = present_version(order) if order else None
    refunds = list(sale.refunds.order_by("pk"))
    asked = [sales.asked_of(line) for line in told.lines]
    kept = _kept(asked, refunds, lines_of(present) if present else [])
    state = told.state if kept is not None else CANCELLED
    number = told.version if present is None else max(told.version, present.number + 1)
    is_said_anew = present is None or told.version > present.number
    if is_said_anew or (present and present.state, state) != (CANCELLED, CANCELLED):
        seal = f"{sale.wish}\n{[each.external_id for each in refunds]}"
        ordering.place(
            OrderAsked(
                external_id=sale.order,
                account=account.reference,
                lines=kept or asked,
                fingerprint=sha256(seal.encode()).digest(),
                by=row.code,
                version=number,
                state=state,
                starts_at=told.starts_at,
                reason=why or f"{row}: {told.external_id}, version {told.version}.",
                billing=told.billing,
                is_new=sale.number is None,
            )
        )
        sale.number = number
    sale.save()
    verb = "is cancelled" if state == CANCELLED else "holds"
    said = f"Order {sale.order}, version {sale.number}, {verb}. {why}".strip()
    return Came("order", sale.order, said, sale.number)


def _kept(
    asked: Sequence[LineAsked], refunds: Sequence[ExternalRefund | Refund], present: Sequence[Line]
) -> Sequence[LineAsked] | None:
    """The lines less what was given back; None where that is all.

    Raises UnknownReference, Conflict where it was given back in another currency.
    """
    if any(each.is_whole for each in refunds):
        return None
    if not refunds:
        return asked
    lines = _priced(asked, present)
    currencies = {each.currency for each in lines} | {each.currency for each in refunds}
    if len(currencies) > 1:
        raise Conflict(f"What was sold and what was given back is in {', '.join(sorted(currencies))}.")
    return sales.lessened(lines, sum((each.amount for each in refunds), Decimal(0)))


def _priced(asked: Sequence[LineAsked], present: Sequence[Line]) -> list[sales.Priced]:
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
        found.append(sales.Priced(line, amount, line.currency or meant.currency, not meant.seats))
    return found


def as_ordered(
    told: Sale, refunds: Sequence[Refund], present: Sequence[Line]
) -> Sequence[sales.Priced] | None:
    """The lines, with their prices, of an order that follows from a sale and its refunds; None: nothing is left.

    present: the lines of the order as it stands, which keep what their offers meant. Writes nothing.
    Raises UnknownReference, Conflict.
    """
    kept = _kept([sales.asked_of(line) for line in told.lines], refunds, present)
    return None if kept is None else _priced(kept, present)
