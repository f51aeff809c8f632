"""The shape of the database, read from its own catalogue."""

from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db.models import ForeignKey

from config.tests import sources

FUNCTIONS = """
    SELECT function.proname, function.prosrc, function.prosecdef,
           EXISTS (SELECT FROM unnest(function.proconfig) AS line WHERE line LIKE 'search_path=%') AS is_fixed
    FROM pg_proc AS function
    WHERE function.pronamespace = 'public'::regnamespace AND function.proowner = current_user::regrole
"""
# Rows of an account: a table is one of them by its column, and lives with the account when the database is spread.
UNIQUE_WITHOUT_THE_ACCOUNT = """
    SELECT relation.relname, index_relation.relname
    FROM pg_index
    JOIN pg_class AS relation ON relation.oid = pg_index.indrelid
    JOIN pg_class AS index_relation ON index_relation.oid = pg_index.indexrelid
    JOIN pg_attribute AS account ON account.attrelid = relation.oid AND account.attname = 'account_id'
    WHERE relation.relnamespace = 'public'::regnamespace
      AND (pg_index.indisunique OR pg_index.indisprimary)
      AND relation.relname NOT LIKE '%historical%'
      AND NOT account.attnum = ANY (pg_index.indkey)
"""
KEYS = """
    SELECT here.relname, there.relname, pg_constraint.condeferrable,
           EXISTS (SELECT FROM pg_attribute WHERE attrelid = here.oid AND attname = 'account_id') AS is_hot,
           EXISTS (SELECT FROM pg_attribute WHERE attrelid = there.oid AND attname = 'account_id') AS leads_to_hot,
           EXISTS (
               SELECT FROM pg_attribute
               WHERE attrelid = here.oid AND attname = 'account_id' AND attnum = ANY (pg_constraint.conkey)
           ) AS has_account
    FROM pg_constraint
    JOIN pg_class AS here ON here.oid = pg_constraint.conrelid
    JOIN pg_class AS there ON there.oid = pg_constraint.confrelid
    WHERE pg_constraint.contype = 'f' AND here.relnamespace = 'public'::regnamespace
"""
ACCOUNT_KEYS = """
    SELECT here.relname, held.attname
    FROM pg_constraint
    JOIN pg_class AS here ON here.oid = pg_constraint.conrelid
    JOIN pg_attribute AS held ON held.attrelid = here.oid AND held.attnum = ANY (pg_constraint.conkey)
    WHERE pg_constraint.contype = 'f' AND cardinality(pg_constraint.conkey) > 1
"""
OUR_TABLES = ("kernel_", "wallets_", "pricing_", "usage_", "billing_")


def _is_of_an_account(model: Any) -> bool:
    return any(field.column == "account_id" for field in model._meta.fields)


class TestFunctions:
    def test_in_the_database_are_those_of_the_files(self, owner: psycopg.Connection) -> None:
        installed = {name: source for name, source, *_ in owner.execute(FUNCTIONS)}
        written = {function.name: function.body for function in sources.sql_functions()}

        assert sorted(installed) == sorted(written)
        assert [name for name in written if installed[name] != written[name]] == []

    def test_that_run_as_the_owner_fix_their_search_path(self, owner: psycopg.Connection) -> None:
        doors = [(name, is_fixed) for name, _, is_door, is_fixed in owner.execute(FUNCTIONS) if is_door]

        assert doors
        assert [name for name, is_fixed in doors if not is_fixed] == []


class TestRowsOfAnAccount:
    def test_are_unique_within_their_account(self, owner: psycopg.Connection) -> None:
        assert owner.execute(UNIQUE_WITHOUT_THE_ACCOUNT).fetchall() == []

    def test_refer_to_each_other_by_keys_that_carry_the_account(self, owner: psycopg.Connection) -> None:
        hot = [key for key in owner.execute(KEYS) if key[3] and key[4] and "historical" not in key[0]]

        assert hot
        assert [(here, there) for here, there, _, _, _, has_account in hot if not has_account] == []

    def test_off_the_hot_path_refer_so_wherever_their_model_says_so(self, owner: psycopg.Connection) -> None:
        kept = {(here, column) for here, column in owner.execute(ACCOUNT_KEYS)}
        wanted = {
            (model._meta.db_table, field.column)
            for model in apps.get_app_config("billing").get_models()
            for field in model._meta.fields
            if isinstance(field, ForeignKey)
            and _is_of_an_account(model)
            and _is_of_an_account(field.related_model)
            and "historical" not in model._meta.db_table
        }

        assert sorted(wanted - kept) == []

    @pytest.mark.parametrize("table", ["usage_debit", "usage_debitline", "wallets_entry", "usage_claim"])
    def test_on_the_hot_path_refer_to_no_row_that_accounts_share(
        self, owner: psycopg.Connection, table: str
    ) -> None:
        led_to = {
            there
            for here, there, _, _, leads_to_hot, _ in owner.execute(KEYS)
            if here == table and not leads_to_hot
        }

        assert led_to <= {"wallets_account"}


class TestForeignKeys:
    def test_are_checked_at_once(self, owner: psycopg.Connection) -> None:
        ours = [key for key in owner.execute(KEYS) if key[0].startswith(OUR_TABLES)]

        assert ours
        assert [(here, there) for here, there, is_deferrable, *_ in ours if is_deferrable] == []
