"""Which rate prices each item: table by the account's terms, version by instant, row by feature and dimensions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.kernel.errors import (
    FieldError,
    Forbidden,
    NoRate,
    UnknownAccount,
    UnknownFeature,
    UnknownReference,
)
from pricing.queries.pricebook import CompiledRate, PriceBook, TableBook, VersionBook, any_version, pricebook
from pricing.rules.formulas import FormulaFails
from pricing.rules.terms import PriceTerm, worth
from usage.queries.standings import AccountStanding, Binding, Standings, standings
from usage.rules.orders import Item


@dataclass(frozen=True, slots=True)
class Priced:
    """An order's items with the rate of each, and how far that holds. epoch None: against a version of one's choice."""

    account: AccountStanding
    table: TableBook
    version_id: int
    unit_id: int
    items: Sequence[Item]
    feature_ids: Sequence[int]
    rates: Sequence[CompiledRate]
    terms: Sequence[PriceTerm]
    epoch: int | None
    holds_from: datetime | None
    holds_until: datetime | None

    def request(self) -> dict[str, Any]:
        """What the SQL functions are told of prices and lines."""
        said: dict[str, Any] = {
            "account": self.account.account_id,
            "revision": self.account.revision,
            "unit": self.unit_id,
            "table": self.table.table_id,
            "version": self.version_id,
            "holds_from": self.holds_from,
            "holds_until": self.holds_until,
            "lines": [
                _line(*each)
                for each in zip(self.items, self.feature_ids, self.rates, self.terms, strict=True)
            ],
        }
        if any(term.mode for term in self.terms):
            said["tiered"] = True
        if self.epoch is not None:
            said["epoch"] = self.epoch
        return said


def _line(item: Item, feature_id: int, rate: CompiledRate, term: PriceTerm) -> dict[str, Any]:
    line = {
        "feature_id": feature_id,
        "feature": item.feature,
        "quantity": item.quantity,
        "dimensions": item.dimensions,
        "rate": rate.rate_id,
        "bounds": term.bounds,
        "prices": term.prices,
        "per": term.per,
        "minimum": rate.minimum,
        "rounding": rate.rounding,
    }
    if term.mode:
        line |= {
            "mode": term.mode,
            "packs": term.packs,
            "pattern": rate.pattern,
            "rate_dimensions": rate.dimensions,
        }
    if rate.formula is not None:
        line["computed"] = True
    return line


def _term(item: Item, rate: CompiledRate, place: int) -> PriceTerm:
    """What the line costs; a formula is computed from the usage."""
    if rate.formula is None:
        return rate.term
    try:
        return worth(rate.formula.value(item.quantity, item.dimensions), item.quantity)
    except FormulaFails as fault:
        where = f"{rate.pattern} in {rate.table_code} v{rate.version_number}"
        raise NoRate(
            f"The formula of {where} has no price for this usage. {fault}",
            errors=[FieldError(f"/items/{place}", str(fault))],
        ) from None


def price(
    *, account: str, product_id: int, items: Sequence[Item], moment: datetime, version: int | None = None
) -> Priced:
    """Find the rate of each item for usage at `moment`.

    version: a number of the account's table to price by instead of the one in force, drafts included.

    Raises UnknownAccount, UnknownFeature, Forbidden, NoRate, UnknownReference.
    """
    book, accounts = pricebook(), standings()
    standing = accounts.account(account)
    if standing is None:
        raise UnknownAccount(
            f"There is no account {account}.", errors=[FieldError("/account", "There is no such account.")]
        )
    feature_ids = [_feature_id(book, product_id, place, item) for place, item in enumerate(items)]
    binding = accounts.binding(standing, moment)
    if binding.table_id is None:
        raise NoRate("The account has no rate table, and there is no default one.")
    table = book.table(binding.table_id)
    found = _version(table, moment, version)
    rates = [_rate(found, place, item, table) for place, item in enumerate(items)]
    return _priced(accounts, standing, table, found, items, feature_ids, rates, binding, version)


def learn(accounts: Iterable[str]) -> None:
    """Read what is not known yet of these accounts in one question, for `price` to find."""
    standings().learn(accounts)


def refresh(*, account: str, moment: datetime) -> None:
    """Read again what the account pays by at `moment`, where this process may have an older picture of it."""
    accounts = standings()
    accounts.forget(account)
    standing = accounts.account(account)
    binding = accounts.binding(standing, moment) if standing else None
    if binding is not None and binding.table_id is not None:
        pricebook().current(binding.table_id)


def _priced(
    accounts: Standings,
    standing: AccountStanding,
    table: TableBook,
    found: VersionBook,
    items: Sequence[Item],
    feature_ids: Sequence[int],
    rates: Sequence[CompiledRate],
    binding: Binding,
    version: int | None,
) -> Priced:
    is_chosen = version is not None
    epoch = table.epoch if binding.epoch is None else min(table.epoch, binding.epoch)
    ends = [end for end in (found.holds_until, binding.holds_until) if end is not None]
    starts = [start for start in (found.holds_from, binding.holds_from) if start is not None]
    return Priced(
        account=standing,
        table=table,
        version_id=found.version_id,
        unit_id=accounts.unit_id(table.token),
        items=items,
        feature_ids=feature_ids,
        rates=rates,
        terms=[_term(item, rate, place) for place, (item, rate) in enumerate(zip(items, rates, strict=True))],
        epoch=None if is_chosen else epoch,
        holds_from=None if is_chosen else max(starts, default=None),
        holds_until=None if is_chosen else min(ends, default=None),
    )


def _feature_id(book: PriceBook, product_id: int, place: int, item: Item) -> int:
    card = book.feature(item.feature)
    if card is None:
        fault = FieldError(f"/items/{place}/feature", "There is no such feature.")
        raise UnknownFeature(f"There is no feature {item.feature}.", errors=[fault])
    if card.product_id != product_id:
        fault = FieldError(f"/items/{place}/feature", "The feature belongs to another product.")
        raise Forbidden(
            f"The feature {item.feature} belongs to another product than this key.", errors=[fault]
        )
    return card.id


def _version(table: TableBook, moment: datetime, number: int | None) -> VersionBook:
    if number is not None:
        chosen = any_version(table.table_id, number)
        if chosen is None:
            raise UnknownReference(f"The rate table {table.code} has no version {number}.")
        return chosen
    found = table.at(moment)
    if found is None:
        raise NoRate(f"The rate table {table.code} has no version in force at {moment.isoformat()}.")
    return found


def _rate(version: VersionBook, place: int, item: Item, table: TableBook) -> CompiledRate:
    rate = version.rate_for(item.feature, item.dimensions)
    if rate is None:
        fault = FieldError(f"/items/{place}", "No rate matches this feature and these dimensions.")
        raise NoRate(
            f"The rate table {table.code} v{version.number} has no rate for {item.feature}.", errors=[fault]
        )
    return rate
