"""Plays a history on the model and on the product, and holds what they say against each other after every step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from usage.tests.model import deeds as d
from usage.tests.model import histories as h
from usage.tests.model.calls import Call, on_model, written
from usage.tests.model.charging import quote
from usage.tests.model.comparing import Disagreement, attempt, equal
from usage.tests.model.facts import Refused
from usage.tests.model.grants import WINDOW_AHEAD, WINDOW_BACK
from usage.tests.model.offered import Product
from usage.tests.model.playing_holds import PlaysHolds
from usage.tests.model.playing_ladders import PlaysLadders
from usage.tests.model.playing_rules import PlaysRules
from usage.tests.model.prices import Table
from usage.tests.model.purse import Purse
from usage.tests.model.reported import Telling
from usage.tests.model.reporting import Reports
from usage.tests.model.rules import PASSES
from usage.tests.model.world import World

BEGINNING = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LONG_AGO = BEGINNING - timedelta(days=100)


def new_world() -> World:
    """The town every history begins in: three tables with a price for everything, a parent with a part, a stranger."""
    world = World(features=dict(h.FEATURES))
    for code, unit in h.TABLES.items():
        world.tables[code] = Table(code, unit)
        world.publish(code, (h.FLAT,), LONG_AGO)
    world.default_table = "standard"
    world.unlocks = dict(PASSES)
    world.enrol("acme", LONG_AGO)
    world.enrol("acme-team", LONG_AGO, parent="acme", zone=h.ZONES["acme-team"])
    world.enrol("solo", LONG_AGO, table="standard", zone=h.ZONES["solo"])
    return world


@dataclass
class Play(Telling, PlaysRules, PlaysHolds, PlaysLadders):
    product: Product
    world: World = field(default_factory=new_world)
    now: datetime = BEGINNING
    calls: list[Call] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    instants: list[datetime] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    refusals: dict[str, list[Refused]] = field(default_factory=dict)
    refusal: Refused | None = None

    def __post_init__(self) -> None:
        self.reports = Reports(self.world)

    def run(self, history: Iterable[d.Step]) -> None:
        """Play every step. Raises Disagreement with the story so far at the first difference."""
        self.product.enter(self.world, LONG_AGO)
        try:
            for step in history:
                ahead = [at for at in self.instants if at > self.now]
                self.now = self.now + step.after if step.after is not None else min(ahead, default=self.now)
                self.told.append(f"{self.now:%m-%d %H:%M:%S.%f} {step.deed}")
                getattr(self, f"do_{type(step.deed).__name__}")(step.deed)
            self.compare_everything()
        except Disagreement as fault:
            raise Disagreement("\n".join([str(fault), "", "The story:", *self.told])) from None

    # The deeds

    def do_GiveGrant(self, deed: d.GiveGrant) -> None:
        starts = self.now + deed.starts if deed.starts else None
        begins = starts or self.now
        ends = begins + deed.lasts if deed.lasts else None
        self.instants += [begins, ends or begins]
        self.call(
            "grant",
            deed.account,
            unit=deed.unit,
            kind=deed.kind,
            tokens=deed.tokens,
            effective_at=starts,
            expires_at=ends,
            priority=deed.priority,
            features=deed.features,
            unit_cost=deed.unit_cost,
        )

    def do_Spend(self, deed: d.Spend) -> None:
        at = self.instant(deed.occurred)
        self.call("debit", deed.account, deed.product, items=deed.items, occurred_at=at, subject=deed.subject)
        self.note_rules(deed.account)

    def do_AskPrice(self, deed: d.AskPrice) -> None:
        at = self.instant(deed.occurred)
        self.same(
            lambda: quote(self.world, "bot", deed.account, self.now, deed.items, at, deed.subject),
            lambda: self.product.quote("bot", deed.account, self.now, deed.items, at, deed.subject),
        )

    def do_Undo(self, deed: d.Undo) -> None:
        if not self.world.debits:
            return
        undone = self.world.debits[1 + deed.debit % len(self.world.debits)]
        share = (
            None if deed.share is None else (undone.tokens * deed.share / 100).quantize(Decimal("0.000001"))
        )
        if share != 0:
            self.call("reverse", undone.account, undone.product, debit=undone.number, tokens=share)

    def do_TakeBack(self, deed: d.TakeBack) -> None:
        grants = {g.number: a for a, _, purse in self.purses() for g in purse.grants}
        if grants:
            number = 1 + deed.grant % len(grants)
            self.call("void", grants[number], grant=number)

    def do_Move(self, deed: d.Move) -> None:
        self.call("transfer", deed.source, unit=deed.unit, to=deed.target, tokens=deed.tokens)

    def do_SayAgain(self, deed: d.SayAgain) -> None:
        if not self.calls:
            return
        first = self.calls[deed.call % len(self.calls)]
        if deed.how == "same":
            self.perform(first)
        elif deed.how == "other body" and first.verb == "debit":
            items = tuple(replace(item, quantity=item.quantity + 1) for item in first.given["items"])
            self.perform(replace(first, body=tuple({**first.given, "items": items}.items())))
        elif first.verb != "grant":
            body = {
                "unit": "AIT",
                "kind": "promo",
                "tokens": Decimal(3),
                "effective_at": None,
                "expires_at": None,
            }
            body |= {"priority": 50, "features": (), "unit_cost": None}
            self.perform(replace(first, verb="grant", body=tuple(body.items())))

    def do_Sweep(self, deed: d.Sweep) -> None:
        self.world.sweep(deed.account, self.now)
        self.product.sweep(deed.account, self.now)
        self.compare_books(deed.account)

    def do_SetState(self, deed: d.SetState) -> None:
        self.enrol(deed.account, state=deed.state)

    def do_SetTable(self, deed: d.SetTable) -> None:
        self.instants.append(self.now)
        self.enrol(deed.account, table=deed.table)

    def do_ScheduleTable(self, deed: d.ScheduleTable) -> None:
        begins = self.now + deed.starts
        self.instants.append(begins)
        self.same(
            lambda: {"is new": self.world.schedule(deed.account, deed.table, self.now, begins)},
            lambda: {"is new": self.product.schedule(deed.account, deed.table, self.now, begins)},
        )

    def do_CallOff(self, deed: d.CallOff) -> None:
        every = range(len(self.world.scheduled))
        waiting = [number for number in every if self.world.waits(number, self.now)]
        some = waiting if deed.waits and waiting else every
        if some:
            number = some[deed.terms % len(some)]
            self.same(
                lambda: self.world.call_off(number, self.now),
                lambda: self.product.call_off(number, self.now),
            )

    def do_SetOwnPrice(self, deed: d.SetOwnPrice) -> None:
        begins = self.now + deed.starts
        ends = None if deed.lasts is None else begins + deed.lasts
        self.instants += [begins, *([ends] if ends else [])]
        self.world.accounts[deed.account].own_prices.append((begins, ends, deed.price))
        self.product.set_own_price(deed.account, deed.price, self.now, begins, ends)

    def do_Keep(self, deed: d.Keep) -> None:
        account = self.world.accounts[deed.account]
        code = account.table_at(self.now) or self.world.default_table
        version = self.world.tables[code].version_at(self.now) if code else None
        ends = None if deed.lasts is None else self.now + deed.lasts
        if code and version:
            self.instants += [self.now, *([ends] if ends else [])]
            account.kept.append((self.now, ends, code, version.number))
            self.product.keep(deed.account, code, version.number, self.now, ends)

    def do_Publish(self, deed: d.Publish) -> None:
        begins = None if deed.begins is None else self.now + deed.begins
        self.instants.append(begins or self.now)
        self.same(
            lambda: self.world.publish(deed.table, deed.rates, self.now, begins) and {},
            lambda: self.product.publish(deed.table, deed.rates, self.now, begins),
        )

    def do_Withdraw(self, deed: d.Withdraw) -> None:
        every = [(code, version) for code, table in self.world.tables.items() for version in table.versions]
        waiting = [pair for pair in every if pair[1].effective_from > self.now and not pair[1].is_withdrawn]
        some = waiting if deed.waits and waiting else every
        code, version = some[deed.version % len(some)]
        self.same(
            lambda: self.world.withdraw(code, version.number, self.now) and {},
            lambda: self.product.withdraw(code, version.number, self.now),
        )

    def do_LookBack(self, deed: d.LookBack) -> None:
        self.compare_balance(deed.account, deed.unit, self.now - deed.ago)

    def instant(self, occurred: timedelta | d.Near | None) -> datetime | None:
        """When usage is said to have occurred; a near one lies within what may be said at all."""
        if occurred is None or isinstance(occurred, timedelta):
            return None if occurred is None else self.now + occurred
        near = [at + occurred.by for at in self.instants]
        sayable = [at for at in near if self.now - WINDOW_BACK <= at <= self.now + WINDOW_AHEAD]
        return sayable[-1 - occurred.instant % len(sayable)] if sayable else None

    def call(self, verb: str, account: str, product: str = "bot", **body: Any) -> None:
        call = Call(verb, product, account, f"key-{len(self.calls)}", tuple(body.items()))
        self.calls.append(call)
        self.perform(call)

    def perform(self, call: Call) -> None:
        happened = self.same(
            lambda: on_model(self.world, call, self.now), lambda: self.product.perform(call, self.now)
        )
        self.note_refusal(call.account)
        touched = {call.account, call.given.get("to", call.account)}
        for account in touched:
            if happened:
                self.compare_books(account)
            for unit in self.world.accounts[account].purses:
                self.compare_balance(account, unit, None)

    def enrol(self, account: str, **given: Any) -> None:
        self.world.enrol(account, self.now, **given)
        self.product.enrol(account, self.now, **given)

    def same(self, model: Callable[[], Any], product: Callable[[], Any]) -> bool:
        """Whether it was done; that both did it and say the same, or both refused for the same reason."""
        expected, refused = attempt(model)
        told, refusal = attempt(product)
        self.refusal = refusal
        if refused and refusal:
            if not refusal.codes <= refused.codes:
                raise Disagreement(f"refused for {refusal.codes}, the model for {refused.codes}")
            if refusal.codes & {"insufficient_tokens", "limit_reached", "throttled"}:
                equal("the figures of the refusal", refusal.figures, refused.figures)
            return False
        if refused or refusal:
            raise Disagreement(f"the model says {refused or expected!r}, the product {refusal or told!r}")
        for name in expected.keys() & told.keys():
            equal(name, told[name], expected[name])
        return True

    # Holding the books against each other

    def purses(self) -> list[tuple[str, str, Purse]]:
        return [(ref, unit, p) for ref, acc in self.world.accounts.items() for unit, p in acc.purses.items()]

    def compare_balance(self, account: str, unit: str, as_of: datetime | None) -> None:
        expected = self.world.balance(account, unit, self.now, as_of)
        told = self.product.balance(account, unit, self.now, as_of)
        for name in told.keys() & expected.keys():
            equal(f"{name} of {account} in {unit} as of {as_of}", told[name], expected[name])

    def compare_books(self, account: str) -> None:
        """As a reader sees them: a refused verb leaves a due start to the next movement or read."""
        self.world.accounts[account].settle(self.now)
        self.product.settle(account, self.now)
        self.compare_rules(account)
        self.compare_ladders(account)
        for unit, purse in self.world.accounts[account].purses.items():
            told = self.product.books(account, unit, [grant.number for grant in purse.grants])
            for name, expected in written(purse).items():
                equal(f"{name} of {account} in {unit}", told[name], expected)

    def compare_receipts(self) -> None:
        """That every debit is still told as it was answered first."""
        told = self.product.receipts()
        first = [answer.facts for _, answer in self.world.claims.values() if answer.effect == "debit"]
        equal("the debits there are", sorted(told), sorted(facts["debit"] for facts in first))
        for facts in first:
            for name, value in told[facts["debit"]].items():
                equal(f"{name} of debit {facts['debit']}", value, facts[name])

    def compare_everything(self) -> None:
        self.compare_receipts()
        self.compare_holds()
        self.compare_floors()
        for reference, account in self.world.accounts.items():
            self.compare_books(reference)
            for unit in account.purses:
                for share in (1, 2, 3):
                    self.compare_balance(reference, unit, BEGINNING + (self.now - BEGINNING) * share / 3)
