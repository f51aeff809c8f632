"""What outside systems gave back of what they sold, and what came back of that after all: each once, in any order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from django.db import transaction

from billing.errors import NotThereYet
from billing.models import Connection, ExternalRefund, ExternalSale, RefundChange
from billing.queries.external_sales import standing_of
from billing.rules import sales
from billing.rules.connecting import Refund, RefundFailed
from billing.rules.handling import Came
from billing.services.external_sales import as_it_stands, known, locked
from config.kernel.amounts import plain
from config.kernel.errors import IdempotencyKeyReused
from usage.queries.moments import database_clock

NOTHING = Decimal(0)


@transaction.atomic
def refunded(row: Connection, wish: Refund) -> Came:
    """Take back of a sale's order what was paid for with the money that was given back; once by the refund's name.

    The whole: the order is cancelled. A part: prices, and quantities of what can be divided, fall; of the lines that it
    is for, otherwise of all by the same share. Told again with its lines named, or with others, it is for those since.
    One that failed takes nothing, whenever it is told.

    Raises Unreadable, NotThereYet where the sale is not known yet, Conflict, IdempotencyKeyReused.
    """
    told = _in_form(wish)
    sale = _sale_of(row, wish.sale)
    refund = sale.refunds.filter(external_id=told.external_id).first()
    if refund is None:
        _noted(sale, told)
    elif said := _known_already(refund, told):
        return known(sale, said)
    else:
        _change(refund, told)
    return as_it_stands(row, sale, f"Refund {told.external_id} of {plain(told.amount)} {told.currency}.")


@transaction.atomic
def failed(row: Connection, wish: RefundFailed) -> Came:
    """Let a refund count nowhere, now or whenever it is told: the order is again what it was told without it.

    Raises Unreadable, NotThereYet where the sale is not known yet, and as `ordering.place`.
    """
    told = _in_form(Refund(wish.external_id, wish.sale, wish.amount, wish.currency, False, wish.reason))
    sale = _sale_of(row, wish.sale)
    refund = sale.refunds.filter(external_id=told.external_id).first()
    is_new = refund is None
    refund = refund or _noted(sale, told)
    if _has_failed(refund):
        return known(sale, f"The refund {told.external_id} was known to have failed.")
    _change(refund, replace(told, amount=NOTHING), has_failed=True)
    if is_new:
        return known(sale, f"The refund {told.external_id} failed; nothing was taken off for it.")
    said = f"Refund {told.external_id} of {plain(told.amount)} {told.currency} failed after all."
    return as_it_stands(row, sale, said)


def _known_already(refund: ExternalRefund, told: Refund) -> str:
    """Why a refund changes nothing, in a sentence; empty where it is for other lines than it was.

    Raises IdempotencyKeyReused.
    """
    stands = standing_of(refund)
    if _has_failed(refund):
        return f"The refund {told.external_id} failed and takes nothing."
    lines = None if stands.lines is None else sales.amounts(stands.lines)
    is_same = (stands.amount, stands.is_whole, lines) == (told.amount, told.is_whole, told.lines)
    if refund.currency == told.currency and (is_same or (lines is not None and told.lines is None)):
        return f"The refund {told.external_id} was taken off before."
    if refund.currency != told.currency or told.lines is None:
        raise IdempotencyKeyReused(f"The refund {told.external_id} stands for another sum already.")
    return ""


def _in_form(wish: Refund) -> Refund:
    amount = sales.money(wish.amount, "amount")
    return Refund(
        sales.name(wish.external_id, "external_id"),
        sales.name(wish.sale, "sale"),
        amount,
        sales.currency_code(wish.currency, "currency"),
        wish.is_whole,
        wish.reason[: sales.LONGEST_NAME],
        None if wish.lines is None else sales.shares(wish.lines, amount),
    )


def _sale_of(row: Connection, name: str) -> ExternalSale:
    sale = locked(row, name)
    if sale is None:
        raise NotThereYet("sale", name)
    return sale


def _has_failed(refund: ExternalRefund) -> bool:
    return refund.changes.filter(has_failed=True).exists()


def _noted(sale: ExternalSale, told: Refund) -> ExternalRefund:
    return ExternalRefund.objects.create(
        sale=sale,
        external_id=told.external_id,
        amount=told.amount,
        currency=told.currency,
        is_whole=told.is_whole,
        lines=_kept(told.lines),
        reason=told.reason,
        recorded_at=database_clock(),
    )


def _change(refund: ExternalRefund, told: Refund, *, has_failed: bool = False) -> None:
    RefundChange.objects.create(
        refund=refund,
        number=refund.changes.count() + 1,
        amount=told.amount,
        is_whole=told.is_whole,
        lines=_kept(told.lines),
        has_failed=has_failed,
        reason=told.reason,
        recorded_at=database_clock(),
    )


def _kept(lines: Mapping[str, Decimal] | None) -> dict[str, str] | None:
    return None if lines is None else {line: plain(amount) for line, amount in lines.items()}
