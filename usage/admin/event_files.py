"""Usage as a file: a CSV line an event, read as strictly as the API reads one."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO
from typing import Annotated, Any

from msgspec import Meta

from config.http import shapes
from config.http.idempotency import fingerprint
from config.http.scalars import Currency, Identifier, Moment, Money, Quantity, Reference
from config.http.shapes import Shape
from config.kernel.errors import InvalidRequest
from usage.rules.events import SentEvent

REQUIRED = ("account", "feature", "quantity", "time", "id")
OPTIONAL = ("source", "cost", "currency")
DIMENSION = "dimension."
ROWS_AT_MOST = 50_000
FAULTS_SHOWN = 50


class EventRow(Shape):
    """A line of the file."""

    account: Reference
    feature: Reference
    quantity: Quantity
    time: Moment
    id: Identifier
    source: Identifier
    dimensions: Annotated[dict[Reference, Reference], Meta(max_length=50)]
    cost: Money | None = None
    currency: Currency | None = None


@dataclass(frozen=True)
class EventFile:
    """The events of a file, or what is wrong with it, line by line. With faults no event may be used."""

    events: list[SentEvent]
    faults: list[str]


def parse(text: str, source: str) -> EventFile:
    """Read a file of events. source: of those whose line names none."""
    reader = csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        lines = [(reader.line_num, line) for line in reader]
    except csv.Error as fault:
        return EventFile([], [f"line {reader.line_num}: {fault}"])
    if not lines:
        return EventFile([], ["The file is empty."])
    header = [name.strip() for name in lines[0][1]]
    faults = _faults_of(header)
    rows = [(number, line) for number, line in lines[1:] if any(cell.strip() for cell in line)]
    if len(rows) > ROWS_AT_MOST:
        faults.append(f"A file has at most {ROWS_AT_MOST:,} events, this one {len(rows):,}.")
    if not rows:
        faults.append("The file has no events.")
    if faults:
        return EventFile([], faults)
    events: list[SentEvent] = []
    for number, line in rows:
        try:
            events.append(_event(header, line, source))
        except InvalidRequest as refusal:
            told = [f"{each.pointer.lstrip('/')}: {each.detail}" for each in refusal.errors] or [
                refusal.detail
            ]
            faults += [f"line {number}, {each}" for each in told]
    return EventFile([] if faults else events, faults[:FAULTS_SHOWN])


def _faults_of(header: list[str]) -> list[str]:
    known = {*REQUIRED, *OPTIONAL}
    faults = [f"line 1: the column {name} is missing." for name in REQUIRED if name not in header]
    faults += [
        f"line 1: the column {name!r} is unknown."
        for name in header
        if name not in known and not (name.startswith(DIMENSION) and len(name) > len(DIMENSION))
    ]
    faults += [f"line 1: the column {name} comes twice." for name in set(header) if header.count(name) > 1]
    return faults


def _event(header: list[str], line: list[str], source: str) -> SentEvent:
    """One line. Its content is that of the same event sent over the API, so that it is known there."""
    if len(line) != len(header):
        raise InvalidRequest(f"Expected {len(header)} cells, got {len(line)}.")
    cells = {name: cell.strip() for name, cell in zip(header, line, strict=True) if cell.strip()}
    dimensions = {
        name.removeprefix(DIMENSION): cell for name, cell in cells.items() if name.startswith(DIMENSION)
    }
    said = {name: cell for name, cell in cells.items() if not name.startswith(DIMENSION)}
    row = shapes.read(EventRow, {"source": source, **said, "dimensions": dimensions})
    if (row.cost is None) != (row.currency is None):
        raise InvalidRequest.at("/currency", "A cost has a currency, and a currency a cost.")
    payload = _as_sent(said, source, dimensions)
    return SentEvent(
        account=row.account,
        source=row.source,
        sent_id=row.id,
        fingerprint=fingerprint("event", "", payload),
        feature=row.feature,
        quantity=row.quantity,
        dimensions=dimensions,
        payload=payload,
        occurred_at=row.time,
        cost=row.cost,
        cost_currency=row.currency,
    )


def _as_sent(said: dict[str, str], source: str, dimensions: dict[str, str]) -> dict[str, Any]:
    data: dict[str, Any] = {"quantity": said["quantity"]}
    data |= {"dimensions": dimensions} if dimensions else {}
    data |= {name: said[name] for name in ("cost", "currency") if name in said}
    return {
        "specversion": "1.0",
        "id": said["id"],
        "source": said.get("source", source),
        "type": said["feature"],
        "subject": said["account"],
        "time": said["time"],
        "data": data,
    }
