"""Every planted lie is found, by exactly the checks that must find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from billing.services import auditing
from billing.tests import (
    lies,
    lies_of_acts,
    lies_of_connections,
    lies_of_entries,
    lies_of_events,
    lies_of_fees,
    lies_of_holds,
    lies_of_invoices,
    lies_of_limits,
    lies_of_news,
    lies_of_orders,
    lies_of_outgoing,
    lies_of_policies,
    lies_of_prices,
    lies_of_quotations,
    lies_of_reconciliation,
    lies_of_reratings,
    lies_of_revenue,
    lies_of_rollups,
    lies_of_seats,
    lies_of_tiers,
    lies_of_top_ups,
    lies_of_trials,
    lies_of_usage,
)
from billing.tests.books import Books, keep_books
from billing.tests.books_of_reconciliation import differ
from billing.tests.books_of_revenue import close_winter
from billing.tests.pen import falsify
from billing.tests.told import tell
from config.embedded.postgres import OWNER
from usage.tests.remembering import forget_what_is_remembered

LIES = (
    *lies.WALLETS,
    *lies.GRANTS,
    *lies_of_entries.ENTRIES,
    *lies_of_holds.HOLDS,
    *lies_of_limits.LIMITS,
    *lies_of_invoices.INVOICES,
    *lies_of_fees.FEES,
    *lies_of_usage.DEBITS,
    *lies_of_usage.CLAIMS,
    *lies_of_usage.REVERSALS,
    *lies_of_reratings.RERATINGS,
    *lies_of_rollups.ROLLUPS,
    *lies_of_events.EVENTS,
    *lies_of_prices.PRICES,
    *lies_of_prices.GUARDS,
    *lies_of_tiers.TIERS,
    *lies_of_tiers.FORMULAS,
    *lies_of_tiers.OWN_PRICES,
    *lies_of_seats.SEATS,
    *lies_of_news.NEWS,
    *lies_of_outgoing.OUTGOING,
    *lies_of_orders.ORDERS,
    *lies_of_revenue.REVENUE,
    *lies_of_reconciliation.RECONCILIATION,
    *lies_of_acts.ACTS,
    *lies_of_connections.CONNECTIONS,
    *lies_of_top_ups.TOP_UPS,
    *lies_of_quotations.QUOTATIONS,
    *lies_of_policies.POLICIES,
    *lies_of_policies.LADDERS,
    *lies_of_policies.STOCK,
    *lies_of_trials.TRIALS,
)


class PlannedOnce:
    """Asks each check as a prepared statement: planning all of them takes three times as long as asking them."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def __call__(
        self, execute: Callable[..., Any], sql: str, given: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if not sql.startswith("SELECT * FROM (") or given:
            return execute(sql, given, many, context)
        if sql not in self._names:
            name = f"check_{len(self._names)}"
            execute(f"PREPARE {name} AS {sql}", None, False, context)
            self._names[sql] = name
        return execute(f"EXECUTE {self._names[sql]}", None, False, context)


@pytest.fixture(scope="module")
def books(own_database: None, django_db_blocker: Any) -> Iterator[Books]:
    """Books in a database of their own, which the owner of the tables reads and falsifies."""
    with django_db_blocker.unblock():
        forget_what_is_remembered()
        kept = tell(keep_books())
        close_winter()
        kept.names.update(differ())
        connection.close()
        connection.settings_dict["USER"] = OWNER
        with connection.execute_wrapper(PlannedOnce()):
            yield kept
        connection.close()
        forget_what_is_remembered()


@pytest.fixture(autouse=True)
def _nothing_stays(books: Books) -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class TestAudit:
    def test_finds_nothing_in_true_books(self, books: Books) -> None:
        assert [auditing.told(finding) for finding in auditing.findings()] == []

    @pytest.mark.parametrize("planted", LIES, ids=str)
    def test_finds(self, books: Books, planted: lies.Lie) -> None:
        falsify(books, planted.table, planted.statement, planted.drop)

        found = auditing.findings()

        assert {finding.check.name for finding in found} == planted.found_by
        assert not [finding.fault for finding in found if finding.fault]

    def test_knows_a_lie_for_every_check(self) -> None:
        told = {name for planted in LIES for name in planted.found_by}

        assert {check.name for check in auditing.checks() if not check.is_note} - told == set()
