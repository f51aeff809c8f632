"""What of a sale at Stripe is ours, what went back of it, and what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from billing.connectors.stripe_amounts import Bundle, invoiced_line, name_of, paid_units, taken_units
from billing.connectors.stripe_finding import SUBSCRIPTION
from billing.connectors.stripe_given_back import (
    Given,
    failed_of,
    given_of,
    has_lines_named,
    off_a_line,
    paid_without_names,
)
from billing.connectors.stripe_money import from_units, parts
from billing.rules.connecting import Refund, RefundFailed


@dataclass(frozen=True, slots=True)
class Sold:
    """A bundle of which something is ours. units: of each line, net of tax; None: as the list has it."""

    bundle: Bundle
    lines: Sequence[tuple[str, Mapping[str, Any]]]
    units: Sequence[int | None]
    account: str

    @property
    def is_subscription(self) -> bool:
        return bool(self.bundle["of"] == SUBSCRIPTION)

    @property
    def is_disputed(self) -> bool:
        """Whether a bank ever asked for the money, though it be settled."""
        return any(charge["disputed"] for charge in self.bundle["charges"])

    @property
    def currency(self) -> str:
        return str(self.bundle["object"]["currency"]).upper()


def refunds_of(sold: Sold) -> Iterator[Refund | RefundFailed]:
    """What went back of a sale that is paid once, net of tax, and what of that came back.

    Without a credit note each by itself, so that it is the same whatever other refunds there are; a part of a unit
    counts as one, so that those of all of it come to all.
    """
    bundle, given = sold.bundle, given_of(sold.bundle)
    paid, total = paid_units(bundle), sum(unit or 0 for unit in sold.units)
    if not paid:
        return
    for each in given:
        yield _refund(sold, each, given, paid)
    for failed in failed_of(bundle):
        yield RefundFailed(
            external_id=name_of(failed),
            sale=name_of(bundle["object"]),
            amount=from_units(-(-total * failed["amount"] // paid), sold.currency),
            currency=sold.currency,
            reason=str(failed.get("failure_reason") or ""),
        )


def _refund(sold: Sold, its: Given, given: Sequence[Given], paid: int) -> Refund:
    """A refund, by lines where a credit note names them: what no note names then falls on what is left of the rest."""
    names = [name_of(line) for _, line in sold.lines]
    named = {name: its.named[name] for name in names if name in its.named}
    left = sum(
        max((unit or 0) - off_a_line(given, name), 0) for name, unit in zip(names, sold.units, strict=True)
    )
    rest = -(-left * its.rest // max(paid_without_names(sold.bundle, given), 1))
    lines = {name: from_units(units, sold.currency) for name, units in named.items()}
    return Refund(
        external_id=name_of(its.refund),
        sale=name_of(sold.bundle["object"]),
        amount=from_units(sum(named.values()) + rest, sold.currency),
        currency=sold.currency,
        is_whole=its.refund["amount"] >= paid,
        reason=str(its.refund.get("reason") or ""),
        lines=lines if has_lines_named(sold.bundle) else None,
    )


def left_of(sold: Sold) -> Sequence[int | None] | None:
    """What is left of each line's money after what a bank took, and of a subscription's period after refunds.

    None where that is nothing.
    """
    bundle, paid, taken = sold.bundle, paid_units(sold.bundle), taken_units(sold.bundle)
    given = given_of(bundle) if sold.is_subscription else []
    back = sum(each.refund["amount"] for each in given)
    if paid and paid - taken - back <= 0:
        return None
    units = [
        _without_named(bundle, line, unit, given)
        for (_, line), unit in zip(sold.lines, sold.units, strict=True)
    ]
    whole, rest = paid_without_names(bundle, given), taken + sum(each.rest for each in given)
    if rest:
        units = _lessened(units, max(whole - rest, 0), whole)
    is_gone = any(sold.units) and not any(units) and None not in units
    return None if is_gone else units


def _without_named(
    bundle: Bundle, item: Mapping[str, Any], unit: int | None, given: Sequence[Given]
) -> int | None:
    """A line of a subscription less what went back for the invoice's line that asks for it."""
    invoiced = invoiced_line(bundle, item) if given else None
    return unit if unit is None or invoiced is None else max(unit - off_a_line(given, name_of(invoiced)), 0)


def _lessened(units: Sequence[int | None], kept: int, paid: int) -> list[int | None]:
    known = [unit for unit in units if unit is not None]
    total = sum(known)
    if total <= 0 or not paid:
        return list(units)
    shares = iter(parts(parts(total, [kept], paid)[0], known, total))
    return [None if unit is None else next(shares) for unit in units]
