"""The pen of whoever would falsify the books: rows changed behind the product's back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection

from billing.tests.books import Books


@contextmanager
def unguarded(table: str) -> Iterator[None]:
    """The owner's power to look away: the table's own triggers sleep and wake again."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table]
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def falsify(books: Books, table: str, statement: str, drop: Sequence[str] = ()) -> None:
    """Change rows behind the product's back.

    drop: constraints that would have refused it; "table.name" where it is another table's.
    """
    with unguarded(table), connection.cursor() as cursor:
        for name in drop:
            of_table, _, constraint = name.rpartition(".")
            cursor.execute("SELECT EXISTS (SELECT FROM pg_constraint WHERE conname = %s)", [constraint])
            is_constraint = cursor.fetchone()[0]
            cursor.execute(
                f"ALTER TABLE {of_table or table} DROP CONSTRAINT {constraint}"
                if is_constraint
                else f"DROP INDEX {constraint}"
            )
        cursor.execute(statement, books.names)
        assert cursor.rowcount, "the lie changed nothing"
