"""What an audit asks of the books: one query a part of a promise, which answers a row a lie."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import models

APP_ROLE = "current_setting('audit.app_role')"
"""SQL for the name of the role that the product runs as; whoever runs the checks sets it first."""


class Promise(StrEnum):
    """The promises that an audit proves, by number and name, and what holds them up."""

    CONSERVATION = "1 conservation"
    AT_MOST_ONCE = "2 at most once"
    WITHIN_POLICY = "3 within policy"
    RIGHT_PRICE = "5 right price"
    EXACT = "6 exact"
    TOLD = "told"
    SHAPE = "shape"
    GUARDS = "guards"


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the whole database. sql: a SELECT without parameters that answers a row a lie.

    says: what holds where it answers none. is_note: a row is worth telling and is no lie.
    is_lie: where SQL alone can't tell, whether a row that it answers is one.
    """

    name: str
    promise: Promise
    says: str
    sql: str
    is_note: bool = False
    is_lie: Callable[[Mapping[str, Any]], bool] | None = None


def triggers_stand(name: str, triggers: Mapping[str, Sequence[str]]) -> Check:
    """A check that these triggers, by table, are there and fire whatever the session says."""
    wanted = _values((table, trigger) for table, names in triggers.items() for trigger in names)
    return Check(
        name,
        Promise.GUARDS,
        "The triggers that refuse change are in place and always fire.",
        f"""SELECT wanted.relation, wanted.trigger, t.tgenabled AS enabled
            FROM (VALUES {wanted}) AS wanted (relation, trigger)
            LEFT JOIN pg_trigger t ON t.tgname = wanted.trigger AND t.tgrelid = to_regclass(wanted.relation)
            WHERE t.tgenabled IS DISTINCT FROM 'A'""",
    )


def rights_are_few(name: str, forbidden: Mapping[str, str]) -> Check:
    """A check that the app role may not do what is forbidden, a comma-separated list of rights by table."""
    listed = _values(
        (table, right.strip()) for table, rights in forbidden.items() for right in rights.split(",")
    )
    return Check(
        name,
        Promise.GUARDS,
        "The app role changes none of what only the SQL verbs and history may change.",
        f"""SELECT listed.relation, listed.may
            FROM (VALUES {listed}) AS listed (relation, may)
            JOIN pg_class c ON c.oid = to_regclass(listed.relation)
            WHERE pg_get_userbyid(c.relowner) <> {APP_ROLE}
              AND CASE WHEN listed.may IN ('INSERT', 'UPDATE')
                  THEN has_any_column_privilege({APP_ROLE}, c.oid, listed.may)
                  ELSE has_table_privilege({APP_ROLE}, c.oid, listed.may) END""",
    )


def constraints_stand(name: str, kept: Iterable[type[models.Model]], references: Sequence[str]) -> Check:
    """A check that what the models and the composite foreign keys promise is there, validated and enforced."""
    named = [(constraint.name,) for model in kept for constraint in model._meta.constraints]
    wanted = _values([*named, *((reference,) for reference in references)])
    return Check(
        name,
        Promise.GUARDS,
        "The constraints of the database are all in place and hold for every row.",
        f"""SELECT wanted.name AS "constraint" FROM (VALUES {wanted}) AS wanted (name)
            WHERE NOT EXISTS (SELECT FROM pg_constraint c
                              WHERE c.conname = wanted.name AND c.convalidated AND c.conenforced)
              AND NOT EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                              WHERE c.relname = wanted.name AND i.indisunique AND i.indisvalid)""",
    )


def amounts_are_numbers(name: str, columns: Mapping[str, Sequence[str]]) -> Check:
    """A check that no amount is NaN, which every `>= 0` lets through."""
    parts = [
        f"SELECT '{table}' AS relation, to_jsonb(amounts) AS row FROM {table} AS amounts "
        f"WHERE 'NaN' IN ({', '.join(names)})"
        for table, names in columns.items()
    ]
    return Check(name, Promise.EXACT, "Every amount is a number.", " UNION ALL ".join(parts))


def _values(rows: Iterable[Sequence[str]]) -> str:
    return ", ".join("(" + ", ".join(f"'{value}'" for value in row) + ")" for row in rows)


CHECKS = (
    Check(
        "doors_are_the_only_way_in",
        Promise.GUARDS,
        "The app role calls no function that moves tokens but the doors, and a door resolves names in a fixed path.",
        f"""SELECT f.oid::regprocedure::text AS function,
                   CASE WHEN f.prosecdef THEN 'has no fixed search_path' ELSE 'is open to the app role' END AS fault
            FROM pg_proc f
            WHERE f.pronamespace = 'public'::regnamespace AND f.prokind = 'f' AND f.prorettype <> 'trigger'::regtype
              AND pg_get_userbyid(f.proowner) <> {APP_ROLE}
              AND f.proowner = (SELECT relowner FROM pg_class WHERE oid = to_regclass('wallets_entry'))
              AND CASE WHEN f.prosecdef THEN NOT coalesce(f.proconfig::text LIKE '%search_path=%', false)
                       ELSE f.provolatile <> 'i' AND has_function_privilege({APP_ROLE}, f.oid, 'EXECUTE') END""",
    ),
    Check(
        "app_role_is_only_the_app",
        Promise.GUARDS,
        "The role that runs the product owns no table and is no superuser.",
        f"""SELECT rolname AS role,
                   CASE WHEN rolsuper THEN 'is a superuser'
                        ELSE 'owns the ledger: only triggers guard the books' END AS fault
            FROM pg_roles
            WHERE rolname = {APP_ROLE}
              AND (rolsuper OR oid = (SELECT relowner FROM pg_class WHERE oid = to_regclass('wallets_entry')))""",
        is_note=True,
    ),
    Check(
        "server_keeps_what_it_acknowledges",
        Promise.GUARDS,
        "The server writes a commit to disk before it answers.",
        """SELECT name, setting FROM pg_settings
           WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'""",
        is_note=True,
    ),
)
