"""The calls that the stand-in of HubSpot takes: what each is asked with, refuses and answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from billing.tests.connectors.hubspot_books import TASKS, Books, Thing, Tree, text_of
from billing.tests.connectors.stand_in import Asked, Reply

MOST_INPUTS, LONGEST_PAGE = 100, 200
LABELS = {5: "Primary", 6: "Primary"}


class Problem(Exception):
    """An answer that is an error object."""

    def __init__(self, answered: int, category: str, message: str, **more: Any) -> None:
        super().__init__(message)
        headers = more.pop("headers", {})
        told = {"status": "error", "message": message, "correlationId": str(uuid4()), "category": category}
        self.reply = Reply(told | more, answered, headers)


def invalid(message: str, **more: Any) -> Problem:
    return Problem(400, "VALIDATION_ERROR", message, **more)


class Calls:
    """most_results: what one search answers at most, however its pages are asked for."""

    def __init__(self, books: Books) -> None:
        self.books, self.most_results = books, 10_000
        self.association_page = 500
        self.broken: set[str] = set()
        """Records whose associations can't be told just now."""

    def done(self, asked: Asked) -> Reply:
        """Raises Problem."""
        for method, path, act in _CALLS:
            if method == asked.method and (found := re.fullmatch(path, asked.path)):
                answer: Reply = act(self, asked, **found.groupdict())
                return answer
        raise Problem(404, "OBJECT_NOT_FOUND", f"No endpoint {asked.method} {asked.path}")

    def account(self, asked: Asked) -> Reply:
        return Reply({"portalId": 4711, "accountType": "DEVELOPER_TEST", "uiDomain": "app.hubspot.com"})

    def listed(self, asked: Asked, sort: str) -> Reply:
        limit, after = _limit(asked.query.get("limit", 10), 100), int(asked.query.get("after", 0))
        is_archived = asked.query.get("archived") == "true"
        things = [
            each for each in self.books.things[sort].values() if (each.archived is not None) == is_archived
        ]
        properties = [name for name in asked.query.get("properties", "").split(",") if name]
        return Reply(self._page(things, after, limit, properties))

    def search(self, asked: Asked, sort: str) -> Reply:
        told = _told(asked, "filterGroups")
        limit, after = _limit(told.get("limit", 10), LONGEST_PAGE), int(told.get("after") or 0)
        if after + limit > self.most_results:
            raise invalid(f"The requested offset is larger than {self.most_results}.")
        groups, sorts = told["filterGroups"], told.get("sorts", [])
        if len(groups) > 5 or any(len(group["filters"]) > 6 for group in groups) or len(sorts) > 1:
            raise invalid("There are too many groups, filters or sorts.")
        found = [
            each
            for each in self.books.things[sort].values()
            if each.archived is None
            and (sort, each.id) not in self.books.unindexed
            and any(all(self._fits(each, one) for one in group["filters"]) for group in groups)
        ]
        name, is_falling = _sort(sorts[0]) if sorts else ("createdate", True)
        # Among equals the order is nobody's promise; here it is the later one first.
        found.sort(key=lambda each: int(each.id), reverse=True)
        found.sort(key=lambda each: _number(self.books.value(each, name)), reverse=is_falling)
        page = self._page(found, after, limit, told.get("properties", []))
        return Reply({"total": len(found)} | page)

    def batch_read(self, asked: Asked, sort: str) -> Reply:
        told = _told(asked, "inputs", "properties", "propertiesWithHistory")
        names = [str(each["id"]) for each in _inputs(told)]
        found = {name: self.books.find(sort, name, told.get("idProperty", "")) for name in names}
        rows = [self.books.shown(each, told["properties"]) for each in found.values() if each]
        return _batch(rows, [_not_found(sort, [name for name, each in found.items() if each is None])])

    def batch_update(self, asked: Asked, sort: str) -> Reply:
        rows, errors, inputs = [], [], _inputs(_told(asked, "inputs"))
        if len({each["id"] for each in inputs}) < len(inputs):
            raise invalid("Duplicate IDs found in batch input.")
        self._check_names([name for each in inputs for name in each["properties"]])
        for each in inputs:
            thing = self.books.find(sort, each["id"])
            if thing is None:
                errors.append(_not_found(sort, [each["id"]], each))
            elif fault := self._fault(sort, thing, each["properties"]):
                errors.append(_refused(fault, each))
            else:
                self.books.write(sort, thing, each["properties"])
                rows.append(self.books.shown(thing, list(each["properties"])) | _trace(each))
        return _batch(rows, errors)

    def batch_create(self, asked: Asked, sort: str) -> Reply:
        rows, errors, inputs = [], [], _inputs(_told(asked, "inputs"))
        self._check_names([name for each in inputs for name in each["properties"]])
        for each in inputs:
            fault = self._fault(sort, None, each["properties"])
            lost = [to["to"]["id"] for to in each["associations"] if not self._is_there(to)]
            if sort == TASKS and "hs_timestamp" not in each["properties"]:
                fault = "hs_timestamp is required."
            if fault or lost:
                errors.append(_refused(fault or f"No such record to associate with: {lost}", each))
                continue
            thing = self.books.make(sort, each["properties"])
            for to in each["associations"]:
                kinds = [kind["associationTypeId"] for kind in to["types"]]
                self.books.associate(sort, thing.id, "companies", to["to"]["id"], *kinds)
            rows.append(self.books.shown(thing, list(each["properties"])) | _trace(each))
        return _batch(rows, errors, made=True)

    def associations(self, asked: Asked, sort: str, other: str) -> Reply:
        rows, errors = [], []
        for each in _inputs(_told(asked, "inputs")):
            found = list(self.books.links.get((sort, each["id"], other), {}).items())
            found = [(name, kinds) for name, kinds in found if self.books.find(other, name)]
            if not found or each["id"] in self.broken:
                fault = _error("INTERNAL_ERROR", "internal error", {"fromObjectId": [each["id"]]})
                is_none = each["id"] not in self.broken
                errors.append(_no_association(sort, other, each["id"]) if is_none else fault)
                continue
            begin = int(each.get("after") or 0)
            end = begin + self.association_page
            row: Tree = {
                "from": {"id": each["id"]},
                "to": [_associated(*one) for one in found[begin:end]],
            }
            rows.append(row | ({"paging": {"next": {"after": str(end)}}} if end < len(found) else {}))
        return _batch(rows, errors)

    def property_of(self, asked: Asked, sort: str, name: str) -> Reply:
        if name in self.books.unknown:
            raise Problem(404, "OBJECT_NOT_FOUND", f"The property {name} does not exist.")
        unique = name in self.books.unique.get(sort, set())
        return Reply({"name": name, "type": "string", "fieldType": "text", "hasUniqueValue": unique})

    def _page(self, things: Sequence[Thing], after: int, limit: int, properties: Sequence[str]) -> Tree:
        end = after + limit
        told: Tree = {"results": [self.books.shown(each, properties) for each in things[after:end]]}
        return told | ({"paging": {"next": {"after": str(end)}}} if end < len(things) else {})

    def _fits(self, thing: Thing, one: Mapping[str, str]) -> bool:
        value = self.books.value(thing, one["propertyName"])
        if one["operator"] == "HAS_PROPERTY":
            return value is not None
        if value is None:
            return False
        left, right = _number(value), _number(one["value"])
        tests: dict[str, Callable[[], bool]] = {
            "GTE": lambda: left >= right,
            "GT": lambda: left > right,
            "LTE": lambda: left <= right,
            "LT": lambda: left < right,
            "EQ": lambda: value == one["value"],
        }
        return tests[one["operator"]]()

    def _check_names(self, names: Sequence[str]) -> None:
        if missing := sorted(self.books.unknown & set(names)):
            detail = {"message": f'Property "{missing[0]}" does not exist', "code": "PROPERTY_DOESNT_EXIST"}
            raise invalid("Property values were not valid.", errors=[detail])

    def _fault(self, sort: str, thing: Thing | None, properties: Mapping[str, str]) -> str:
        for name, value in properties.items():
            if name in self.books.numbers and value and not re.fullmatch(r"-?\d+(\.\d+)?", value):
                return f"{value} was not a valid number."
            same = self.books.find(sort, value, name) if name in self.books.unique.get(sort, ()) else None
            if same is not None and same is not thing:
                return f"{same.id} already has that value."
        return ""

    def _is_there(self, to: Mapping[str, Any]) -> bool:
        return self.books.find("companies", str(to["to"]["id"])) is not None


_CALLS: Sequence[tuple[str, str, Callable[..., Reply]]] = (
    ("GET", "/account-info/v3/details", Calls.account),
    ("GET", "/crm/v3/objects/(?P<sort>[a-z_]+)", Calls.listed),
    ("POST", "/crm/v3/objects/(?P<sort>[a-z_]+)/search", Calls.search),
    ("POST", "/crm/v3/objects/(?P<sort>[a-z_]+)/batch/read", Calls.batch_read),
    ("POST", "/crm/v3/objects/(?P<sort>[a-z_]+)/batch/update", Calls.batch_update),
    ("POST", "/crm/v3/objects/(?P<sort>[a-z_]+)/batch/create", Calls.batch_create),
    ("POST", "/crm/v4/associations/(?P<sort>[a-z_]+)/(?P<other>[a-z_]+)/batch/read", Calls.associations),
    ("GET", "/crm/v3/properties/(?P<sort>[a-z_]+)/(?P<name>[a-z_]+)", Calls.property_of),
)


def _told(asked: Asked, *needed: str) -> Tree:
    told: Tree = asked.json
    if missing := [name for name in needed if name not in told]:
        raise invalid(f"Invalid input JSON: some required fields were not set: {missing}")
    return told


def _inputs(told: Tree) -> list[Tree]:
    inputs: list[Tree] = told["inputs"]
    if not 1 <= len(inputs) <= MOST_INPUTS:
        raise invalid(f"The inputs are limited to {MOST_INPUTS}.")
    return inputs


def _limit(said: Any, most: int) -> int:
    if not 1 <= int(said) <= most:
        raise invalid(f"The limit is 1 to {most}.")
    return int(said)


def _sort(said: Any) -> tuple[str, bool]:
    """The schema has sorts as texts, the guide as objects."""
    if isinstance(said, str):
        return said.removeprefix("-"), said.startswith("-")
    return said["propertyName"], said.get("direction") == "DESCENDING"


def _number(said: str | None) -> float:
    if said is None:
        return 0
    if re.fullmatch(r"-?\d+(\.\d+)?", said):
        return float(said)
    return datetime.fromisoformat(said).timestamp() * 1000


def _batch(rows: Sequence[Tree], errors: Sequence[Tree | None], made: bool = False) -> Reply:
    found = [each for each in errors if each]
    told: Tree = {"status": "COMPLETE", "results": rows, "startedAt": NOW, "completedAt": NOW}
    told |= {"numErrors": len(found), "errors": found} if found else {}
    return Reply(told, 207 if found else 201 if made else 200)


def _associated(name: str, kinds: set[int]) -> Tree:
    types = [
        {"category": "HUBSPOT_DEFINED", "typeId": kind, "label": LABELS.get(kind)} for kind in sorted(kinds)
    ]
    return {"toObjectId": int(name), "associationTypes": types}


def _error(category: str, message: str, context: Mapping[str, Sequence[str]], **more: Any) -> Tree:
    told = {"status": "error", "category": category, "message": message, "context": context}
    return told | {"errors": [], "links": {}} | more


def _not_found(sort: str, names: Sequence[str], of: Mapping[str, Any] | None = None) -> Tree | None:
    traced = {"objectWriteTraceId": [of["objectWriteTraceId"]]} if of and "objectWriteTraceId" in of else {}
    if not names:
        return None
    message = f"Could not get some {sort.upper()} objects, they may be deleted or not exist."
    return _error("OBJECT_NOT_FOUND", message, {"ids": list(names), **traced})


def _no_association(sort: str, other: str, name: str) -> Tree:
    message = f"No {other} is associated with {sort} {name}."
    kind = "crm.associations.NO_ASSOCIATIONS_FOUND"
    return _error("OBJECT_NOT_FOUND", message, {"fromObjectId": [name]}, subCategory=kind)


def _refused(why: str, of: Mapping[str, Any]) -> Tree:
    """Raises Problem where the record has no trace: then all of the batch is refused."""
    if "objectWriteTraceId" not in of:
        raise invalid(why)
    return _error("VALIDATION_ERROR", why, {"objectWriteTraceId": [of["objectWriteTraceId"]]})


def _trace(of: Mapping[str, Any]) -> Tree:
    return {"objectWriteTraceId": of["objectWriteTraceId"]} if "objectWriteTraceId" in of else {}


NOW = text_of(datetime.fromisoformat("2026-11-26T12:00:00Z"))
