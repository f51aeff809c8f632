"""The members of a shape as rows for people: name, kind, whether needed, what about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from config.http.openapi import Document, Schema


@dataclass(frozen=True)
class FieldRow:
    name: str
    kind: str
    is_needed: bool
    about: str


def rows(document: Document, shape: Any) -> Iterator[FieldRow]:
    """A row a member, members of members below theirs under names like `items[].feature`."""
    yield from _rows(document, document.reference(shape), "")


def _rows(document: Document, schema: Schema, within: str) -> Iterator[FieldRow]:
    described = document.resolved(schema)
    for name, member in described.get("properties", {}).items():
        told = _without_null(member)
        yield FieldRow(
            f"{within}{name}",
            kind(document, told),
            name in described.get("required", []),
            member.get("description") or told.get("description", ""),
        )
        if told.get("type") == "array" and "$ref" in told["items"]:
            yield from _rows(document, told["items"], f"{within}{name}[].")


def _without_null(schema: Schema) -> Schema:
    """The schema of a value that is there."""
    kept = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    if len(kept) == 1:
        described = {"description": schema["description"]} if "description" in schema else {}
        return {**kept[0], **described}
    return {name: told for name, told in schema.items() if name != "default"}


def kind(document: Document, schema: Schema) -> str:
    """What a value is, in a word or three."""
    match schema:
        case {"oneOf": _}:
            return "decimal"
        case {"format": "date-time"}:
            return "time"
        case {"format": "date"}:
            return "day"
        case {"enum": values}:
            return " | ".join(map(str, values))
        case {"anyOf": choices}:
            return " or ".join(dict.fromkeys(kind(document, each) for each in choices))
        case {"type": "array", "items": items}:
            return f"list of {kind(document, items)}s"
        case {"type": "object", "additionalProperties": dict()}:
            return "object of texts"
        case {"type": "string"}:
            return "text"
        case {"type": "integer"}:
            return "whole number"
        case {"type": "boolean"}:
            return "true or false"
    return "object"
