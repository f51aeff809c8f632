"""Which fields of a connection people mapped otherwise, and who changed that when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.models import FieldRule
from billing.rules.mapping import Rule

CHANGES_SHOWN = 30
_SAYS = {"+": "mapped", "~": "changed", "-": "as it was again"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One change of one field. number: rises with every change."""

    number: int
    at: datetime
    by: str
    what: str
    field: str
    direction: str
    expression: str
    reason: str


def rules_by_field(connection_id: int) -> dict[tuple[str, str, str], Rule]:
    """What people edited, by direction, record and name."""
    rows = FieldRule.objects.filter(connection=connection_id)
    return {(row.direction, row.record, row.name): Rule(row.expression, row.values) for row in rows}


def changes(connection_id: int, most: int = CHANGES_SHOWN) -> list[FieldChange]:
    """The last changes of the fields, newest first."""
    rows: Any = FieldRule.history.filter(connection=connection_id)
    return [
        FieldChange(
            row.history_id,
            row.history_date,
            str(row.history_user or "a program"),
            _SAYS[row.history_type],
            f"{row.record}.{row.name}",
            row.direction,
            row.expression,
            row.history_change_reason or "",
        )
        for row in rows.select_related("history_user").order_by("-history_id")[:most]
    ]


def latest_change(connection_id: int) -> FieldChange | None:
    """The last change of any field; None where none was made."""
    return next(iter(changes(connection_id, 1)), None)
