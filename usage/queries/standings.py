"""What an account pays by, kept in process until its revision moves."""

import os
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection

from config.kernel import shaped
from usage.queries.policies import policy_told
from usage.queries.policies import read_shared as read_policies
from usage.queries.shared_terms import ALWAYS, UNKNOWN, Shared, Span, read_shared
from usage.rules.access import AccessFact, UnlockFact
from usage.rules.ladders import SharedRulings
from usage.rules.overrides import LockFact, OverrideFact
from usage.rules.ruling import AllowanceFact, BudgetFact
from usage.rules.seating import SeatsFact

Fact = TypeVar("Fact")

ACCOUNTS_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """An account as of one revision: its terms, the earliest first, and what else is its own.

    has_policy: of its own; otherwise those that accounts share rule. ladder: of its own policy, where it has steps.
    """

    account_id: UUID
    reference: str
    revision: int
    terms: tuple[Span, ...]
    overrides: tuple[OverrideFact, ...] = ()
    locks: tuple[LockFact, ...] = ()
    budgets: tuple[BudgetFact, ...] = ()
    allowances: tuple[AllowanceFact, ...] = ()
    seats: tuple[SeatsFact, ...] = ()
    access: tuple[AccessFact, ...] = ()
    has_policy: bool = False
    ladder: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """The rate table that usage of an instant is priced by, and the instants between which that holds.

    epoch: of a table that many accounts share, as it stood when the terms that name it were read; others raise it.
    """

    table_id: int | None
    holds_from: datetime | None
    holds_until: datetime | None
    epoch: int | None = None


class Standings:
    """Accounts by reference, and the terms that many share; safe to share among threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._accounts: OrderedDict[str, AccountStanding] = OrderedDict()
        self._shared: Shared | None = None
        self._policies: SharedRulings | None = None
        self._units: dict[str, int] = {}
        self._currencies: dict[str | None, str] = {}

    def account(self, reference: str) -> AccountStanding | None:
        """The account of this reference as last read; one that is not known yet is looked for in the database."""
        known = self._accounts.get(reference)
        if known is None:
            known = _read_accounts([reference]).get(reference)
            if known is not None:
                self._keep([known])
        return known

    def learn(self, references: Iterable[str]) -> None:
        """Read those of these accounts that are not known yet, all at once."""
        unknown = [reference for reference in set(references) if reference not in self._accounts]
        if len(unknown) > 1 and _is_lasting():  # one alone is read by `account`
            self._keep(_read_accounts(unknown).values())

    def current(self, revisions: Mapping[str, int]) -> dict[str, AccountStanding]:
        """These accounts as of revisions that were read from the database, or later; in one question at most."""
        known = {name: self._accounts.get(name) for name in revisions}
        stale = [name for name, each in known.items() if each is None or each.revision < revisions[name]]
        read = _read_accounts(stale) if stale else {}
        self._keep(read.values())
        return {name: each for name, each in {**known, **read}.items() if each is not None}

    def _keep(self, accounts: Iterable[AccountStanding]) -> None:
        if not _is_lasting():
            return
        with self._lock:
            self._accounts.update((account.reference, account) for account in accounts)
            while len(self._accounts) > ACCOUNTS_KEPT:
                self._accounts.popitem(last=False)

    def binding(self, standing: AccountStanding, moment: datetime, shared: Shared | None = None) -> Binding:
        """Which table prices the account's usage of `moment`. table_id None: no table at all.

        The account's own table, else its segment's, else the default one. shared: None is as last read.
        """
        own, start, end = _at(standing.terms, moment)
        if own is not None and own.table_id is not None:
            return Binding(own.table_id, start, end)
        shared = shared or self._shared_terms()
        layers = [shared.default]
        if own is not None and own.segment_id is not None:
            layers.insert(0, shared.segments.get(own.segment_id, ()))
        for layer in layers:
            found, begins, ends = _at(layer, moment)
            start, end = _later(start, begins), _sooner(end, ends)
            if found is not None and found.table_id is not None:
                return Binding(found.table_id, start, end, shared.epochs[found.table_id])
        return Binding(None, start, end)

    def unlocks(self, table_id: int) -> tuple[Mapping[str, UnlockFact], int]:
        """What features open, by their codes, and the table's epoch as of which that is so; others raise it."""
        shared = self._shared_terms()
        return shared.unlocks, shared.epochs.get(table_id, UNKNOWN)

    def unlocking(self) -> Mapping[str, UnlockFact]:
        """What features open, by their codes, as last read."""
        return self._shared_terms().unlocks

    def unit_id(self, code: str) -> int:
        """The token unit of this code. LookupError where there is none."""
        unit = self._units.get(code)
        if unit is None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT id FROM wallets_tokenunit WHERE code = %s", [code])
                row = cursor.fetchone()
            if row is None:
                raise LookupError(f"There is no token unit {code}.")
            unit = int(row[0])
            if _is_lasting():
                self._units[code] = unit
        return unit

    def currency(self, code: str | None) -> str | None:
        """The currency of this code, the reporting one where none is named; None where there is no such currency."""
        known = self._currencies.get(code)
        if known is None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT code FROM wallets_currency WHERE coalesce(code = %s, is_reporting)", [code]
                )
                row = cursor.fetchone()
            known = str(row[0]) if row else None
            if known is not None and _is_lasting():
                self._currencies[code] = known
        return known

    def forget(self, reference: str) -> None:
        """Read the account and the terms that accounts share again when they are next asked for."""
        with self._lock:
            self._accounts.pop(reference, None)
            self._shared = self._policies = None

    def policies_as_of(self, epochs: Mapping[int, int]) -> SharedRulings:
        """The policies that accounts share as of epochs that were read from the database, or later."""
        found = self._policies
        if found is None or any(found.epochs.get(table, UNKNOWN) < epoch for table, epoch in epochs.items()):
            found = read_policies()
            if _is_lasting():
                self._policies = found
        return found

    def shared_as_of(self, epochs: Mapping[int, int]) -> Shared:
        """The terms that accounts share as of epochs that were read from the database, or later."""
        shared = self._shared_terms()
        if any(shared.epochs.get(table_id, UNKNOWN) < epoch for table_id, epoch in epochs.items()):
            self._shared = None
            shared = self._shared_terms()
        return shared

    def _shared_terms(self) -> Shared:
        shared = self._shared
        if shared is None:
            shared = read_shared()
            if _is_lasting():
                self._shared = shared
        return shared


def _at(spans: Sequence[Span], moment: datetime) -> tuple[Span | None, datetime | None, datetime | None]:
    """The span that an instant lies in, if any, and the instants between which that is so."""
    until: datetime | None = None
    for span in reversed(spans):
        if span.start <= moment:
            return span, None if span.start == ALWAYS else span.start, until
        until = span.start
    return None, None, until


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else one or other


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else one or other


def _is_lasting() -> bool:
    return not connection.in_atomic_block


def _read_accounts(references: list[str]) -> dict[str, AccountStanding]:
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, [references])
        rows = cursor.fetchall()
    spans: defaultdict[str, dict[datetime, Span]] = defaultdict(dict)
    for reference, *_, start, table_id, segment_id, is_there in rows:
        if is_there:
            spans[reference][start or ALWAYS] = Span(start or ALWAYS, table_id, segment_id)
    return {
        reference: AccountStanding(
            account_id,
            reference,
            revision,
            tuple(spans[reference].values()),
            _facts(overrides, OverrideFact),
            _facts(locks, LockFact),
            _facts(budgets, BudgetFact),
            _facts(allowances, AllowanceFact),
            _facts(seats, SeatsFact),
            _facts(access, AccessFact),
            *policy_told(policy),
        )
        for reference, account_id, revision, overrides, locks, budgets, allowances, seats, access, policy, *_ in rows
    }


def _facts(text: str | None, shape: type[Fact]) -> tuple[Fact, ...]:
    return shaped.decode(text, tuple[shape, ...]) if text else ()  # type: ignore[valid-type]


_ACCOUNTS = """
    SELECT a.reference, a.id, coalesce(s.revision, 0),
           (SELECT json_agg(o ORDER BY o.effective_from, o.recorded_at, o.id)::text
            FROM usage_override o WHERE o.account_id = a.id),
           (SELECT json_agg(l ORDER BY l.effective_from, l.recorded_at, l.id)::text
            FROM usage_pricelock l WHERE l.account_id = a.id),
           (SELECT json_agg(b)::text FROM (
                SELECT b.id, b.code, b.unit_id, b.feature, b.dimensions, b.subject, b.per, b.period, l.tokens, l.is_hard
                FROM usage_budget b CROSS JOIN LATERAL (
                    SELECT tokens, is_hard FROM usage_budgetlimit l
                    WHERE l.account_id = b.account_id AND l.budget_id = b.id
                    ORDER BY l.recorded_at DESC, l.id DESC LIMIT 1) AS l
                WHERE b.account_id = a.id AND l.tokens IS NOT NULL ORDER BY b.recorded_at, b.id) AS b),
           (SELECT json_agg(w ORDER BY w.effective_from, w.recorded_at, w.id)::text
            FROM usage_allowance w WHERE w.account_id = a.id),
           (SELECT json_agg(x ORDER BY x.effective_from, x.recorded_at, x.id)::text
            FROM usage_seats x WHERE x.account_id = a.id),
           (SELECT json_agg(x ORDER BY x.effective_from, x.recorded_at, x.id)::text FROM usage_access x
            WHERE x.account_id = a.id AND (x.kind <> 'open' OR x.effective_until IS NULL OR x.effective_until > (
                SELECT max(y.recorded_at) FROM usage_access y WHERE y.account_id = a.id) - interval '36 days')),
           (SELECT json_build_object('id', p.id, 'mode', p.mode, 'overage_limit', p.overage_limit, 'steps', (
                SELECT json_agg(json_build_object(
                    'kind', s.kind, 'share', s.share, 'measure', s.measure, 'amount', s.amount,
                    'seconds', extract(epoch FROM s.lasts)::bigint, 'price', s.price, 'currency', s.currency))
                FROM usage_policystep s WHERE s.account_id = a.id AND s.policy_id = p.id))::text
            FROM usage_policy p WHERE p.account_id = a.id ORDER BY p.recorded_at DESC, p.id DESC LIMIT 1),
           t.effective_from, t.table_id, t.segment_id, t.id IS NOT NULL
    FROM wallets_account a
    LEFT JOIN usage_standing s ON s.account_id = a.id
    LEFT JOIN usage_terms t ON t.account_id = a.id AND NOT EXISTS (
        SELECT FROM usage_termswithdrawal w WHERE w.account_id = t.account_id AND w.terms_id = t.id)
    WHERE a.reference = ANY (%s) ORDER BY t.effective_from NULLS FIRST, t.recorded_at, t.id
"""


_standings: Standings | None = None
_making = Lock()


def standings() -> Standings:
    """What this process knows of accounts."""
    global _standings
    if _standings is None:
        with _making:
            _standings = _standings or Standings()
    return _standings


def _begin_anew() -> None:
    global _standings, _making
    _standings, _making = None, Lock()


os.register_at_fork(after_in_child=_begin_anew)
