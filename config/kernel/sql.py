"""Operations for migrations: SQL files with a digest, keys that carry the account, tables that only grow."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.migrations.operations.base import Operation

from config.kernel.sql_text import digest_of

REVERSE_MARK = re.compile(r"^-- reverse:[ \t]*$", re.MULTILINE)


def sql_path(app: str, name: str) -> Path:
    """Where the file of a function lives. `app` is a folder, with points for slashes."""
    return Path(settings.BASE_DIR) / app.replace(".", "/") / "sql" / f"{name}.sql"


class _DatabaseOnly(Operation):
    """An operation that leaves Django's picture of the models as it is."""

    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        return None


class SqlFile(_DatabaseOnly):
    """Run `<app>/sql/<name>.sql`; undo it by what stands below its `-- reverse:` line.

    digest: of the file when it was released. An edited file refuses to install: a change is a new version.
    """

    def __init__(self, app: str, name: str, digest: str) -> None:
        self.app, self.name, self.digest = app, name, digest

    def _parts(self) -> tuple[str, str]:
        text = sql_path(self.app, self.name).read_text()
        if digest_of(text) != self.digest:
            raise ValueError(
                f"{self.app}/sql/{self.name}.sql was edited after its migration recorded it; write a new version."
            )
        forwards, backwards = REVERSE_MARK.split(text)
        return forwards, backwards

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        # An earlier migration installs today's file, which may name a column that a later one makes.
        schema_editor.execute("SET LOCAL check_function_bodies = off", params=None)
        schema_editor.execute(self._parts()[0], params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(self._parts()[1], params=None)

    def describe(self) -> str:
        return f"Install {self.app}/sql/{self.name}.sql"


class AccountScoped(_DatabaseOnly):
    """Make (id, account_id) the primary key of a table, so that its rows can live with their account.

    key: what stands for the id.
    """

    def __init__(self, table: str, *, key: str = "id") -> None:
        self.table, self.key = table, key

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._replace(schema_editor, f"{self.key}, account_id")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._replace(schema_editor, self.key)

    def _replace(self, schema_editor: Any, columns: str) -> None:
        schema_editor.execute(
            f"ALTER TABLE {self.table} DROP CONSTRAINT {self.table}_pkey, "
            f"ADD CONSTRAINT {self.table}_pkey PRIMARY KEY ({columns})"
        )

    def describe(self) -> str:
        return f"Key {self.table} by id and account"


class AccountReference(_DatabaseOnly):
    """A foreign key that carries the account: a row can refer to rows of its own account alone."""

    def __init__(self, table: str, column: str, to_table: str) -> None:
        self.table, self.column, self.to_table = table, column, to_table

    def _name(self) -> str:
        return f"{self.table}_{self.column}_same_account"

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(
            f"ALTER TABLE {self.table} ADD CONSTRAINT {self._name()} "
            f"FOREIGN KEY ({self.column}, account_id) REFERENCES {self.to_table} (id, account_id)"
        )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(f"ALTER TABLE {self.table} DROP CONSTRAINT {self._name()}")

    def describe(self) -> str:
        return f"Bind {self.table}.{self.column} to {self.to_table} of the same account"


class Guarded(_DatabaseOnly):
    """Refuse UPDATE, DELETE and TRUNCATE on a table, whoever asks.

    may_update: rows may change (columns moved by SQL functions) but never go.
    """

    def __init__(self, table: str, *, may_update: bool = False) -> None:
        self.table, self.may_update = table, may_update

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        verbs = "DELETE" if self.may_update else "UPDATE OR DELETE"
        schema_editor.execute(
            f"CREATE TRIGGER {self.table}_only_grows BEFORE {verbs} ON {self.table} "
            f"FOR EACH ROW EXECUTE FUNCTION kernel_refuse_change_v1();"
            f"CREATE TRIGGER {self.table}_never_empties BEFORE TRUNCATE ON {self.table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change_v1();"
            f"ALTER TABLE {self.table} ENABLE ALWAYS TRIGGER {self.table}_only_grows;"
            f"ALTER TABLE {self.table} ENABLE ALWAYS TRIGGER {self.table}_never_empties"
        )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(
            f"DROP TRIGGER {self.table}_only_grows ON {self.table};"
            f"DROP TRIGGER {self.table}_never_empties ON {self.table}"
        )

    def describe(self) -> str:
        return f"Guard {self.table} against change"
