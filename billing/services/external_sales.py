"""What outside systems sold, as orders: by their versions, whatever the order in which they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from django.db import transaction

from billing.errors import NotThereYet
from billing.models import Connection, ExternalRefund, ExternalSale, Order
from billing.queries.external_sales import left_of
from billing.queries.orders import order_named, present_version
from billing.rules import sales
from billing.rules.connecting import Sale
from billing.rules.handling import Came
from billing.rules.orders import CANCELLED, OrderAsked
from billing.services import bought_terms, ordering
from billing.services.links import account_meant
from config.kernel.errors import Conflict, IdempotencyKeyReused
from usage.queries.moments import CLOCK
from wallets.models import Account


@transaction.atomic
def sold(row: Connection, wish: Sale) -> Came:
    """Let an order of this connection's be as the sale says, less what was given back of it.

    A version below one that was told before changes nothing. The order's versions are numbered as the sale's, or with
    the next number where a refund took that one. Of sales that were made one the order goes on that was placed. The
    sale's row is locked before the account, and that nobody else has an order of its name is judged under both; the
    trials of its lines are settled when this is over, by `order_trials`. A version that was told before and whose
    account alone reads otherwise by now leaves what was sold with the account that got it.

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
        return _again(row, sale, asked, digest)
    sale.version, sale.fingerprint, sale.wish = asked.version, digest, text
    return _place(row, sale, asked)


def _by_one_name(row: Connection, asked: Sale) -> Sale:
    """The sale by the name under which it was placed, where several were made one. The other names sell nothing.

    Raises Conflict where more than one of them was placed.
    """
    if not asked.formerly:
        return asked
    names = [asked.external_id, *asked.formerly]
    rows = ExternalSale.objects.filter(connection=row, external_id__in=names, number__isnull=False)
    placed = list(rows.order_by("external_id").values_list("external_id", flat=True))
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


def known(sale: ExternalSale, said: str) -> Came:
    """What a sale came to before; nothing where it was cancelled before anything was sold."""
    return Came("nothing" if sale.number is None else "order", sale.order, said, sale.number)


def _again(row: Connection, sale: ExternalSale, asked: Sale, digest: bytes) -> Came:
    """What a version came to that was told before, though its account reads otherwise by now.

    Raises IdempotencyKeyReused where anything else does.
    """
    said = f"Version {asked.version} of {asked.external_id} was told before."
    if bytes(sale.fingerprint) == digest:
        return known(sale, said)
    before = sales.sale_of(sale.wish)
    if sales.canonical(replace(asked, account=before.account, customer=before.customer)) != sale.wish:
        detail = f"Version {asked.version} of the order {sale.order} stands for other content already."
        raise IdempotencyKeyReused(detail)
    order = _order_of(sale)
    if order is None or _means(row, asked, order.account):
        return known(sale, said)
    return known(sale, f"{said} {sales.stays(sale.order, order.account.reference, asked)}")


def _means(row: Connection, asked: Sale, account: Account) -> bool:
    try:
        return account_meant(row, account=asked.account, customer=asked.customer).pk == account.pk
    except NotThereYet:
        return False


def locked(row: Connection, external_id: str) -> ExternalSale | None:
    """The sale of this name, which nobody else changes meanwhile."""
    rows = ExternalSale.objects.select_for_update().filter(connection=row, external_id=external_id)
    return rows.first()


def _locked_or_new(row: Connection, external_id: str, order: str) -> ExternalSale:
    """The sale's row; a new one where its name stands for no order of somebody else's."""
    ExternalSale.objects.bulk_create(
        [ExternalSale(connection=row, external_id=external_id, order=order, changed_at=CLOCK)],
        ignore_conflicts=True,
    )
    sale = ExternalSale.objects.select_for_update().get(connection=row, external_id=external_id)
    if sale.version < 0 and order_named(order) is not None:
        raise Conflict(f"There is an order {order} that this connection did not place.")
    return sale


def as_it_stands(row: Connection, sale: ExternalSale, why: str) -> Came:
    """Let the order be as its sale was told less what was given back by now. Its account stays the one it is of."""
    order = _order_of(sale)
    return _place(row, sale, sales.sale_of(sale.wish), order.account if order else None, why)


def _order_of(sale: ExternalSale) -> Order | None:
    """The order that this sale placed; none where another of its name is somebody else's."""
    return order_named(sale.order) if sale.number is not None else None


def _whose(row: Connection, told: Sale, order: Order | None, account: Account | None) -> Account:
    if order and told.state == CANCELLED:
        return order.account
    return account or account_meant(row, account=told.account, customer=told.customer)


def _place(
    row: Connection, sale: ExternalSale, told: Sale, account: Account | None = None, why: str = ""
) -> Came:
    """Let the order be as it was told less what was given back, and note by which of its versions.

    account: where the sale does not decide. What is cancelled stays with the account that had it.
    """
    sale.changed_at = CLOCK
    if not told.lines:
        sale.save()
        return known(sale, f"{told.external_id} was cancelled before anything was sold.")
    order = _order_of(sale)
    account = _whose(row, told, order, account)
    if order:  # a new one is locked when it is placed
        bought_terms.lock(order.account_id)
    present = present_version(order) if order else None
    asked, refunds = [sales.asked_of(line) for line in told.lines], list(sale.refunds.order_by("pk"))
    kept = left_of(refunds, asked, order)
    state = told.state if kept is not None else CANCELLED
    number = told.version if present is None else max(told.version, present.number + 1)
    is_said_anew = present is None or told.version > present.number
    if is_said_anew or (present and present.state, state) != (CANCELLED, CANCELLED):
        ordering.place(
            OrderAsked(
                external_id=sale.order,
                account=account.reference,
                lines=kept or asked,
                fingerprint=_seal(sale, refunds),
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
    return _placed(sale, state, why)


def _placed(sale: ExternalSale, state: str, why: str) -> Came:
    verb = "is cancelled" if state == CANCELLED else "holds"
    said = f"Order {sale.order}, version {sale.number}, {verb}. {why}".strip()
    return Came("order", sale.order, said, sale.number)


def _seal(sale: ExternalSale, refunds: Sequence[ExternalRefund]) -> bytes:
    """By what an order's version is told apart: what was sold, and each refund as it stands."""
    stands = [(each.external_id, each.changes.count()) for each in refunds]
    return sha256(f"{sale.wish}\n{stands}".encode()).digest()
