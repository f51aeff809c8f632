"""What outside systems sell: in form, told apart by its content, and lessened by what was given back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from billing.rules.connecting import Sale, SaleLine, Unreadable
from billing.rules.orders import ACTIVE, CANCELLED, LineAsked
from config.kernel.amounts import EXACT, MONEY_PLACES, QUANTITY_PLACES, exact, plain, to_money_places

NOTHING = Decimal(0)
LONGEST_NAME = 128
MOST_LINES = 100
LARGEST_VERSION = 10**18
_CURRENCY = re.compile("[A-Z]{3}")
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_LEAST_QUANTITY = Decimal(1).scaleb(-QUANTITY_PLACES)


@dataclass(frozen=True, slots=True)
class Priced:
    """A line with its name and whole price. is_divisible: a part of its quantity can be taken back."""

    name: str
    line: LineAsked
    amount: Decimal
    currency: str
    is_divisible: bool


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Money that was given back. lines: how much of the amount is for which line, by name."""

    amount: Decimal
    lines: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def for_all(self) -> Decimal:
        return self.amount - sum(self.lines.values(), NOTHING)


def in_form(sale: Sale) -> Sale:
    """The sale with its amounts as columns hold them.

    Raises Unreadable that names the field at fault.
    """
    name(sale.external_id, "external_id")
    for former in sale.formerly:
        name(former, "formerly")
    if not 0 <= sale.version < LARGEST_VERSION:
        raise Unreadable("A version is a whole number from 0.", "version")
    if sale.state not in (ACTIVE, CANCELLED):
        raise Unreadable(f"An order is {ACTIVE} or {CANCELLED}: {sale.state[:40]}.", "state")
    if sale.billing not in ("", "invoice", "external"):
        raise Unreadable(f"An order is billed by invoice or external: {sale.billing[:40]}.", "billing")
    least = 0 if sale.state == CANCELLED else 1
    if not least <= len(sale.lines) <= MOST_LINES:
        raise Unreadable(f"An order has {least} to {MOST_LINES} lines: {len(sale.lines)}.", "lines")
    _sane(sale.starts_at, "starts_at")
    return replace(sale, lines=[_line(line, f"lines[{place}]") for place, line in enumerate(sale.lines)])


def name(text: str, where: str) -> str:
    """A name that anything of ours can bear.

    Raises Unreadable.
    """
    if not text or len(text) > LONGEST_NAME or not text.isprintable():
        raise Unreadable(f"A name has 1 to {LONGEST_NAME} visible characters: {text[:40]!r}.", where)
    return text


def money(amount: Decimal, where: str) -> Decimal:
    """Money as columns hold it.

    Raises Unreadable.
    """
    return _number(amount, MONEY_PLACES, where)


def currency_code(text: str, where: str) -> str:
    """Three capital letters.

    Raises Unreadable.
    """
    if not _CURRENCY.fullmatch(text):
        raise Unreadable(f"A currency has three capital letters: {text[:40]}.", where)
    return text


def canonical(wish: Any) -> str:
    """The content of a wish as one text, whatever order or spelling it came in."""
    return json.dumps(asdict(wish), default=_plain, sort_keys=True)


def sale_of(text: str) -> Sale:
    """The sale of which `canonical` made this text."""
    said = json.loads(text)
    lines = [
        SaleLine(**{**line, **_read(line, ("quantity", "amount"), ("ends_at",))}) for line in said["lines"]
    ]
    return Sale(**{**said, **_read(said, (), ("starts_at",)), "lines": lines})


def filled(sale: Sale, before: Sale) -> Sale:
    """A cancellation that says no more than that, with what the version before it said."""
    if sale.state != CANCELLED:
        return sale
    known = sale.account or sale.customer
    return replace(
        sale,
        lines=sale.lines or before.lines,
        account=sale.account if known else before.account,
        customer=sale.customer if known else before.customer,
    )


def asked_of(line: SaleLine) -> LineAsked:
    """The line as orders are asked for."""
    return LineAsked(line.sku, line.name, line.quantity, line.amount, line.currency, line.ends_at)


def lessened(lines: Sequence[Priced], given_back: Sequence[GivenBack]) -> list[LineAsked] | None:
    """The lines less what was given back, whatever its order; None where that is all.

    What is for one line is taken off that line, which is no more where nothing is left of it; then the rest off all by
    what is left of their prices. A line's quantity, where it can be divided, falls by the same share as its price. A
    price is rounded half to even at 12 decimals, a quantity at 9.
    """
    if not any(each.amount for each in given_back):
        return [each.line for each in lines]
    left = [_less(each, given_back) for each in lines]
    whole = sum(left, NOTHING)
    kept = whole - sum((each.for_all for each in given_back), NOTHING)
    if kept <= 0:
        return None
    pairs = zip(lines, left, strict=True)
    return [_part(each, its, kept, whole) for each, its in pairs if its or not each.amount]


def _less(priced: Priced, given_back: Sequence[GivenBack]) -> Decimal:
    for_it = sum((each.lines.get(priced.name, NOTHING) for each in given_back), NOTHING)
    return max(priced.amount - for_it, NOTHING)


def _part(priced: Priced, left: Decimal, kept: Decimal, whole: Decimal) -> LineAsked:
    amount = EXACT.divide(EXACT.multiply(left, kept), whole)
    if amount == priced.amount and amount:
        return priced.line
    line = replace(priced.line, amount=to_money_places(amount), currency=priced.currency)
    if not priced.is_divisible:
        return line
    part, of = (amount, priced.amount) if priced.amount else (kept, whole)
    quantity = EXACT.divide(EXACT.multiply(line.quantity, part), of).quantize(_LEAST_QUANTITY, context=EXACT)
    return replace(line, quantity=max(quantity, _LEAST_QUANTITY))


def stays(order: str, account: str, asked: Sale) -> str:
    """That an order stays where it is though its sale names another account by now, and what a person can do."""
    meant = asked.account or f"their customer {asked.customer}"
    return (
        f"The sale names {meant} now. The order {order} stays with the account {account}, which got what was sold. To "
        "move what is left, transfer it where one account is the other's part; else void it and grant it there by hand."
    )


def amounts(lines: Mapping[str, str] | None) -> dict[str, Decimal]:
    """What a refund is for, by line, as its row keeps it."""
    return {line: Decimal(amount) for line, amount in (lines or {}).items()}


def shares(lines: Mapping[str, Decimal], amount: Decimal) -> dict[str, Decimal]:
    """How much of a refund's amount is for which line, in form.

    Raises Unreadable where that is more than the amount.
    """
    if len(lines) > MOST_LINES:
        raise Unreadable(f"A refund is for {MOST_LINES} lines at most: {len(lines)}.", "lines")
    found = {name(line, "lines"): money(part, f"lines.{line}") for line, part in lines.items()}
    if sum(found.values(), NOTHING) > amount:
        raise Unreadable("What is for the lines is more than was given back.", "lines")
    return {line: part for line, part in sorted(found.items()) if part}


def _line(line: SaleLine, where: str) -> SaleLine:
    name(line.sku, f"{where}.sku")
    if line.name is not None:
        name(line.name, f"{where}.name")
    if line.currency is not None:
        currency_code(line.currency, f"{where}.currency")
    _sane(line.ends_at, f"{where}.ends_at")
    quantity = _number(line.quantity, QUANTITY_PLACES, f"{where}.quantity")
    if quantity == 0:
        raise Unreadable("A quantity is above 0.", f"{where}.quantity")
    amount = None if line.amount is None else money(line.amount, f"{where}.amount")
    return replace(line, quantity=quantity, amount=amount)


def _number(number: Decimal, places: int, where: str) -> Decimal:
    try:
        found = exact(str(number), places=places)
    except ValueError as fault:
        raise Unreadable(str(fault), where) from fault
    if found < 0:
        raise Unreadable("The number is below 0.", where)
    return found


def _sane(moment: datetime | None, where: str) -> None:
    if moment is not None and not _EARLIEST <= moment < _LATEST:
        raise Unreadable("A time lies in the years 1970 to 2199.", where)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"{type(value)} is no part of a wish.")


def _read(said: Mapping[str, Any], numbers: Sequence[str], moments: Sequence[str]) -> dict[str, Any]:
    read: dict[str, Any] = {each: Decimal(said[each]) for each in numbers if said[each] is not None}
    return read | {each: datetime.fromisoformat(said[each]) for each in moments if said[each] is not None}
