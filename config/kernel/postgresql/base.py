"""PostgreSQL as Django speaks it, with foreign keys that are checked at once and no connection of a dead thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.backends.postgresql.schema import DatabaseSchemaEditor

from config.kernel.postgresql import threads


class Operations(DatabaseOperations):
    """Foreign keys are not deferrable: a wrong reference fails in its own statement, and tables can be distributed."""

    def deferrable_sql(self) -> str:
        return ""


class SchemaEditor(DatabaseSchemaEditor):
    """Django's statements without `SET CONSTRAINTS`, which a constraint that is not deferrable refuses."""

    sql_create_column_inline_fk = "CONSTRAINT %(name)s REFERENCES %(to_table)s(%(to_column)s)%(deferrable)s"
    sql_delete_fk = "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s"


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor
    ops_class = Operations

    def get_new_connection(self, conn_params: Mapping[str, Any]) -> psycopg.Connection[Any]:
        threads.close_abandoned()
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        threads.remember(connection)
        return connection
