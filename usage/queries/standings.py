"""What an account pays by, kept in process until its revision moves."""

import os
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from uuid import UUID

from django.db import connection

ACCOUNTS_KEPT = 100_000
ALWAYS = datetime.min.replace(tzinfo=UTC)

Span = tuple[datetime, int | None]
"""From when, and the rate table (None: the default one)."""


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """An account's terms as of one revision, the earliest first."""

    account_id: UUID
    reference: str
    revision: int
    terms: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Binding:
    """The rate table that usage of an instant is priced by, and the instants between which that holds.

    epoch: of a default table, as it stood when the default terms were read; another default raises it.
    """

    table_id: int | None
    holds_from: datetime | None
    holds_until: datetime | None
    epoch: int | None = None


@dataclass(frozen=True, slots=True)
class _Defaults:
    """The default terms and the epochs of their tables, of one snapshot: neither can be newer than the other."""

    terms: tuple[Span, ...]
    epochs: Mapping[int, int]


class Standings:
    """Accounts by reference, and the default terms; safe to share among threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._accounts: OrderedDict[str, AccountStanding] = OrderedDict()
        self._defaults: _Defaults | None = None
        self._units: dict[str, int] = {}

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

    def _keep(self, accounts: Iterable[AccountStanding]) -> None:
        if not _is_lasting():
            return
        with self._lock:
            self._accounts.update((account.reference, account) for account in accounts)
            while len(self._accounts) > ACCOUNTS_KEPT:
                self._accounts.popitem(last=False)

    def binding(self, standing: AccountStanding, moment: datetime) -> Binding:
        """Which table prices the account's usage of `moment`. table_id None: no table at all."""
        own = _span_at(standing.terms, moment)
        if own is not None and own.table_id is not None:
            return own
        defaults = self._default_terms()
        default = _span_at(defaults.terms, moment) or Binding(None, None, None)
        if own is None:
            own = Binding(None, None, standing.terms[0][0] if standing.terms else None)
        return Binding(
            default.table_id,
            _later(own.holds_from, default.holds_from),
            _sooner(own.holds_until, default.holds_until),
            None if default.table_id is None else defaults.epochs[default.table_id],
        )

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

    def forget(self, reference: str) -> None:
        """Read the account and the default terms again when they are next asked for."""
        with self._lock:
            self._accounts.pop(reference, None)
            self._defaults = None

    def _default_terms(self) -> _Defaults:
        defaults = self._defaults
        if defaults is None:
            defaults = _read_defaults()
            if _is_lasting():
                self._defaults = defaults
        return defaults


def _span_at(spans: Sequence[Span], moment: datetime) -> Binding | None:
    for place in range(len(spans) - 1, -1, -1):
        if spans[place][0] <= moment:
            until = spans[place + 1][0] if place + 1 < len(spans) else None
            start = spans[place][0]
            return Binding(spans[place][1], None if start == ALWAYS else start, until)
    return None


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else one or other


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else one or other


def _is_lasting() -> bool:
    return not connection.in_atomic_block


def _read_accounts(references: list[str]) -> dict[str, AccountStanding]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.reference, a.id, coalesce(s.revision, 0), t.effective_from, t.table_id, t.id IS NOT NULL
               FROM wallets_account a
               LEFT JOIN usage_standing s ON s.account_id = a.id
               LEFT JOIN usage_terms t ON t.account_id = a.id
               WHERE a.reference = ANY (%s) ORDER BY t.effective_from NULLS FIRST, t.recorded_at, t.id""",
            [references],
        )
        rows = cursor.fetchall()
    spans: defaultdict[str, dict[datetime, int | None]] = defaultdict(dict)
    for reference, _, _, start, table_id, is_there in rows:
        if is_there:
            spans[reference][start or ALWAYS] = table_id
    return {
        reference: AccountStanding(account_id, reference, revision, tuple(spans[reference].items()))
        for reference, account_id, revision, *_ in rows
    }


def _read_defaults() -> _Defaults:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT d.effective_from, d.table_id, e.epoch
               FROM usage_defaultterms d JOIN pricing_epoch e ON e.table_id = d.table_id
               ORDER BY d.effective_from NULLS FIRST, d.recorded_at, d.id"""
        )
        rows = cursor.fetchall()
    terms = tuple((start or ALWAYS, table_id) for start, table_id, _ in rows)
    return _Defaults(terms, {table_id: epoch for _, table_id, epoch in rows})


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
