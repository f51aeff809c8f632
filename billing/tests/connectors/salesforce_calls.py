"""The calls that the stand-in of Salesforce takes: what each is asked with, refuses and answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from billing.tests.connectors.salesforce_books import ACCOUNT, TASK, USER, Books, Row, Tree
from billing.tests.connectors.salesforce_finding import PATH, Finder, NoSuch
from billing.tests.connectors.salesforce_soql import Malformed, parsed
from billing.tests.connectors.stand_in import Asked, Reply

MOST_WRITTEN, MOST_READ, LONGEST_URI = 200, 2000, 16_384
LONGEST = {"string": 255, "textarea": 32_000, "picklist": 255}


class Problem(Exception):
    """An answer that is a list of one error."""

    def __init__(self, answered: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.reply = Reply([{"message": message, "errorCode": code}], answered, headers)


class Calls:
    """hidden: objects that the user may not see. refused: accounts that a rule of theirs lets nobody write."""

    def __init__(self, books: Books) -> None:
        self.books, self.finder = books, Finder(books)
        self.hidden: set[str] = set()
        self.refused: set[str] = set()

    def done(self, asked: Asked) -> Reply:
        """Raises Problem."""
        if len(asked.path) + sum(len(each) for each in asked.query.values()) > LONGEST_URI:
            raise Problem(414, "URI_TOO_LONG", "The URI is too long.")
        for method, path, act in _CALLS:
            if method == asked.method and (found := re.fullmatch(PATH + path, asked.path)):
                answer: Reply = act(self, asked, **found.groupdict())
                return answer
        raise Problem(404, "NOT_FOUND", "The requested resource does not exist")

    def query(self, asked: Asked, sort: str) -> Reply:
        try:
            query = parsed(asked.query["q"])
            tables = {
                query.table,
                *(test.value.table for test in query.tests if hasattr(test.value, "table")),
            }
            if tables & self.hidden:
                raise NoSuch("INVALID_TYPE", f"sObject type '{query.table}' is not supported.")
            return Reply(self.finder.ask(query, with_deleted=sort == "queryAll"))
        except KeyError as fault:
            raise Problem(400, "MALFORMED_QUERY", "A query string has to be specified") from fault
        except Malformed as fault:
            raise Problem(400, "MALFORMED_QUERY", str(fault)) from fault
        except NoSuch as fault:
            raise Problem(400, fault.code, str(fault)) from fault

    def more(self, asked: Asked, locator: str) -> Reply:
        page = self.finder.more(locator)
        if page is None:
            raise Problem(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return Reply(page)

    def described(self, asked: Asked, table: str) -> Reply:
        if table in self.hidden or table not in self.books.tables:
            raise Problem(404, "NOT_FOUND", "The requested resource does not exist")
        fields = [
            {
                "name": name,
                "type": kind,
                "externalId": (table, name) in self.books.external_ids,
                "createable": name not in ("Id", "IsDeleted", "CreatedDate", "SystemModstamp"),
            }
            for name, kind in self.books.fields[table].items()
        ]
        return Reply({"name": table, "fields": fields})

    def read(self, asked: Asked, table: str) -> Reply:
        told = asked.json
        if len(told["ids"]) > MOST_READ:
            raise Problem(
                400, "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {MOST_READ}"
            )
        for name in told["fields"]:
            self._check_field(table, name)
        found = [self._there(table, name) for name in told["ids"]]
        return Reply(
            [row and {name: self.books.value(row, name) for name in told["fields"]} for row in found]
        )

    def update(self, asked: Asked) -> Reply:
        return Reply([self._updated(each) for each in self._records(asked)])

    def upsert(self, asked: Asked, table: str, name: str) -> Reply:
        if (table, name) not in self.books.external_ids:
            raise Problem(400, "INVALID_FIELD", f"{name} is not an External ID field of {table}")
        return Reply([self._upserted(table, name, each) for each in self._records(asked)])

    def _records(self, asked: Asked) -> list[Tree]:
        """What is to be written. Refused as a whole where a value is not of its field's type.

        Raises Problem.
        """
        records: list[Tree] = asked.json["records"]
        if not 1 <= len(records) <= MOST_WRITTEN:
            raise Problem(
                400, "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {MOST_WRITTEN}"
            )
        for each in records:
            table = each["attributes"]["type"]
            for name, value in _values(each).items():
                self._check_field(table, name)
                if not _is_of(self.books.fields[table][name], value):
                    kind = self.books.fields[table][name]
                    said = f"Cannot deserialize instance of {kind} from VALUE_STRING value {value}"
                    raise Problem(400, "JSON_PARSER_ERROR", said)
        return records

    def _updated(self, told: Tree) -> Tree:
        table, name = told["attributes"]["type"], told.get("Id") or told["id"]
        row = self._there(table, name)
        fault = self._fault(table, told, row)
        if row is None:
            fault = ("ENTITY_IS_DELETED", "entity is deleted")
        elif name in self.refused:
            fault = ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Not at the end of a quarter.")
        if fault or row is None:
            return _failed(*(fault or ("", "")))
        self.books.write(row, _values(told))
        return {"id": row.id, "success": True, "errors": []}

    def _upserted(self, table: str, name: str, told: Tree) -> Tree:
        rows = self.books.found(table, name, told[name])
        if len(rows) > 1:
            return _failed("DUPLICATE_EXTERNAL_ID", f"{name}: more than one record found for it")
        if fault := self._fault(table, told, rows[0] if rows else None):
            return _failed(*fault)
        values = _values(told)
        if not rows:
            values = {"Status": "Not Started", "OwnerId": self.books.seller.id} | values
        row = rows[0] if rows else self.books.make(table, {})
        self.books.write(row, values)
        return {"id": row.id, "success": True, "errors": [], "created": not rows}

    def _fault(self, table: str, told: Tree, row: Row | None) -> tuple[str, str] | None:
        """The code and the message of what is wrong with one record."""
        for name, value in _values(told).items():
            longest = LONGEST.get(self.books.fields[table][name])
            if longest and isinstance(value, str) and len(value) > longest:
                return "STRING_TOO_LONG", f"{name}: data value too large (max length={longest})"
        owner = self.books.tables[USER].get(told.get("OwnerId", ""))
        if owner is not None and not owner.values["IsActive"]:
            return "INACTIVE_OWNER_OR_USER", "operation performed with inactive user"
        what = told.get("WhatId")
        if table == TASK and what and self._there(ACCOUNT, what) is None:
            return "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"
        if {what, row.id if row else None} & self.books.locked:
            return "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"
        return None

    def _there(self, table: str, name: str) -> Row | None:
        row = self.books.tables[table].get(name)
        return row if row is not None and not row.is_deleted else None

    def _check_field(self, table: str, name: str) -> None:
        if name not in self.books.fields[table]:
            raise Problem(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {table}")


_CALLS: Sequence[tuple[str, str, Callable[..., Reply]]] = (
    ("GET", "/(?P<sort>query|queryAll)/?", Calls.query),
    ("GET", "/query/(?P<locator>[0-9A-Za-z]+-[0-9]+)", Calls.more),
    ("GET", r"/sobjects/(?P<table>\w+)/describe", Calls.described),
    ("POST", r"/composite/sobjects/(?P<table>\w+)", Calls.read),
    ("PATCH", "/composite/sobjects/?", Calls.update),
    ("PATCH", r"/composite/sobjects/(?P<table>\w+)/(?P<name>\w+)", Calls.upsert),
)


def _values(told: Mapping[str, Any]) -> Tree:
    return {name: value for name, value in told.items() if name not in ("attributes", "Id", "id")}


def _is_of(kind: str, value: Any) -> bool:
    """Whether JSON's value is read as one of this type; texts are, where they are spelt as it is."""
    try:
        if value is None:
            return True
        if kind in ("double", "currency"):
            return not isinstance(value, bool) and float(value) < 1e18
        if kind == "date":
            return bool(date.fromisoformat(value)) and len(value) == len("2026-11-26")
        if kind == "datetime":
            return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False
    return isinstance(value, bool if kind == "boolean" else str)


def _failed(code: str, message: str) -> Tree:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": []}]}
