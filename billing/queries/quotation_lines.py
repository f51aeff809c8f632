"""What a quotation that somebody writes comes to at today's offers and promotions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from billing.models import Promotion
from billing.queries.offers import offers_named, snapshot_of
from billing.queries.promotions import best_by_itself, promotions_for
from billing.rules.money import priced
from billing.rules.offers import Snapshot
from billing.rules.promotions import with_bonus
from billing.rules.quotations import LineMoney, LineQuoted, LineTerms, QuotationAsked, reckon
from config.kernel.amounts import DIGITS_BEFORE_THE_POINT
from config.kernel.errors import FieldError, InvalidRequest, UnknownReference
from wallets.models import Currency

MOST_LINES = 100
MOST_SEATS = 1_000_000


@dataclass(frozen=True, slots=True)
class ReckonedLine:
    """A line with what it comes to. offer: as it is sold, bonus and all."""

    asked: LineQuoted
    offer: Snapshot
    promotion: Promotion | None
    money: LineMoney


@dataclass(frozen=True, slots=True)
class Reckoned:
    lines: Sequence[ReckonedLine]
    currency: str

    @property
    def listed(self) -> Decimal:
        return sum((line.money.listed for line in self.lines), Decimal(0))

    @property
    def amount(self) -> Decimal:
        """What is to pay: the sum of the lines."""
        return sum((line.money.amount for line in self.lines), Decimal(0))

    @property
    def taken_off(self) -> Decimal:
        return self.listed - self.amount

    @property
    def widest(self) -> Decimal:
        """The largest share that a person takes off a line, in per cent."""
        return max((line.money.widest(self.currency) for line in self.lines), default=Decimal(0))

    @property
    def by_period(self) -> dict[str, Decimal]:
        """What is paid once, each month and each year."""
        found: dict[str, Decimal] = {}
        for line in self.lines:
            found[line.offer.period] = found.get(line.offer.period, Decimal(0)) + line.money.amount
        return found


def reckoned(account_id: UUID, asked: QuotationAsked, moment: datetime) -> Reckoned:
    """The lines at list prices, with promotions and discounts.

    Raises UnknownReference, InvalidRequest, each with the lines at fault.
    """
    if not 1 <= len(asked.lines) <= MOST_LINES:
        raise InvalidRequest(f"A quotation has 1 to {MOST_LINES} lines.")
    if not Currency.objects.filter(code=asked.currency).exists():
        detail = f"There is no rate for the currency {asked.currency}."
        raise UnknownReference(detail, errors=[FieldError("/currency", detail)])
    meant = _offers(asked)
    running = {each.code: each for each in promotions_for(account_id, moment)}
    chosen = [
        _promotion(place, line, offer, running, asked.currency)
        for place, (line, offer) in enumerate(zip(asked.lines, meant, strict=True))
    ]
    terms = [
        LineTerms(offer, line.quantity, promotion.terms if promotion else None, line.discount)
        for line, offer, promotion in zip(asked.lines, meant, chosen, strict=True)
    ]
    money = reckon(terms, asked.discount, asked.currency)
    return Reckoned(
        [
            ReckonedLine(line, with_bonus(each.offer, each.promotion), promotion, sums)
            for line, each, promotion, sums in zip(asked.lines, terms, chosen, money, strict=True)
        ],
        asked.currency,
    )


def _offers(asked: QuotationAsked) -> list[Snapshot]:
    found = offers_named({line.sku for line in asked.lines})
    faults: list[FieldError] = []
    meant: list[Snapshot] = []
    for place, line in enumerate(asked.lines):
        offer = found.get(line.sku)
        if offer is None or not offer.is_sold:
            why = "There is no SKU" if offer is None else "Not on sale any more is the SKU"
            faults.append(FieldError(f"/lines/{place}/sku", f"{why} {line.sku}."))
            continue
        meant.append(snapshot_of(offer))
        if offer.currency != asked.currency:
            detail = f"{offer.code} is sold in {offer.currency}: it has no list price in {asked.currency}."
            faults.append(FieldError(f"/lines/{place}/sku", detail))
    if faults:
        raise UnknownReference(faults[0].detail, errors=faults)
    for place, (line, each) in enumerate(zip(asked.lines, meant, strict=True)):
        _check_quantity(place, line, each)
    return meant


def _check_quantity(place: int, line: LineQuoted, offer: Snapshot) -> None:
    where = f"/lines/{place}/quantity"
    if line.quantity <= 0:
        raise InvalidRequest.at(where, "A quantity is more than 0.")
    if priced(line.quantity, offer.list_price, offer.currency) >= Decimal(10) ** DIGITS_BEFORE_THE_POINT:
        raise InvalidRequest.at(where, "The line costs more than can be kept.")
    for part in offer.seats:
        seats = part.seats * line.quantity
        if seats != seats.to_integral_value():
            raise InvalidRequest.at(where, "Seats are sold whole.")
        if seats > MOST_SEATS:
            raise InvalidRequest.at(where, f"An order gives at most {MOST_SEATS:,} seats.")


def _promotion(
    place: int, line: LineQuoted, offer: Snapshot, running: Mapping[str, Promotion], currency: str
) -> Promotion | None:
    """The one that was chosen, else the best that applies by itself.

    Raises InvalidRequest.
    """
    if not line.promotion:
        listed = priced(line.quantity, offer.list_price, currency)
        return best_by_itself(running.values(), offer, listed, line.quantity, currency)
    found = running.get(line.promotion)
    where = f"/lines/{place}/promotion"
    if found is None:
        raise InvalidRequest.at(
            where, f"The promotion {line.promotion} does not run, or all its uses are taken."
        )
    if not found.terms.is_for(offer):
        raise InvalidRequest.at(where, f"The promotion {found.code} is not for {offer.code}.")
    return found
