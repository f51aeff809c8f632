"""The deeds of a history that are about policies, and what both wrote down of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

from usage.tests.model import deeds as d
from usage.tests.model.comparing import Disagreement, equal
from usage.tests.model.facts import Account, Item, Noted, Refused
from usage.tests.model.judging import bucket_of, judged_by, observe, room
from usage.tests.model.keeping import Hold
from usage.tests.model.ladder_deeds import Alter, Observe, Reach, Share
from usage.tests.model.ladders import OWN, WITHOUT_ANY, Rulings, scaled
from usage.tests.model.stock import Grace

if TYPE_CHECKING:
    from usage.tests.model.playing import Play

ZERO, BLINK = Decimal(0), timedelta(microseconds=1)
FEATURE, UNIT, PRODUCT = "chat.input", "AIT", "bot"
RECORDED = {"insufficient_tokens", "limit_reached", "throttled", "not_entitled", "account_suspended"}
"""The refusals that leave a denial."""
FOUND_BY_A_JOB = {"grace.ended", "balance.recovered"}
"""What the job that looks comes for. That the last tokens have expired is noted by the one that books it."""


class PlaysLadders:
    """A part of Play. refusal: the last of the product. refusals: those of each account that it recorded."""

    refusal: Refused | None
    refusals: dict[str, list[Refused]]

    def do_SetPolicy(self: Play, deed: d.SetPolicy) -> None:
        self._pass_an_instant()
        self.enrol(deed.account, policy=deed.policy)

    def do_Share(self: Play, deed: Share) -> None:
        self._pass_an_instant()
        self.world.shared.say(deed.scope, deed.policy, self.now)
        self.product.share(deed.scope, deed.policy, self.now)

    def _pass_an_instant(self: Play) -> None:
        """The audit tells what was before a policy from what was after by their instants alone."""
        self.now += BLINK

    def do_Alter(self: Play, deed: Alter) -> None:
        for scope, ladder in self._ruled(self.world.accounts[deed.account]).items():
            altered = scaled(ladder, deed.by)
            if scope == OWN:
                self.do_SetPolicy(d.SetPolicy(deed.account, altered))
            elif scope != WITHOUT_ANY:
                self.do_Share(Share(scope, altered))

    def do_Observe(self: Play, deed: Observe) -> None:
        account = self.world.accounts[deed.account]
        account.settle(self.now)
        self.product.settle(deed.account, self.now)
        is_found, noted = self.product.is_to_be_observed(deed.account, self.now), len(account.noted)
        observe(account, self.now)
        self.product.observe(deed.account, self.now)
        if any(each.kind in FOUND_BY_A_JOB for each in account.noted[noted:]):
            equal(f"whether the job finds {deed.account}", is_found, True)
        self.compare_books(deed.account)

    def do_Invoice(self: Play, deed: d.Invoice) -> None:
        account = self.world.accounts[deed.account]
        account.settle(self.now)
        account.purse(deed.unit).invoice(deed.lots, self.now)
        observe(account, self.now)
        self.world.remember(account, self.now)
        self.product.invoice(deed.account, deed.unit, deed.lots, self.now)
        self.compare_books(deed.account)

    def do_Reach(self: Play, deed: Reach) -> None:
        account = self.world.accounts[deed.account]
        account.settle(self.now)
        self.product.settle(deed.account, self.now)
        kept = next((each for each in reversed(account.purse(UNIT).holds) if each.state == "held"), None)
        if deed.verb == "capture" and kept is None:
            return
        edges = [
            *(self._captured(account, kept) if deed.verb == "capture" and kept else self._edges(account))
        ]
        edges = [edge for edge in edges if edge > 0]
        tokens = edges[deed.edge % len(edges)] + deed.by if edges else ZERO
        if tokens > 0:
            self._reach(deed, (Item(FEATURE, tokens),), kept)

    def _reach(self: Play, deed: Reach, items: tuple[Item, ...], kept: Hold | None) -> None:
        if deed.verb == "capture" and kept is not None:
            self.do_Capture(d.Capture(kept.number - 1, None, items, deed.edge % 2 == 0))
        elif deed.verb == "report":
            self.do_Report(d.Report(deed.account, items[0], None))
            self.do_RateEvents(d.RateEvents(asked=False))
        elif deed.verb == "hold":
            self.do_HoldTokens(d.HoldTokens(deed.account, items, None, timedelta(hours=1)))
        elif deed.verb == "ask":
            self.do_AskPrice(d.AskPrice(deed.account, items, None))
        else:
            self.do_Spend(d.Spend(deed.account, items, None))

    def _edges(self: Play, account: Account) -> Iterator[Decimal]:
        """How many tokens would bring the account just to where something changes; the ends of overage three times."""
        ruled, purse = self._ruled(account), account.purse(UNIT)
        available, stock = purse.available(self.now), purse.stock
        yield available
        for ladder in ruled.values():
            for share in (*ladder.notify, *(each.start for each in ladder.throttles)):
                kept = Fraction(stock.available or 0) * (100 - share) / 100
                yield _up(Fraction(available) - kept)
            if ladder.grace_tokens is not None:
                yield available + ladder.grace_tokens - purse.overage
            for each in ladder.throttles:
                if each.measure == "tokens":
                    yield each.per_minute
        for code, (level, _) in account.buckets.items():
            if ":tokens:" in code and code.endswith(f":{UNIT}"):
                yield _up(level)
        caps = judged_by(purse, ruled, self.now).caps
        free = room(purse, caps)
        if free is not None:
            yield from (available + free for _ in range(3))
        if caps.limit is not None:
            yield available + caps.limit - purse.overage

    def _captured(self: Play, account: Account, kept: Hold) -> Iterator[Decimal]:
        """The same for a capture: held tokens pay first, and its ladder and its caps are of its making."""
        purse = account.purse(UNIT)
        free = purse.available(self.now) + kept.held
        yield from (edge + kept.held for edge in self._edges(account))
        yield free + kept.room
        for cap in (kept.caps.limit, kept.caps.grace):
            if cap is not None:
                ends = free + cap - purse.overage - purse.room_held + kept.room
                yield from (ends for _ in range(8))

    def _ruled(self: Play, account: Account) -> Rulings:
        table = account.table_at(self.now) or self.world.default_table or ""
        return self.world.ruled(account, PRODUCT, table, [FEATURE], self.now)

    def note_ladders(self: Play, account: Account) -> None:
        """When graces end and buckets have enough again, for later deeds to come close to."""
        ends = [grace.ends for purse in account.purses.values() for grace in purse.stock.graces if grace.ends]
        for scope, ladder in self._ruled(account).items():
            for each in ladder.throttles:
                level, at = account.buckets.get(bucket_of(scope, each, UNIT), (None, self.now))
                if level is not None:
                    lacking = 1 - level if each.measure == "calls" else Fraction(each.per_minute) - level
                    wait = ceil(lacking / Fraction(each.per_minute) * 60_000_000)
                    ends.append(at + timedelta(microseconds=wait))
        self.instants += [at for at in ends if at > self.now and at not in self.instants]

    def note_refusal(self: Play, account: str) -> None:
        if self.refusal is not None and self.refusal.codes & RECORDED:
            self.refusals.setdefault(account, []).append(self.refusal)

    def compare_ladders(self: Play, reference: str) -> None:
        """What was noted, what is left in buckets, the graces, and how often the account was refused."""
        account = self.world.accounts[reference]
        told = self.product.ladders(reference)
        equal(f"what was noted of {reference}", _in_order(told["noted"]), _in_order(account.noted))
        equal(f"buckets of {reference}", told["buckets"], account.buckets)
        graces = [_told(grace) for purse in account.purses.values() for grace in purse.stock.graces]
        equal(f"graces of {reference}", sorted(told["graces"], key=str), sorted(graces, key=str))
        self._compare_denials(reference, told["denials"])
        self.note_ladders(account)

    def _compare_denials(self: Play, reference: str, told: list[tuple[str, int, dict[str, Decimal]]]) -> None:
        """That each refusal was counted, and that a denial has the figures of one of those that it stands for."""
        refused = [
            (code, refusal.figures) for refusal in self.refusals.get(reference, ()) for code in refusal.codes
        ]
        counts = Counter[str]()
        for reason, count, figures in told:
            counts[reason] += count
            if (reason, figures) not in refused:
                raise Disagreement(f"a denial of {reference}: {reason} {figures}, which nobody was told")
        equal(f"denials of {reference}", counts, Counter(code for code, _ in refused))

    def compare_floors(self: Play) -> None:
        """That each entry says by what its debit was judged, and that the audit finds no lie in it."""
        equal("lies by the audit", self.product.lies(), {})
        told = self.product.floors()
        for number, floor in self.world.floors.items():
            if number in told:
                equal(f"floors of debit {number}", told[number], {floor})


def _up(tokens: Fraction) -> Decimal:
    return Decimal(ceil(tokens * 10**6)).scaleb(-6)


def _in_order(noted: list[Noted]) -> list[Noted]:
    return sorted(noted, key=lambda each: (each.at, each.debit or 0, each.kind, each.name))


def _told(grace: Grace) -> tuple[Any, ...]:
    since = grace.debit, grace.overage, grace.purchases, grace.started, grace.ends
    return *since, grace.reached, grace.ended
