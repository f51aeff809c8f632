"""The verbs a caller has, over accounts, terms, policies and idempotency keys. Every verb is told the time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from usage.tests.model.access import Opens
from usage.tests.model.facts import Account, Answer, Debit, Refused, Terms, standing
from usage.tests.model.grants import WINDOW_AHEAD, WINDOW_BACK, Grant
from usage.tests.model.judging import observe
from usage.tests.model.keeping import Hold
from usage.tests.model.ladders import Ladder, Rulings, SharedLadders, ruling
from usage.tests.model.prices import Rate, Table, Version, ties
from usage.tests.model.purse import Purse
from usage.tests.model.seats import Seats


@dataclass
class World:
    features: dict[str, str] = field(default_factory=dict)  # feature → its product
    tables: dict[str, Table] = field(default_factory=dict)
    default_table: str | None = None
    accounts: dict[str, Account] = field(default_factory=dict)
    debits: dict[int, Debit] = field(default_factory=dict)
    holds: dict[int, Hold] = field(default_factory=dict)
    floors: dict[int, Decimal | None] = field(default_factory=dict)  # debit → what it was judged by
    claims: dict[tuple[str, str, str], tuple[Hashable, Answer]] = field(default_factory=dict)
    scheduled: list[tuple[str, int]] = field(default_factory=list)  # account, place of its terms
    unlocks: dict[str, Opens] = field(default_factory=dict)  # feature → what it opens
    shared: SharedLadders = field(default_factory=SharedLadders)
    seats: Seats = field(default_factory=Seats)

    # What people set

    def enrol(self, reference: str, now: datetime, **given: Any) -> Account:
        """Create or merge. Known: state, parent, table, zone, policy = a ladder, or None: none of its own."""
        account = self.accounts.setdefault(reference, Account(reference, now))
        fresh = account.created_at == now and not account.past
        account.state = given.get("state", account.state)
        account.parent = given.get("parent", account.parent)
        account.zone = account.allowances.zone = account.budgets.zone = given.get("zone", account.zone)
        if "policy" in given:
            self._allow(account, given["policy"], now)
        if "table" in given and given["table"] != account.table_at(now):
            account.terms.append(Terms(None if fresh else now, given["table"]))
        self.remember(account, now)
        return account

    def _allow(self, account: Account, policy: Ladder | None, now: datetime) -> None:
        """Its graces that are not over end by the term of the new policy, from the same beginning on."""
        is_new, account.policy = policy != account.policy, policy
        if policy is None or not policy.has_grace or not is_new:
            return
        stocks = [purse.stock for purse in account.purses.values()]
        running = [grace for stock in stocks for grace in stock.graces if not grace.ended]
        for grace in running:
            grace.ends = None if policy.grace_lasts is None else grace.started + policy.grace_lasts
        if running:
            observe(account, now)

    def schedule(self, reference: str, table: str | None, now: datetime, begins: datetime) -> bool:
        """Whether that is new: then it is the next of `scheduled`."""
        place = self.account(reference).schedule(table, now, begins)
        if place is not None:
            self.scheduled.append((reference, place))
        return place is not None

    def call_off(self, number: int, now: datetime) -> None:
        reference, place = self.scheduled[number]
        self.account(reference).call_off(place, now)

    def waits(self, number: int, now: datetime) -> bool:
        reference, place = self.scheduled[number]
        return self.account(reference).terms[place].waits(now)

    def publish(
        self, table: str, rates: Sequence[Rate], now: datetime, effective_from: datetime | None = None
    ) -> Version:
        begins = effective_from or now
        versions = self.tables[table].versions
        taken = [version.effective_from for version in versions if not version.is_withdrawn]
        if begins < now or ties(rates) or begins in taken:
            raise Refused("invalid_request", "conflict")
        versions.append(Version(len(versions) + 1, tuple(rates), begins, now))
        return versions[-1]

    def withdraw(self, table: str, number: int, now: datetime) -> Version:
        """Only what has not begun is withdrawn, and once."""
        versions = self.tables[table].versions
        version = versions[number - 1]
        if version.is_withdrawn or version.effective_from <= now:
            raise Refused("conflict")
        versions[number - 1] = replace(version, is_withdrawn=True)
        return versions[number - 1]

    # What moves tokens

    def grant(
        self, product: str, reference: str, key: str, body: Hashable, now: datetime, unit: str, grant: Grant
    ) -> Answer:
        def book() -> tuple[str, dict[str, Any]]:
            faults = ["conflict"] if account.state == "closed" else []
            is_long_ago = grant.effective_at < now - WINDOW_BACK
            faults += ["invalid_request"] if grant.is_over(now) or is_long_ago else []
            if faults:
                raise Refused(*faults)
            account.settle(now)
            grant.number = self._next_grant()
            account.purse(unit).book(grant, now)
            observe(account, now)
            return "grant", {"grant": grant.number}

        account = self.account(reference)
        return self.once((reference, product, key), body, now, book)

    def void(
        self, product: str, reference: str, key: str, body: Hashable, now: datetime, number: int
    ) -> Answer:
        def take_back() -> tuple[str, dict[str, Any]]:
            account.settle(now)
            purse = self._purse_of(account, number)
            grant = purse.grant(number)
            if grant.is_over(now) or not grant.free:
                raise Refused("conflict")
            grant.is_void = True
            purse.post("void", grant.free, now, grant)
            observe(account, now)
            return "void", {"grant": number, "voided": grant.voided}

        account = self.account(reference)
        return self.once((reference, product, key), body, now, take_back)

    def prolong(
        self,
        product: str,
        reference: str,
        key: str,
        body: Hashable,
        now: datetime,
        number: int,
        expires_at: datetime | None,
    ) -> Answer:
        """Let a grant end at another instant: never again one that has ended, never so soon as usage may be dated."""

        def move() -> tuple[str, dict[str, Any]]:
            account.settle(now)
            grant = self._purse_of(account, number).grant(number)
            if grant.is_void or grant.is_over(now) or grant.expires_at == expires_at:
                raise Refused("conflict")
            if expires_at is not None and expires_at <= max(grant.effective_at, now + WINDOW_AHEAD):
                raise Refused("conflict")
            grant.expires_at = expires_at
            observe(account, now)
            return "extend", {"grant": number, "expires_at": expires_at}

        account = self.account(reference)
        return self.once((reference, product, key), body, now, move)

    def transfer(
        self,
        product: str,
        reference: str,
        key: str,
        body: Hashable,
        now: datetime,
        unit: str,
        to: str,
        tokens: Decimal,
    ) -> Answer:
        def move() -> tuple[str, dict[str, Any]]:
            source, target = account, self.account(to)
            if to == reference or (source.parent != to and target.parent != reference):
                raise Refused("invalid_request", "conflict")
            if "closed" in (source.state, target.state):
                raise Refused("conflict")
            source.settle(now)
            target.settle(now)
            moved = self._move(source.purse(unit), target.purse(unit), tokens, now)
            observe(source, now)
            observe(target, now)
            return "transfer", moved

        account = self.account(reference)
        answer = self.once((reference, product, key), body, now, move)
        self.remember(self.account(to), now)
        return answer

    def _move(self, source: Purse, target: Purse, tokens: Decimal, now: datetime) -> dict[str, Any]:
        held = source.available(now)
        if held < tokens:
            figures = {"required": tokens, "available": held, "shortfall": tokens - held}
            raise Refused("insufficient_tokens", figures=figures)
        moved = []
        left = tokens
        for grant in source.in_force(now):
            taken = min(left, grant.free)
            if not taken:
                continue
            left -= taken
            source.post("transfer_out", taken, now, grant)
            twin = grant.twin(self._next_grant(), taken, now)
            target.book(twin, now, "transfer_in")
            moved.append((grant.number, taken))
        return {"tokens": tokens, "from": moved, "balance": standing(source, now)}

    def sweep(self, reference: str, now: datetime) -> None:
        """What the nightly job does. No caller can tell whether it ran."""
        account = self.account(reference)
        account.settle(now)
        for purse in account.purses.values():
            purse.sweep(now)
        self.remember(account, now)

    # What a caller may ask

    def balance(
        self, reference: str, unit: str, now: datetime, as_of: datetime | None = None
    ) -> dict[str, Any]:
        """What the call answered at `as_of`: the account as it was recorded then, its grants judged at that instant."""
        account = self.account(reference)
        moment = now if as_of is None else as_of
        if as_of is not None:
            account = next(
                (was for at, was in reversed(account.past) if at <= as_of), Account(reference, as_of)
            )
        account = account.copy()
        purse = account.purse(unit)
        purse.settle(moment)
        policy = self.policy_of(account, moment)
        return {
            **standing(purse, moment),
            "by_kind": purse.by_kind(moment),
            "next_expiry": purse.next_expiry(moment),
            "policy": policy,
            "overage_limit": policy.plain_limit,
        }

    def policy_of(self, account: Account, moment: datetime) -> Ladder:
        """Its own, else its table's, else the deployment's, else a block."""
        table = account.table_at(moment) or self.default_table
        scope = [("rate table", table)] if table else []
        return account.policy or self.shared.nearest(moment, *scope)[1]

    def ruled(
        self, account: Account, product: str, table: str, features: Sequence[str], now: datetime
    ) -> Rulings:
        """The policies that rule usage of these features."""
        return ruling(account.policy, self.shared, now, product, table, features)

    # The inside

    def once(
        self,
        claim: tuple[str, str, str],
        body: Hashable,
        now: datetime,
        act: Callable[[], tuple[str, dict[str, Any]]],
    ) -> Answer:
        """Act, or answer what the key has answered before; a refusal claims nothing."""
        if claim in self.claims:
            first_body, answer = self.claims[claim]
            if first_body != body:
                raise Refused("idempotency_key_reused")
            return replace(answer, replayed=True)
        answer = Answer(*act())
        self.claims[claim] = (body, answer)
        self.remember(self.account(claim[0]), now)
        return answer

    def remember(self, account: Account, now: datetime) -> None:
        account.past.append((now, account.copy()))

    def account(self, reference: str) -> Account:
        if reference not in self.accounts:
            raise Refused("unknown_account")
        return self.accounts[reference]

    @staticmethod
    def _purse_of(account: Account, grant: int) -> Purse:
        return next(p for p in account.purses.values() if any(g.number == grant for g in p.grants))

    def _next_grant(self) -> int:
        return 1 + sum(
            len(purse.grants) for account in self.accounts.values() for purse in account.purses.values()
        )
