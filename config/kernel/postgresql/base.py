"""PostgreSQL as Django speaks it, with foreign keys that are checked at once."""

from django.db.backends.postgresql import base
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.backends.postgresql.schema import DatabaseSchemaEditor


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
