"""Which rate prices each item: table by the account's terms, version by instant, row by feature and dimensions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from config.kernel.errors import (
    FieldError,
    NoRate,
    UnknownAccount,
    UnknownReference,
)
from pricing.queries.pricebook import (
    CompiledRate,
    TableBook,
    VersionBook,
    any_version,
    kept_for,
    pricebook,
)
from pricing.rules.formulas import FormulaFails
from pricing.rules.matching import RateIndex
from pricing.rules.terms import PriceTerm, worth
from usage.queries.identified import identified
from usage.queries.standings import AccountStanding, Binding, standings
from usage.rules import access, ruling
from usage.rules.ladders import in_unit, shared_ladder
from usage.rules.orders import Item
from usage.rules.overrides import Dated, OverrideFact, in_force, index_of, locked, span
from usage.rules.ruling import Subject


@dataclass(frozen=True, slots=True)
class PricedItem:
    """One item with its rate, and the term by which the account pays: the rate's own, or what an override makes of it.

    item: with the code of the currency where it says what it cost.
    value: what a formula came to, before any override.
    """

    item: Item
    feature_id: int
    rate: CompiledRate
    term: PriceTerm
    value: PriceTerm | None = None
    override: OverrideFact | None = None

    def line(self) -> dict[str, Any]:
        """What the SQL functions are told of it."""
        rate, term = self.rate, self.term
        line: dict[str, Any] = {
            "feature_id": self.feature_id,
            "feature": self.item.feature,
            "quantity": self.item.quantity,
            "dimensions": self.item.dimensions,
            "rate": rate.rate_id,
            "bounds": term.bounds,
            "prices": term.prices,
            "per": term.per,
            "minimum": rate.minimum,
            "rounding": rate.rounding,
        }
        if term.mode:
            line |= {"mode": term.mode, "packs": term.packs, "pattern": rate.pattern}
            line["rate_dimensions"] = rate.dimensions
        if self.value is not None:
            line |= {"formula_price": self.value.prices[0], "formula_per": self.value.per}
        if self.override is not None:
            line["override"] = self.override.id
        if self.item.cost is not None:
            line |= {"cost": self.item.cost.amount, "cost_currency": self.item.cost.currency}
        return line


@dataclass(frozen=True, slots=True)
class Priced:
    """An order's items as priced, and how far that holds. epoch None: against a version of one's choice."""

    account: AccountStanding
    table: TableBook
    version_id: int
    unit_id: int
    items: Sequence[PricedItem]
    moment: datetime
    epoch: int | None = None
    holds_from: datetime | None = None
    holds_until: datetime | None = None
    unlocks: Sequence[dict[str, Any]] = ()
    ladder: Mapping[str, Any] | None = None

    def rules(self, subject: Subject) -> dict[str, Any] | None:
        """What the account's own rules say to usage by this subject; None where none applies."""
        account = self.account
        if not (account.budgets or account.allowances or account.access or self.unlocks or self.ladder):
            return None
        items = [each.item for each in self.items]
        found = access.denied(account.access, items, self.moment)
        if self.unlocks:
            found["unlocks"] = self.unlocks
        if self.ladder:
            found["ladder"] = self.ladder
        if budgeted := list(ruling.budgets(account.budgets, self.unit_id, items, subject)):
            found["budgets"] = budgeted
        if covering := list(ruling.allowances(account.allowances, items, self.moment)):
            found["allowances"] = covering
        return found or None

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
            "lines": [each.line() for each in self.items],
        }
        if any(each.term.mode for each in self.items):
            said["tiered"] = True
        if self.epoch is not None:
            said["epoch"] = self.epoch
        return said


def price(
    *, account: str, product_id: int, items: Sequence[Item], moment: datetime, version: int | None = None
) -> Priced:
    """Find the rate of each item for usage at `moment`.

    version: a number of the account's table to price by instead of the one in force, drafts included.

    Raises UnknownAccount, UnknownFeature, Forbidden, NoRate, UnknownReference, InvalidRequest.
    """
    book, accounts = pricebook(), standings()
    standing = accounts.account(account)
    if standing is None:
        raise UnknownAccount(
            f"There is no account {account}.", errors=[FieldError("/account", "There is no such account.")]
        )
    known_items = identified(product_id, items)
    binding = accounts.binding(standing, moment)
    if binding.table_id is None:
        raise NoRate("The account has no rate table, and there is no default one.")
    table = book.table(binding.table_id)
    found = version_for(table, moment, version, standing)
    priced = priced_items(found, table, standing.overrides, moment, known_items)
    unit_id = accounts.unit_id(table.token)
    ladder, judged_at = ladder_for(standing, table, [feature_id for _, feature_id in known_items], product_id)
    by_choice = Priced(standing, table, found.version_id, unit_id, priced, moment, ladder=ladder)
    if version is not None:
        return by_choice
    known, known_at = accounts.unlocks(table.table_id)
    epoch = min(each for each in (table.epoch, known_at, binding.epoch, judged_at) if each is not None)
    opening = list(access.unlocks(known, items)) if known else []
    begins, ends = _span(binding, found, standing, moment)
    return replace(by_choice, epoch=epoch, holds_from=begins, holds_until=ends, unlocks=opening)


def ladder_for(
    standing: AccountStanding, table: TableBook, feature_ids: Sequence[int], product_id: int
) -> tuple[Mapping[str, Any] | None, int | None]:
    """What the usage is judged by beside the floor; where that is shared, the table's epoch when it was read."""
    if standing.has_policy:
        return in_unit(standing.ladder, table.token), None
    shared = standings().policies_as_of({table.table_id: 0})  # read when there was this table already
    ladder = shared_ladder(shared, feature_ids, product_id, table.table_id)
    return in_unit(ladder, table.token), shared.epochs.get(table.table_id)


def _span(
    binding: Binding, found: VersionBook, standing: AccountStanding, moment: datetime
) -> tuple[datetime | None, datetime | None]:
    """The instants around `moment` between which usage is priced by the same."""
    starts, ends = [binding.holds_from, found.holds_from], [binding.holds_until, found.holds_until]
    priced: tuple[Dated, ...] = (*standing.overrides, *standing.locks)
    ruled: tuple[Dated, ...] = (*standing.allowances, *standing.seats, *standing.access)
    dated = (*priced, *ruled)
    if dated:
        begins, ends_at = span(dated, moment)
        starts.append(begins)
        ends.append(ends_at)
    return max(filter(None, starts), default=None), min(filter(None, ends), default=None)


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


def version_for(
    table: TableBook, moment: datetime, number: int | None, standing: AccountStanding
) -> VersionBook:
    """The version asked for, else the one that the account stays on, else the one in force.

    Raises UnknownReference, NoRate.
    """
    if number is not None:
        chosen = any_version(table.table_id, number)
        if chosen is None:
            detail = f"The rate table {table.code} has no version {number}."
            raise UnknownReference(detail, errors=[FieldError("/rate_table_version", detail)])
        return chosen
    if standing.locks and (version_id := locked(standing.locks, table.table_id, moment)) is not None:
        found = kept_for(table, version_id)
    else:
        found = table.at(moment)
    if found is None:
        raise NoRate(f"The rate table {table.code} has no version in force at {moment.isoformat()}.")
    return found


def priced_items(
    version: VersionBook,
    table: TableBook,
    overrides: Sequence[OverrideFact],
    moment: datetime,
    items: Sequence[tuple[Item, int]],
) -> list[PricedItem]:
    """Each item with what prices it. overrides: the account's, in order of their starts.

    Raises NoRate.
    """
    own = index_of(in_force(overrides, moment)) if overrides else None
    return [
        priced_item(version, place, item, feature_id, table, own)
        for place, (item, feature_id) in enumerate(items)
    ]


def priced_item(
    version: VersionBook,
    place: int,
    item: Item,
    feature_id: int,
    table: TableBook,
    own: RateIndex[OverrideFact] | None,
) -> PricedItem:
    """The item with the row that prices it, and the account's own price where it has one.

    Raises NoRate.
    """
    rate = version.rate_for(item.feature, item.dimensions)
    if rate is None:
        fault = FieldError(f"/items/{place}", "No rate matches this feature and these dimensions.")
        raise NoRate(
            f"The rate table {table.code} v{version.number} has no rate for {item.feature}.", errors=[fault]
        )
    override = own.best(item.feature, item.dimensions) if own is not None else None
    is_computed = rate.formula is not None and (override is None or override.kind == "multiplier")
    value = _value(item, rate, place) if is_computed else None
    term = value or rate.term
    return PricedItem(item, feature_id, rate, override.applied(term) if override else term, value, override)


def _value(item: Item, rate: CompiledRate, place: int) -> PriceTerm:
    """What the rate's formula makes of the usage."""
    assert rate.formula is not None
    try:
        return worth(rate.formula.value(item.quantity, item.dimensions), item.quantity)
    except FormulaFails as fault:
        where = f"{rate.pattern} in {rate.table_code} v{rate.version_number}"
        raise NoRate(
            f"The formula of {where} has no price for this usage. {fault}",
            errors=[FieldError(f"/items/{place}", str(fault))],
        ) from None
