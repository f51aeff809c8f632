"""Sales as outside systems have them, read as whatever they tell is read, beside the orders that they are here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from billing.connectors.contract import Connector
from billing.errors import NotThereYet
from billing.models import Connection
from billing.queries.external_sales import as_ordered
from billing.queries.sales_here import SaleHere, money_of, sales_here, still_to_come
from billing.rules import sales
from billing.rules.connecting import Refund, RefundFailed, Sale, Sold, Unreadable
from billing.rules.mapping import Mapped
from billing.rules.orders import ACTIVE
from billing.rules.sales_compared import Pair, Standing
from billing.services.links import account_meant
from config.kernel.errors import DomainError


@dataclass(frozen=True, slots=True)
class Told:
    """What a sale of theirs came to when it was read. sale: none where it is not ours, or not sold.

    fault: why it can't be read.
    """

    name: str
    sale: Sale | None = None
    refunds: Sequence[Refund] = ()
    fault: str = ""

    @property
    def names(self) -> Sequence[str]:
        """Its names there, the present one first."""
        return (self.sale.external_id, *self.sale.formerly) if self.sale else (self.name,)


def told_of(connector: Connector, mapped: Mapped, sold: Sold) -> Told:
    """What a sale comes to. Reads no table and asks nobody."""
    try:
        wishes = connector.read(sold.record, mapped)
        found = [wish for wish in wishes if isinstance(wish, Sale) and wish.external_id == sold.external_id]
        if not found:
            return Told(sold.external_id)
        failed = {wish.external_id for wish in wishes if isinstance(wish, RefundFailed)}
        given = [wish for wish in wishes if isinstance(wish, Refund) and wish.sale == sold.external_id]
        refunds = [wish for wish in given if wish.external_id not in failed]
        return Told(sold.external_id, sales.in_form(found[-1]), refunds)
    except Unreadable as fault:
        return Told(sold.external_id, fault=f"It can't be read: {fault}")


def pairs_of(row: Connection, told: Sequence[Told], names: Collection[str], now: datetime) -> list[Pair]:
    """What was told beside our orders, and of the other sales of these names our orders alone."""
    known = {name for each in told for name in each.names}
    here = sales_here(row.pk, known | set(names), now)
    pairs = [_pair(row, each, here, now) for each in told]
    left = sorted(set(names) - known)
    return pairs + [Pair(name, here[name].standing if name in here else None, None) for name in left]


def changed_since(pairs: Sequence[Pair], row: Connection, moment: datetime) -> bool:
    """Whether any of these was told anew meanwhile, so that what was asked is older than what we have."""
    found = sales_here(row.pk, [each.name for each in pairs], moment)
    return any(each.changed_at >= moment for each in found.values())


def _pair(row: Connection, told: Told, here: dict[str, SaleHere], now: datetime) -> Pair:
    placed = [name for name in told.names if name in here]
    name = placed[0] if placed else told.names[0]
    ours = here.get(name)
    there = _standing(row, told, ours, now)
    active = [each for each in placed if here[each].standing.is_active]
    if there is not None and len(active) > 1:
        there = replace(there, why=f"{' and '.join(active)} are one sale there.")
    return Pair(name, ours.standing if ours else None, there)


def _standing(row: Connection, told: Told, ours: SaleHere | None, now: datetime) -> Standing | None:
    """A sale as it stands there; what can't be read is taken for one that is sold."""
    if told.fault:
        return Standing(is_active=True, why=told.fault)
    sale = told.sale
    if sale is None or sale.state != ACTIVE:
        return Standing(is_active=False) if sale else None
    why = []
    try:
        order_id, present = (ours.order_id, ours.lines) if ours else (None, [])
        lines = as_ordered(sale, told.refunds, order_id, present)
    except DomainError as refusal:
        lines, why = [], [refusal.detail]
    if lines is None:
        return Standing(is_active=False)
    try:
        account = account_meant(row, account=sale.account, customer=sale.customer)
        reference, customer = account.reference, account.pk
    except (NotThereYet, Unreadable):
        whose = f"account {sale.account}" if sale.account else f"customer {sale.customer}"
        reference, customer = "", None
        why.append(f"Their {whose} is no account here.")
    money = money_of([(each.currency, each.amount) for each in lines])
    if not lines:
        money = money_of(
            [(line.currency, line.amount) for line in sale.lines if line.currency and line.amount]
        )
    return Standing(
        is_active=True,
        account=reference,
        customer=customer,
        money=money,
        goods=[(each.line.sku, each.line.quantity, still_to_come(each.line.ends_at, now)) for each in lines],
        why=" ".join(why),
    )
