"""What accounts may use now, feature by feature, and why: as a debit would be answered, without making one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from config.kernel.errors import NoRate
from pricing.queries.charging import Asked, charges_of
from pricing.queries.pricebook import TableBook, VersionBook, pricebook
from pricing.rules.matching import RateIndex
from usage.queries import entitlement_facts as facts
from usage.queries.pricing_for import PricedItem, priced_item, version_for
from usage.queries.standings import AccountStanding, standings
from usage.queries.stands import Ladders, stands_of
from usage.rules.access import Says
from usage.rules.climbing import Stand
from usage.rules.entitlements import (
    NO_COVER,
    Cover,
    Entitlement,
    FeatureCard,
    Judge,
    cover,
    lasts_until,
)
from usage.rules.orders import Item
from usage.rules.overrides import OverrideFact, in_force, index_of
from usage.rules.receipts import unit_tokens
from usage.rules.windows import Included
from wallets.queries.funds import purses_of

NOTHING = Decimal(0)
NOWHERE = Stand()
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


class Priced(Struct, frozen=True, gc=False):
    """A feature with its rate, for one account or for all that have no price of their own. unit_tokens: as text."""

    item: PricedItem
    unit_tokens: str | None


@dataclass(slots=True)
class Charges:
    """Lines to be charged, each once, however many cells they are of."""

    lines: list[Asked] = field(default_factory=list)
    places: dict[tuple[int, Decimal, Decimal | None], int] = field(default_factory=dict)

    def place(self, item: PricedItem, covered: Decimal, counted: Decimal | None) -> int:
        """Where the charge of the line will stand. The item must last as long: it is known by its identity."""
        key = (id(item), covered, counted)
        place = self.places.get(key)
        if place is None:
            place = self.places[key] = len(self.lines)
            rate = item.rate
            self.lines.append(
                Asked(item.term, item.item.quantity, rate.minimum, rate.rounding, covered, counted)
            )
        return place


class Asking(Struct, frozen=True, gc=False):
    """One account and one feature. priced: None where it has no rate. line: the place of its charge."""

    priced: Priced | None
    cover: Cover
    line: int


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
    known = [each.standing for each in customers]
    windows = facts.windows_of(known, moment)
    asking, charges = _asked(customers, cards, quantity, windows, moment)
    tokens = charges_of(charges.lines)
    ladders = Ladders(standings().policies_as_of(seen.epochs))
    judges = _judges(customers, ladders, moment)
    return {
        each.standing.reference: Answer(
            each.standing.reference,
            each.table.token if each.table else None,
            moment,
            _told(each, cards, cells, tokens, judge, ladders),
        )
        for each, cells, judge in zip(customers, asking, judges, strict=True)
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


def _judges(customers: Sequence[Customer], ladders: Ladders, moment: datetime) -> list[Judge]:
    ids = [each.standing.account_id for each in customers]
    tokens = {each.table.token for each in customers if each.table}
    unit_ids = {token: standings().unit_id(token) for token in tokens}
    units = {each.standing.account_id: unit_ids[each.table.token] for each in customers if each.table}
    budgets = facts.budgets_of([each.standing for each in customers], units, moment)
    purses = purses_of([each.standing.account_id for each in customers], moment)
    climbing = {each.standing.account_id for each in customers if ladders.may_rule(each.standing)}
    funds = {account_id: purses.of(account_id, units.get(account_id, 0)) for account_id in ids}
    stands = stands_of(funds, {each: units[each] for each in ids if each in units and each in climbing})
    return [
        Judge(
            customer.state == "active",
            budgets.get(account_id, ()),
            funds[account_id],
            stands.get(account_id, NOWHERE),
            moment,
        )
        for account_id, customer in zip(ids, customers, strict=True)
    ]


def _asked(
    customers: Sequence[Customer],
    cards: Sequence[FeatureCard],
    quantity: Decimal,
    windows: Mapping[UUID, Sequence[Included]],
    moment: datetime,
) -> tuple[list[list[Asking]], Charges]:
    """Each account's features, priced and covered; what is charged alike is charged once."""
    common: dict[int, list[Priced | None]] = {}
    priced = [_priced(each, cards, quantity, common) for each in customers]
    has_tiers = any(each is not None and each.item.term.mode for row in priced for each in row)
    ids = [each.standing.account_id for each in customers]
    counted = facts.counted_of(ids, [card.id for card in cards], moment) if has_tiers else {}
    charges = Charges()
    asking = []
    for account_id, row in zip(ids, priced, strict=True):
        included = windows.get(account_id, ())
        cells = []
        for card, each in zip(cards, row, strict=True):
            covering = cover(included, card.code, quantity) if included else NO_COVER
            line = 0
            if each is not None:
                before = None
                if each.item.term.mode:
                    before = counted.get((account_id, card.id, each.item.rate.pattern), NOTHING)
                line = charges.place(each.item, covering.covered, before)
            cells.append(Asking(each, covering, line))
        asking.append(cells)
    return asking, charges


def _priced(
    customer: Customer,
    cards: Sequence[FeatureCard],
    quantity: Decimal,
    common: dict[int, list[Priced | None]],
) -> list[Priced | None]:
    """The rates of the features; accounts without prices of their own share those of their version."""
    if customer.version is None or customer.table is None:
        return [None] * len(cards)
    version_id = customer.version.version_id
    if customer.own is None and version_id in common:
        return common[version_id]
    row = [_price(customer.version, customer.table, customer.own, card, quantity) for card in cards]
    if customer.own is None:
        common[version_id] = row
    return row


def _price(
    version: VersionBook,
    table: TableBook,
    own: RateIndex[OverrideFact] | None,
    card: FeatureCard,
    quantity: Decimal,
) -> Priced | None:
    try:
        item = priced_item(version, 0, Item(card.code, quantity, {}), card.id, table, own)
    except NoRate:
        return None
    formula = item.rate.formula.text if item.rate.formula and item.value else ""
    return Priced(item, unit_tokens(item.term, formula))


def _told(
    customer: Customer,
    cards: Sequence[FeatureCard],
    cells: Sequence[Asking],
    charges: Sequence[Decimal],
    judge: Judge,
    ladders: Ladders,
) -> list[Entitlement]:
    found = []
    for card, asked in zip(cards, cells, strict=True):
        said = customer.says.about(card.code) if customer.says is not None else None
        covering, tokens, unit_price = asked.cover, None, None
        allowed, reason = False, "no_rate"
        if asked.priced is not None:
            tokens = charges[asked.line]
            if tokens < TOO_MANY_TOKENS:
                unit_price = asked.priced.unit_tokens
                is_closed = said is not None and said.kind == "closed"
                ladder = ladders.of(customer.standing, customer.table, card)
                allowed, reason = judge.verdict(
                    card.code, tokens, is_closed=is_closed, is_covered=covering.covered > 0, ladder=ladder
                )
        until = None if said is None else lasts_until(said, customer.standing.access)
        found.append(
            Entitlement(
                card,
                allowed,
                reason,
                covering.included,
                covering.used,
                covering.resets_at,
                unit_price,
                until,
                tokens,
                said,
            )
        )
    return found
