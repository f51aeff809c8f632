"""No check of the audit reads tables anew for each row of another: it takes as long as the books are thick."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from billing.services import auditing
from config.kernel.audit import Check, Promise

pytestmark = pytest.mark.django_db

READS_FEW_EACH_TIME = {
    "correction_is_of_the_same_usage": "the lines of two debits",
    "debit_has_its_judgement": "the steps of a policy",
    "days_are_reconciled": "one account, for each of seven days",
    "debit_drew_within_the_grants_features": "the features of each scope that grants have",
    "debit_is_priced_by_the_accounts_table": "the terms of the account, and the default ones",
    "debit_is_priced_by_the_version_in_force": "the versions of all tables, where one was not the last",
    "event_has_its_identity": "the months that events are kept in",
    "hold_names_what_exists": "the lines of a hold and the features of a product",
}
"""Checks that join or read a whole table a row, and what they read."""


def reads_anew(plan: dict[str, Any], hashed: set[str], is_for_each_row: bool = False) -> Iterator[str]:
    """What is read whole, or joined, for each row of something else.

    hashed: the subqueries that are asked once and looked up for each row.
    """
    if plan.get("Parent Relationship") == "SubPlan":
        is_for_each_row |= plan["Subplan Name"] not in hashed
    if is_for_each_row and plan["Node Type"] in {"Seq Scan", "Hash Join", "Merge Join"}:
        yield f"{plan['Node Type']} {plan.get('Relation Name', '')}".strip()
    is_loop = plan["Node Type"] == "Nested Loop"
    for part in plan.get("Plans", ()):
        is_inner = is_loop and part["Parent Relationship"] == "Inner"
        yield from reads_anew(part, hashed, is_for_each_row or is_inner)


def read_anew_by(check: Check) -> list[str]:
    """By the plan for books that are thick: no table is so small that reading it whole is the quickest way."""
    with auditing._snapshot() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) SELECT * FROM ({check.sql}) AS lies")
        (told,) = cursor.fetchone()[0]
    hashed = {f"SubPlan {number}" for number in re.findall(r"hashed SubPlan (\d+)", json.dumps(told))}
    return list(reads_anew(told["Plan"], hashed))


class TestChecks:
    def test_read_each_table_once(self) -> None:
        found = {check.name: read_anew_by(check) for check in auditing.checks()}

        assert {
            name: parts for name, parts in found.items() if parts and name not in READS_FEW_EACH_TIME
        } == {}
        assert READS_FEW_EACH_TIME.keys() <= found.keys()

    def test_are_seen_where_they_do_not(self) -> None:
        lateral = """SELECT w.id FROM wallets_wallet w CROSS JOIN LATERAL (
                         SELECT sum(e.amount) AS amount FROM wallets_entry e JOIN wallets_grant g ON g.id = e.grant_id
                         WHERE g.kind = w.floor::text) AS e WHERE e.amount < 0"""

        assert "Hash Join" in read_anew_by(Check("planted", Promise.SHAPE, "It reads a lot.", lateral))
