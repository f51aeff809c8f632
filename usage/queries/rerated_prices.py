"""By which prices debits are charged anew: of one version, as accounts pay at an instant, or as it was before."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from config.kernel.errors import DomainError, NoRate
from pricing.models import Version
from pricing.queries.pricebook import TableBook, VersionBook, compiled, kept_for, pricebook
from pricing.rules.terms import worth
from usage.models import DebitLine
from usage.queries.lines import cost_of, overrides_of
from usage.queries.pricing_for import (
    Priced,
    PricedItem,
    ladder_for,
    learn,
    priced_items,
    refresh,
    version_for,
)
from usage.queries.rerating import Used
from usage.queries.standings import AccountStanding, standings
from usage.rules import ruling
from usage.rules.explaining_prices import value_of
from usage.rules.orders import Item
from usage.rules.overrides import locked
from usage.rules.rerating import fingerprint_of, key_of

log = logging.getLogger(__name__)


class Left(Exception):
    """The prices have none for this debit. The word says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Repricer:
    """Prices debits for one re-rating.

    version: whatever is in force; None is what each account pays for usage of `priced_at`. now: null in production.
    """

    def __init__(
        self, rerating_id: int, version: Version | None, priced_at: datetime | None, now: datetime | None
    ) -> None:
        self._id, self._version, self._priced_at, self._now = rerating_id, version, priced_at, now

    def learn(self, debits: Sequence[Used]) -> None:
        """Read what is not known yet of these debits' accounts, at once."""
        learn(each.debit.account.reference for each in debits)

    def overtaken(self, debits: Sequence[Used]) -> None:
        """Read anew what rules these debits: it no longer holds."""
        for reference in {each.debit.account.reference for each in debits}:
            refresh(account=reference, moment=debits[0].debit.occurred_at)
        for table_id in {priced.table.table_id for priced in map(self._found, debits) if priced}:
            pricebook().current(table_id)

    def request(self, debit: Used) -> dict[str, Any]:
        """What the SQL function is told of a debit. Raises Left."""
        try:
            return self._asked(debit, self._priced(debit))
        except NoRate as refusal:
            raise Left("no_rate") from refusal
        except (DomainError, LookupError) as refusal:
            log.warning("debit %s can't be priced anew: %s", debit.debit.pk, refusal)
            raise Left("unknown") from refusal

    def _found(self, debit: Used) -> Priced | None:
        try:
            return self._priced(debit)
        except (Left, DomainError, LookupError):
            return None

    def _priced(self, debit: Used) -> Priced:
        standing = standings().account(debit.debit.account.reference)
        if standing is None:
            raise Left("unknown")
        if debit.restores is not None:
            table = pricebook().table(debit.restores.table_id)
            items = _restored(debit.restored)
            return self._complete(debit, standing, table, debit.restores.version_id, items)
        table, version, moment = self._prices(debit, standing)
        if standings().unit_id(table.token) != debit.debit.unit_id:
            raise Left("other_token")
        named = [(_item(line), line.feature_id) for line in debit.lines]
        items = priced_items(version, table, standing.overrides, moment, named)
        return self._complete(debit, standing, table, version.version_id, items)

    def _prices(self, debit: Used, standing: AccountStanding) -> tuple[TableBook, VersionBook, datetime]:
        """The version, its table, and the instant whose overrides the account pays by."""
        if self._version is not None:
            occurred_at = debit.debit.occurred_at
            if locked(standing.locks, debit.debit.table_id, occurred_at) is not None:
                raise Left("stays")
            table = pricebook().table(self._version.table_id)
            found = kept_for(table, self._version.pk)
            if found is None:
                raise Left("no_rate")
            return table, found, occurred_at
        assert self._priced_at is not None
        binding = standings().binding(standing, self._priced_at)
        if binding.table_id is None:
            raise Left("no_rate")
        table = pricebook().table(binding.table_id)
        return table, version_for(table, self._priced_at, None, standing), self._priced_at

    def _complete(
        self,
        debit: Used,
        standing: AccountStanding,
        table: TableBook,
        version_id: int,
        items: Sequence[PricedItem],
    ) -> Priced:
        """With the policies that rule it, and the table's epoch as of which that is so."""
        features = [each.feature_id for each in items]
        ladder, judged_at = ladder_for(standing, table, features, debit.debit.product_id)
        epoch = table.epoch if judged_at is None else min(table.epoch, judged_at)
        unit_id = debit.debit.unit_id
        return Priced(
            standing, table, version_id, unit_id, items, debit.debit.occurred_at, epoch, ladder=ladder
        )

    def _asked(self, debit: Used, found: Priced) -> dict[str, Any]:
        row, key = debit.debit, key_of(self._id, debit.debit.pk)
        request = found.request() | {
            "product": row.product_id,
            "api_key": row.api_key_id,
            "key": key,
            "fingerprint": fingerprint_of(key),
            "occurred_at": row.occurred_at,
            "subject": row.subject,
            "metadata": row.metadata,
            "replaces": row.pk,
            "root": debit.place.root,
            "restores": debit.place.restores,
        }
        if self._now is not None:
            request["now"] = self._now
        items = [each.item for each in found.items]
        budgets = list(ruling.budgets(found.account.budgets, found.unit_id, items, row.subject or {}))
        rules = {name: rule for name, rule in (("ladder", found.ladder), ("budgets", budgets)) if rule}
        return request | ({"rules": rules} if rules else {})


def _item(line: DebitLine) -> Item:
    return Item(line.feature.code, line.quantity, line.dimensions, cost_of(line))


def _restored(lines: Sequence[DebitLine]) -> list[PricedItem]:
    """The items by the very rates, overrides and values that priced these lines."""
    overrides = overrides_of(lines)
    priced = []
    for line in lines:
        version = line.rate.version
        rate = compiled(line.rate, version.number, version.table.code)
        value = value_of(line.formula_price, line.formula_per, line.quantity)
        term = rate.term if value is None else worth(value, line.quantity)
        override = overrides.get(line.override_id) if line.override_id else None
        paid = override.applied(term) if override else term
        priced.append(
            PricedItem(_item(line), line.feature_id, rate, paid, None if value is None else term, override)
        )
    return priced
