"""What accounts may use now, feature by feature, and why: as a debit would be answered, without making one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from config.kernel.errors import NoRate
from pricing.queries.charging import Asked, charges_of
from pricing.queries.pricebook import TableBook, VersionBook, pricebook
from pricing.rules.matching import RateIndex
from usage.queries import entitlement_facts as facts
from usage.queries.pricing_for import PricedItem, priced_item, version_for
from usage.queries.standings import AccountStanding, standings
from usage.rules.access import Says
from usage.rules.entitlements import (
    Cover,
    Entitlement,
    FeatureCard,
    HardBudget,
    cover,
    lasts_until,
    verdict,
)
from usage.rules.orders import Item
from usage.rules.overrides import OverrideFact, in_force, index_of
from usage.rules.receipts import unit_tokens
from usage.rules.windows import Included
from wallets.queries.funds import Purses, purses_of
from wallets.rules.funds import Funds

TOO_MANY_TOKENS = Decimal(10) ** 18


@dataclass(frozen=True, slots=True)
class Customer:
    """An account with what prices its usage now. version: None where nothing has a rate. own: its overrides."""

    standing: AccountStanding
    state: str
    table: TableBook | None
    version: VersionBook | None
    own: RateIndex[OverrideFact] | None
    says: Says | None


@dataclass(frozen=True, slots=True)
class Asking:
    """One account and one feature, priced. line: the place of its charge; None where it has no rate."""

    card: FeatureCard
    item: PricedItem | None
    cover: Cover
    line: int | None


@dataclass(slots=True)
class Charges:
    """Lines to be charged, each once, however many cells they are of."""

    lines: list[Asked] = field(default_factory=list)
    places: dict[tuple[object, ...], int] = field(default_factory=dict)
    kept: list[PricedItem] = field(default_factory=list)

    def place(self, item: PricedItem, covered: Decimal, counted: Decimal | None) -> int:
        key = (id(item), covered, counted)
        place = self.places.get(key)
        if place is None:
            place = self.places[key] = len(self.lines)
            rate = item.rate
            self.lines.append(
                Asked(item.term, item.item.quantity, rate.minimum, rate.rounding, covered, counted)
            )
            self.kept.append(item)  # its identity stands for it
        return place


@dataclass(frozen=True, slots=True)
class Answer:
    """The entitlements of one account, in the order of the features. token: what it pays in; None without a table."""

    account: str
    token: str | None
    moment: datetime
    entitlements: Sequence[Entitlement]


def entitlements(
    references: Sequence[str],
    cards: Sequence[FeatureCard],
    *,
    quantity: Decimal = Decimal(1),
    now: datetime | None = None,
) -> dict[str, Answer]:
    """What each of these accounts may use of these features, by its reference, as far as there are such accounts.

    In a fixed number of questions, however many they are. quantity: of the debit that would be made. now: None is the
    database's clock.
    """
    seen = facts.snapshot(references)
    moment = now or seen.now
    customers = _customers(seen, moment)
    unit_ids = {
        token: standings().unit_id(token) for token in {each.table.token for each in customers if each.table}
    }
    units = {each.standing.account_id: unit_ids[each.table.token] for each in customers if each.table}
    known = [each.standing for each in customers]
    purses = purses_of([each.account_id for each in known], moment)
    windows = facts.windows_of(known, moment)
    budgets = facts.budgets_of(known, units, moment)
    asking, charges = _asked(customers, cards, quantity, windows, moment)
    tokens = charges_of(charges.lines)
    return {
        each.standing.reference: Answer(
            each.standing.reference,
            each.table.token if each.table else None,
            moment,
            _judged(each, cells, tokens, budgets.get(each.standing.account_id, ()), purses, units, moment),
        )
        for each, cells in zip(customers, asking, strict=True)
    }


def _customers(seen: facts.Snapshot, moment: datetime) -> list[Customer]:
    accounts, book = standings(), pricebook()
    known = accounts.current({name: each.revision for name, each in seen.accounts.items()})
    shared = accounts.shared_as_of(seen.epochs)
    tables: dict[int, TableBook] = {}
    found = []
    for reference, standing in known.items():
        table_id = accounts.binding(standing, moment, shared).table_id
        if table_id is not None and table_id not in tables:
            tables[table_id] = book.as_of(table_id, seen.epochs.get(table_id, 0))
        table = tables.get(table_id) if table_id is not None else None
        own = index_of(in_force(standing.overrides, moment)) if standing.overrides else None
        says = Says(standing.access, moment) if standing.access else None
        state = seen.accounts[reference].state
        found.append(Customer(standing, state, table, _version(table, standing, moment), own, says))
    return found


def _version(table: TableBook | None, standing: AccountStanding, moment: datetime) -> VersionBook | None:
    try:
        return None if table is None else version_for(table, moment, None, standing)
    except NoRate:
        return None


def _asked(
    customers: Sequence[Customer],
    cards: Sequence[FeatureCard],
    quantity: Decimal,
    windows: Mapping[UUID, Sequence[Included]],
    moment: datetime,
) -> tuple[list[list[Asking]], Charges]:
    """Each account's features, priced and covered; what is charged alike is charged once."""
    known: dict[tuple[int, int], PricedItem | None] = {}
    priced = [[_priced(each, card, quantity, known) for card in cards] for each in customers]
    has_tiers = any(item is not None and item.term.mode for row in priced for item in row)
    ids = [each.standing.account_id for each in customers]
    counted = facts.counted_of(ids, [card.id for card in cards], moment) if has_tiers else {}
    charges = Charges()
    asking = []
    for each, row in zip(customers, priced, strict=True):
        account_id, included = each.standing.account_id, windows.get(each.standing.account_id, ())
        cells = []
        for card, item in zip(cards, row, strict=True):
            covering = cover(included, card.code, quantity)
            line = None
            if item is not None:
                before = None
                if item.term.mode:
                    before = counted.get((account_id, card.id, item.rate.pattern), Decimal(0))
                line = charges.place(item, covering.covered, before)
            cells.append(Asking(card, item, covering, line))
        asking.append(cells)
    return asking, charges


def _priced(
    customer: Customer,
    card: FeatureCard,
    quantity: Decimal,
    known: dict[tuple[int, int], PricedItem | None],
) -> PricedItem | None:
    """The rate of a feature; accounts without prices of their own share it."""
    if customer.version is None or customer.table is None:
        return None
    key = (customer.version.version_id, card.id)
    if customer.own is None and key in known:
        return known[key]
    try:
        item = Item(card.code, quantity, {})
        found = priced_item(customer.version, 0, item, card.id, customer.table, customer.own)
    except NoRate:
        found = None
    if customer.own is None:
        known[key] = found
    return found


def _judged(
    customer: Customer,
    cells: Sequence[Asking],
    charges: Sequence[Decimal],
    budgets: Sequence[HardBudget],
    purses: Purses,
    units: Mapping[UUID, int],
    moment: datetime,
) -> list[Entitlement]:
    account_id = customer.standing.account_id
    unit_id = units.get(account_id)
    funds = Funds(Decimal(0), Decimal(0), ()) if unit_id is None else purses.of(account_id, unit_id)
    return [
        _entitlement(customer, each, None if each.line is None else charges[each.line], budgets, funds)
        for each in cells
    ]


def _entitlement(
    customer: Customer,
    asked: Asking,
    tokens: Decimal | None,
    budgets: Sequence[HardBudget],
    funds: Funds,
) -> Entitlement:
    card, item, covering = asked.card, asked.item, asked.cover
    said = customer.says.about(card.code) if customer.says is not None else None
    allowed, reason, unit_price = False, "no_rate", None
    if item is not None and tokens is not None and tokens < TOO_MANY_TOKENS:
        allowed, reason = verdict(
            feature=card.code,
            state=customer.state,
            is_closed=said is not None and said.kind == "closed",
            tokens=tokens,
            is_covered=covering.covered > 0,
            budgets=budgets,
            funds=funds,
        )
        unit_price = unit_tokens(
            item.term, item.rate.formula.text if item.rate.formula and item.value else ""
        )
    return Entitlement(
        feature=card,
        allowed=allowed,
        reason=reason,
        included=covering.included,
        used=covering.used,
        resets_at=covering.resets_at,
        unit_tokens=unit_price,
        until=lasts_until(said, customer.standing.access),
        would_cost=tokens,
        said=said,
    )
