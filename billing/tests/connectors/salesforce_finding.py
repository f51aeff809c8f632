"""How the stand-in of Salesforce answers a query: page by page, by locators that it forgets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.tests.connectors.salesforce_books import CHILDREN, PARENTS, Books, Row, Tree
from billing.tests.connectors.salesforce_soql import Query, Test

LOCATORS_OPEN, LOCATOR_LASTS = 10, timedelta(days=2)
PATH = "/services/data/v65.0"


class NoSuch(Exception):
    """A field or an object is not there. code: as in the error."""

    def __init__(self, code: str, said: str) -> None:
        super().__init__(said)
        self.code = code


@dataclass
class Cursor:
    """What is left of a query: identities are fixed, values are read when they are answered."""

    query: Query
    table: str
    left: list[Row]
    total: int
    ends_at: datetime
    parent: str = ""


class Finder:
    """page: how many records an answer has at most; child_page: how many of them below one parent."""

    def __init__(self, books: Books) -> None:
        self.books, self.page, self.child_page = books, 2000, 500
        self.cursors: dict[str, Cursor] = {}
        self._number = 0

    def ask(self, query: Query, *, with_deleted: bool) -> Tree:
        """Raises NoSuch."""
        rows = self._found(query, query.table, with_deleted)
        cursor = Cursor(query, query.table, rows, len(rows), self.books.now + LOCATOR_LASTS)
        return self._answer(cursor, self.page, with_deleted)

    def more(self, locator: str, with_deleted: bool = True) -> Tree | None:
        """The next page; None where nobody knows it any more. Children's places end when the parents go on."""
        cursor = self.cursors.pop(locator, None)
        if cursor is None or cursor.ends_at <= self.books.now:
            return None
        chain = locator.partition("-")[0]
        for name in [name for name, each in self.cursors.items() if each.parent == chain]:
            del self.cursors[name]
        return self._answer(cursor, self.child_page if cursor.parent else self.page, with_deleted, chain)

    def forget(self) -> None:
        self.cursors.clear()

    def _answer(self, cursor: Cursor, size: int, with_deleted: bool, chain: str = "") -> Tree:
        rows, cursor.left = cursor.left[:size], cursor.left[size:]
        self._number += not chain
        chain = chain or f"0r8{self._number:012d}AAA"
        records = [self._shown(row, cursor.query, with_deleted, chain) for row in rows]
        told: Tree = {"totalSize": cursor.total, "done": not cursor.left, "records": records}
        if cursor.left:
            locator = f"{chain}-{cursor.total - len(cursor.left)}"
            self.cursors[locator] = cursor
            while len(self.cursors) > LOCATORS_OPEN:
                del self.cursors[next(iter(self.cursors))]
            told["nextRecordsUrl"] = f"{PATH}/query/{locator}"
        return told

    def _shown(self, row: Row, query: Query, with_deleted: bool, chain: str) -> Tree:
        told: Tree = {"attributes": {"type": row.table, "url": f"{PATH}/sobjects/{row.table}/{row.id}"}}
        for name in query.names:
            place, value, field = told, self._value(row, name), name
            if "." in name:
                above, _, field = name.partition(".")
                parent = self._parent(row, above)
                if parent is None:
                    told[above] = None
                    continue
                place = told.setdefault(above, {"attributes": {"type": parent.table}})
            place[field] = value
        for child in query.children:
            table, key = CHILDREN[row.table, child.table]
            rows = [
                each
                for each in self._found(child, table, with_deleted, is_child=True)
                if each.values[key] == row.id
            ]
            ends_at = self.books.now + LOCATOR_LASTS
            cursor = Cursor(child, table, rows, len(rows), ends_at, chain)
            told[child.table] = self._answer(cursor, self.child_page, with_deleted) if rows else None
        return told

    def _found(self, query: Query, table: str, with_deleted: bool, is_child: bool = False) -> list[Row]:
        if table not in self.books.tables:
            raise NoSuch("INVALID_TYPE", f"sObject type '{table}' is not supported.")
        for name in [*query.names, *(each.name for each in query.tests), *(name for name, _ in query.order)]:
            self._check(table, name)
        for child in query.children:
            if is_child or (table, child.table) not in CHILDREN:
                raise NoSuch("INVALID_TYPE", f"Didn't understand relationship '{child.table}'.")
            for name in child.names:
                self._check(CHILDREN[table, child.table][0], name)
        fits = [self._test(table, each, with_deleted) for each in query.tests]
        rows = [
            row
            for row in self.books.tables[table].values()
            if (with_deleted or not row.is_deleted) and all(fit(row) for fit in fits)
        ]
        rows.sort(key=lambda row: row.id, reverse=True)  # without an order it is nobody's promise
        for name, is_falling in reversed(query.order):
            rows.sort(key=lambda row: _comparable(self._value(row, name)), reverse=is_falling)
        return rows if query.limit is None else rows[: query.limit]

    def _check(self, table: str, name: str) -> None:
        above, _, field = name.rpartition(".")
        if above:
            if (table, above) not in PARENTS:
                raise NoSuch("INVALID_FIELD", f"Didn't understand relationship '{above}' in field path.")
            table = PARENTS[table, above][1]
        if field not in self.books.fields[table]:
            raise NoSuch("INVALID_FIELD", f"No such column '{field}' on entity '{table}'.")

    def _test(self, table: str, test: Test, with_deleted: bool) -> Any:
        value = test.value
        if isinstance(value, Query):
            if len(value.names) != 1 or value.table == table:
                raise NoSuch(
                    "MALFORMED_QUERY", "The inner and outer selects should not be on the same object"
                )
            inner = self._found(value, value.table, with_deleted)
            value = [self._value(row, value.names[0]) for row in inner]
        signs = {
            "=": lambda left, right: left == right,
            "!=": lambda left, right: left != right,
            ">": lambda left, right: left > right,
            ">=": lambda left, right: left >= right,
            "<": lambda left, right: left < right,
            "<=": lambda left, right: left <= right,
        }
        if test.sign == "in":
            wanted = set(value)
            return lambda row: self._value(row, test.name) in wanted
        compared, right = signs[test.sign], _comparable(value)
        return lambda row: compared(_comparable(self._value(row, test.name)), right)

    def _parent(self, row: Row, above: str) -> Row | None:
        key, table = PARENTS[row.table, above]
        return self.books.tables[table].get(row.values.get(key) or "")

    def _value(self, row: Row, name: str) -> Any:
        above, _, field = name.partition(".") if "." in name else ("", "", name)
        of = self._parent(row, above) if above else row
        return None if of is None else self.books.value(of, field)


def _comparable(value: Any) -> Any:
    if isinstance(value, str) and len(value) == len("2026-11-26T12:00:00.000+0000") and value[10] == "T":
        return datetime.fromisoformat(value).astimezone(UTC)
    return value
