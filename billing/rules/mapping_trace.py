"""What a connector asks of a record, and what each expression finds: for people who look at a mapping."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from billing.rules.connecting import Unreadable
from billing.rules.mapping import Mapped

SHORT = 200


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a record. found: as text that people read; is_found: something was there. fault: why it failed."""

    record: str
    name: str
    expression: str
    found: str = ""
    is_found: bool = False
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Traced(Mapped):
    """The rules of a connection, which note every look that is taken by them."""

    looks: list[Look] = field(default_factory=list)

    def found(self, record: str, name: str, content: Any) -> Any:
        rule = self.rules.get((record, name))
        expression = rule.expression if rule else ""
        try:
            found = Mapped.found(self, record, name, content)
        except Unreadable as fault:
            self.looks.append(Look(record, name, expression, fault=str(fault)))
            raise
        self.looks.append(Look(record, name, expression, shown(found), found is not None))
        return found


def shown(value: Any) -> str:
    """A value that was found, for people: a list by its length, an object by its names."""
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        text = f"an object with {', '.join(map(str, value))}" if value else "an empty object"
    else:
        text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"
