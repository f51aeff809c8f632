"""Holds as they stand, and as they stood when a verb was answered, read from what was stored with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet

from pricing.models import Version
from pricing.queries.pricebook import TableBook, VersionBook, any_version, kept_for, pricebook
from usage.models import HoldLine, HoldRequest, HoldStep, Override
from usage.queries.lines import cost_of, fact_of, overrides_of, with_prices
from usage.queries.pricing_again import price_again
from usage.queries.pricing_for import Priced
from usage.queries.receipts import line_told, receipt
from usage.rules.holds import HoldReceipt
from usage.rules.orders import Item
from usage.rules.receipts import Balance, Draw
from wallets.errors import HoldMissing
from wallets.models import Hold, Pin


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a hold stands after some of its steps."""

    state: str
    held: Decimal
    overage_held: Decimal
    captured: Decimal
    expires_at: datetime


def request_of(hold_id: UUID, product_id: int | None = None) -> HoldRequest:
    """What a hold was made for. product_id: whose holds alone are to be seen.

    Raises HoldMissing.
    """
    rows = _requests().filter(pk=hold_id)
    if product_id is not None:
        rows = rows.filter(product_id=product_id)
    found = rows.first()
    if found is None:
        raise HoldMissing()
    return found


def hold(hold_id: UUID, product_id: int | None = None) -> HoldReceipt:
    """The hold as it stands; the account is settled.

    Raises HoldMissing.
    """
    row = request_of(hold_id, product_id)
    now, steps = row.hold, _steps(row)
    captured = sum((step.tokens for step in steps), Decimal(0))
    standing = _Standing(now.state, now.held, now.overage_held, captured, now.expires_at)
    return _receipt(row, standing, steps)


def hold_as_made(hold_id: UUID) -> HoldReceipt:
    """The hold as its making was answered."""
    row = request_of(hold_id)
    standing = _Standing(Hold.State.HELD, row.tokens - row.overage, row.overage, Decimal(0), row.expires_at)
    balance = Balance(row.available_after, row.held_after, row.overage_after)
    return replace(_receipt(row, standing, []), balance=balance)


def hold_after_release(step_id: UUID) -> HoldReceipt:
    """The hold as its release was answered."""
    return _after(HoldStep.objects.get(pk=step_id))


def hold_after_capture(debit_id: UUID) -> HoldReceipt:
    """The hold as the capture was answered that made this debit, with the debit."""
    return replace(_after(HoldStep.objects.get(debit_id=debit_id)), debit=receipt(debit_id))


def estimated(row: HoldRequest) -> tuple[Item, ...]:
    """The items that a hold was made for."""
    lines = HoldLine.objects.filter(account_id=row.account_id, hold_id=row.pk).select_related("feature")
    return tuple(
        Item(line.feature.code, line.quantity, line.dimensions, cost_of(line))
        for line in lines.order_by("position")
    )


def priced_for(row: HoldRequest, items: Sequence[Item]) -> Priced:
    """The items at the prices that the hold keeps: its version, and the account's own prices as of its making.

    Raises UnknownFeature, Forbidden, NoRate, UnknownReference.
    """
    table = pricebook().table(row.table_id)
    own = Override.objects.filter(account_id=row.account_id, recorded_at__lte=row.recorded_at)
    facts = [fact_of(each) for each in own.order_by("effective_from", "recorded_at", "id")]
    return price_again(
        account=row.account.reference,
        version=_version(table, row.version_id),
        table=table,
        product_id=row.product_id,
        items=items,
        overrides=facts,
        moment=row.occurred_at,
    )


def _version(table: TableBook, version_id: int) -> VersionBook:
    """The version, whatever became of it since."""
    known = kept_for(table, version_id)
    found = known or any_version(table.table_id, Version.objects.get(pk=version_id).number)
    assert found is not None
    return found


def _requests() -> QuerySet[HoldRequest]:
    return HoldRequest.objects.select_related("hold", "account", "unit")


def _steps(row: HoldRequest) -> list[HoldStep]:
    return list(HoldStep.objects.filter(account_id=row.account_id, hold_id=row.pk).order_by("id"))


def _after(step: HoldStep) -> HoldReceipt:
    row = request_of(step.hold_id)
    standing = _Standing(step.state, step.held, step.overage_held, step.captured, step.expires_at)
    return _receipt(row, standing, [each for each in _steps(row) if each.pk <= step.pk])


def _receipt(row: HoldRequest, standing: _Standing, steps: Sequence[HoldStep]) -> HoldReceipt:
    rows = HoldLine.objects.filter(account_id=row.account_id, hold_id=row.pk)
    lines = list(with_prices(rows.order_by("position")))
    own = overrides_of(lines)
    pins = Pin.objects.filter(account_id=row.account_id, hold_id=row.pk).order_by("position")
    return HoldReceipt(
        id=row.pk,
        account=row.account.reference,
        token=row.unit.code,
        state=standing.state,
        tokens=row.tokens,
        lines=tuple(
            line_told(line, own.get(line.override_id) if line.override_id else None) for line in lines
        ),
        draws=tuple(Draw(*pin) for pin in pins.values_list("grant_id", "grant__kind", "tokens")),
        overage=row.overage,
        held=standing.held,
        overage_held=standing.overage_held,
        captured=standing.captured,
        debits=tuple(step.debit_id for step in steps if step.debit_id is not None),
        occurred_at=row.occurred_at,
        expires_at=standing.expires_at,
        recorded_at=row.recorded_at,
    )
