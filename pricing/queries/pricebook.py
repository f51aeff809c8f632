"""Prices in process: immutable versions read once, found in microseconds."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import RLock

from django.db import connection

from pricing.models import Feature, Rate
from pricing.queries.tablebook import FeatureCard, TableBook, VersionBook, VersionRates, kept_for
from pricing.rules.compiled import CompiledRate, price_of_one
from pricing.rules.formulas import compile_formula
from pricing.rules.matching import RateIndex
from pricing.rules.seats import seat_terms
from pricing.rules.terms import term_of

VERSIONS_KEPT = 64

__all__ = [
    "CompiledRate",
    "FeatureCard",
    "PriceBook",
    "TableBook",
    "VersionBook",
    "kept_for",
    "pricebook",
]


class PriceBook:
    """What a process knows of prices; safe to share among threads.

    Inside a transaction nothing is remembered: what is read there may be rolled back.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._features: dict[str, FeatureCard] = {}
        self._tables: dict[int, TableBook] = {}
        self._table_ids: dict[str, int] = {}
        self._rates: dict[int, VersionRates] = {}

    def feature(self, code: str) -> FeatureCard | None:
        """Answer the feature of this code; one that is not known yet is looked for in the database."""
        card = self._features.get(code)
        if card is None:
            card = next(iter(_read_features([code])), None)
            if card is not None and _is_lasting():
                self._features[code] = card
        return card

    def features(self, codes: Collection[str]) -> dict[str, FeatureCard]:
        """Answer those of these features that there are; the ones not known yet are looked for in one question."""
        found = {code: card for code in codes if (card := self._features.get(code))}
        unknown = set(codes) - found.keys()
        if unknown:
            cards = {card.code: card for card in _read_features(unknown)}
            if _is_lasting():
                self._features.update(cards)
            found |= cards
        return found

    def table(self, table_id: int) -> TableBook:
        """Answer the table as last read; the debit's function tells when that is stale.

        Raises LookupError.
        """
        if not _is_lasting():
            return _read_table(table_id, self._reader_of)
        table = self._tables.get(table_id)
        if table is None:
            with self._lock:
                table = self._tables.get(table_id) or _read_table(table_id, self._reader_of)
                self._tables[table_id] = table
        return table

    def table_named(self, code: str) -> TableBook | None:
        """Answer the table of this code, or None where there is none."""
        table_id = self._table_ids.get(code)
        if table_id is None:
            table_id = _read_table_id(code)
            if table_id is None:
                return None
            if _is_lasting():
                self._table_ids[code] = table_id
        return self.table(table_id)

    def current(self, table_id: int) -> TableBook:
        """Answer the table as it stands in the database now: asks for its epoch, reads the rest only where it moved.

        Raises LookupError.
        """
        table = self.table(table_id)
        if table.epoch != _read_epoch(table_id):
            self.forget(table_id)
            table = self.table(table_id)
        return table

    def as_of(self, table_id: int, epoch: int) -> TableBook:
        """Answer the table as it stands at this epoch or later; whoever asks has read the epoch from the database.

        Raises LookupError.
        """
        table = self.table(table_id)
        if table.epoch < epoch:
            self.forget(table_id)
            table = self.table(table_id)
        return table

    def forget(self, table_id: int) -> None:
        """Read the table again when it is next asked for."""
        with self._lock:
            self._tables.pop(table_id, None)

    def forget_all(self) -> None:
        """Know nothing, as in a new process."""
        with self._lock:
            for known in (self._features, self._tables, self._table_ids, self._rates):
                known.clear()

    def _reader_of(self, version: _VersionLine) -> Callable[[], VersionRates]:
        """A reader that reads the version's rows when first asked; published rows never change."""
        own: list[VersionRates] = []

        def read() -> VersionRates:
            if not own:
                with self._lock:
                    own.append(self._rates.get(version.version_id) or self._keep(version))
            return own[0]

        return read

    def _keep(self, version: _VersionLine) -> VersionRates:
        rates = _read_rates(version)
        if _is_lasting():
            if len(self._rates) >= VERSIONS_KEPT:
                del self._rates[next(iter(self._rates))]
            self._rates[version.version_id] = rates
        return rates


@dataclass(frozen=True, slots=True)
class _VersionLine:
    version_id: int
    number: int
    table_code: str


def _is_lasting() -> bool:
    """Whether what is read now is committed, so that it may be remembered."""
    return not connection.in_atomic_block


def _read_features(codes: Collection[str]) -> list[FeatureCard]:
    found = Feature.objects.filter(code__in=codes)
    return [FeatureCard(*line) for line in found.values_list(*_CARD)]


_CARD = ("id", "code", "product_id", "product__code", "unit", "name")


def _read_table_id(code: str) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM pricing_ratetable WHERE code = %s", [code])
        line = cursor.fetchone()
    return None if line is None else line[0]


def _read_epoch(table_id: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT epoch FROM pricing_epoch WHERE table_id = %s", [table_id])
        line = cursor.fetchone()
    return None if line is None else line[0]


# One statement is one snapshot: the versions are those of the epoch beside them.
_TABLE = """
    SELECT rate_table.code, rate_table.token, epoch.epoch,
           version.id, version.number, version.effective_from, version.effective_until
    FROM pricing_ratetable AS rate_table
    JOIN pricing_epoch AS epoch ON epoch.table_id = rate_table.id
    LEFT JOIN pricing_version AS version ON version.table_id = rate_table.id AND version.published_at IS NOT NULL
        AND version.effective_until IS DISTINCT FROM version.effective_from  -- a withdrawn one prices nothing
    WHERE rate_table.id = %s
    ORDER BY version.effective_from
"""


def _read_table(table_id: int, reader: Callable[[_VersionLine], Callable[[], VersionRates]]) -> TableBook:
    with connection.cursor() as cursor:
        cursor.execute(_TABLE, [table_id])
        lines = cursor.fetchall()
    if not lines:
        raise LookupError(f"There is no rate table {table_id}.")
    code, token, epoch = lines[0][:3]
    versions = tuple(
        VersionBook(
            version_id, number, holds_from, holds_until, reader(_VersionLine(version_id, number, code))
        )
        for *_, version_id, number, holds_from, holds_until in lines
        if version_id is not None
    )
    return TableBook(table_id, code, token, epoch, versions)


def _read_rates(version: _VersionLine) -> VersionRates:
    rates = tuple(
        compiled(rate, version.number, version.table_code)
        for rate in Rate.objects.of_version(version.version_id)
    )
    return VersionRates(rates, RateIndex((rate.pattern, rate.dimensions, rate) for rate in rates))


def any_version(table_id: int, number: int) -> VersionBook | None:
    """Answer a version of the table by its number, drafts included; None where there is none. Nothing of it is kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version.id, rate_table.code "
            "FROM pricing_version AS version JOIN pricing_ratetable AS rate_table ON rate_table.id = version.table_id "
            "WHERE version.table_id = %s AND version.number = %s",
            [table_id, number],
        )
        line = cursor.fetchone()
    if line is None:
        return None
    rates = _read_rates(_VersionLine(line[0], number, line[1]))
    return VersionBook(line[0], number, datetime.min.replace(tzinfo=UTC), None, lambda: rates)


def compiled(rate: Rate, version_number: int, table_code: str) -> CompiledRate:
    """The rate as the hot path carries it."""
    row = rate.row
    return CompiledRate(
        rate_id=rate.pk,
        version_id=rate.version_id,
        version_number=version_number,
        table_code=table_code,
        pattern=rate.feature,
        dimensions=rate.dimensions,
        term=term_of(row),
        formula=compile_formula(row.formula) if row.formula else None,
        tiers=row.all_tiers,
        minimum=rate.minimum,
        rounding=rate.rounding,
        unit_tokens=price_of_one(row),
        cost=rate.cost,
        cost_currency=rate.cost_currency,
        seats=seat_terms(row.seat_terms),
    )


_book: PriceBook | None = None
_book_lock = RLock()


def pricebook() -> PriceBook:
    """The price book of this process."""
    global _book
    if _book is None:
        with _book_lock:
            _book = _book or PriceBook()
    return _book


def _begin_anew() -> None:
    """A child of this process reads for itself: a lock held by another thread at the fork would stay held."""
    global _book, _book_lock
    _book, _book_lock = None, RLock()


os.register_at_fork(after_in_child=_begin_anew)
