"""What a received record would come to under rules that nobody has saved: read, told, and nothing written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial

from billing.connectors.contract import Connector
from billing.models import Connection, Received, ReceivedBody
from billing.queries.field_rules import rules_by_field
from billing.rules.connecting import (
    ConnectionFault,
    Incomplete,
    Record,
    Sale,
    TrialWish,
    Unreachable,
    Unreadable,
    Wish,
)
from billing.rules.content import content_of
from billing.rules.mapping import Rule, mapped_by
from billing.rules.mapping_trace import Look, Traced
from billing.services import links
from billing.services.accesses import RenewedElsewhere
from billing.services.connection_tests import PATIENCE, asked_within
from billing.services.field_mapping import Field


@dataclass(frozen=True, slots=True)
class Said:
    """A wish in words: what it is, and what it says, by name."""

    title: str
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Preview:
    """How a record reads. looks: each once, in the order it was first taken. fault, where: why it can't be applied.

    is_incomplete: it leaves out what is asked for only when it is applied. is_asked: that was asked for just now.
    """

    looks: Sequence[Look]
    wishes: Sequence[Said]
    fault: str = ""
    where: str = ""
    is_incomplete: bool = False
    is_asked: bool = False


def record_of(row: Received) -> Record:
    """The record as its connector is given it.

    Raises Unreadable where its body was erased, or is no JSON.
    """
    body = ReceivedBody.objects.filter(received=row).first()
    if body is None:
        raise Unreadable("What was told was erased.")
    return Record(row.external_id, row.kind, content_of(bytes(body.content)), row.occurred_at)


def preview(
    row: Received,
    connector: Connector,
    wanted: Mapping[Field, Rule | None] | None = None,
    *,
    asks: bool = False,
) -> Preview:
    """What the connector finds in the record and makes of it. wanted: rules to try in place of those that are saved.

    asks: what the record leaves out is asked for, of those who told it; a person waits for that, and no transaction.
    Writes nothing; a fault of the record is told, not raised.
    """
    return _tried(row.connection, partial(record_of, row), connector, wanted or {}, asks=asks)


def preview_of(
    row: Connection, body: str, connector: Connector, wanted: Mapping[Field, Rule | None], *, asks: bool
) -> Preview:
    """The same of what somebody pasted, as if a call of theirs had carried it."""
    return _tried(row, partial(connector.record_in, body.encode()), connector, wanted, asks=asks)


def _tried(
    row: Connection,
    record_of: Callable[[], Record],
    connector: Connector,
    wanted: Mapping[Field, Rule | None],
    *,
    asks: bool,
) -> Preview:
    rules = rules_by_field(row.pk)
    for where, rule in wanted.items():
        rules.pop(where, None)
        if rule is not None:
            rules[where] = rule
    traced = Traced(mapped_by(connector.targets, rules).rules)
    wishes: Sequence[Wish] = ()
    fault: ConnectionFault | None = None
    is_incomplete = False
    try:
        record = record_of()
        if asks:
            record = _completed(row, connector, record)
        wishes = connector.read(record, traced)
        for each in wishes:
            _check_whose(each)
    except Incomplete:
        is_incomplete = True
    except ConnectionFault as found:
        fault = found
    return Preview(
        list(dict.fromkeys(traced.looks)),
        [said(each) for each in wishes],
        str(fault) if fault else "",
        fault.where if isinstance(fault, Unreadable) else "",
        is_incomplete,
        asks,
    )


def _completed(row: Connection, connector: Connector, record: Record) -> Record:
    """Raises ConnectionFault."""
    try:
        return asked_within(PATIENCE, row, connector, partial(connector.complete, record=record))
    except RenewedElsewhere:
        raise Unreachable("Its token is being renewed: try it again in a minute.") from None


def _check_whose(wish: Wish) -> None:
    """Raises Unreadable where what is wished for is nobody's."""
    if isinstance(wish, TrialWish) or (isinstance(wish, Sale) and wish.lines):
        links.check_named(account=wish.account, customer=wish.customer)


def said(wish: Wish) -> Said:
    """A wish as people read it; what it leaves unsaid is left out."""
    title = {
        "Customer": "A customer",
        "Sale": "An order",
        "TrialWish": "Trial tokens",
        "Refund": "A refund",
        "RefundFailed": "A refund that failed",
        "Merged": "Two customers that became one",
        "Gone": "A customer that was deleted",
        "Nothing": "Nothing",
    }[type(wish).__name__]
    facts: list[tuple[str, str]] = []
    for each in fields(wish):
        value = getattr(wish, each.name)
        if each.name == "lines":
            facts += [(f"line {n}", _line(line)) for n, line in enumerate(value, 1)]
        elif value not in (None, "", ()):
            facts.append((each.name.replace("_", " "), _text(value)))
    return Said(title, facts)


def _line(line: object) -> str:
    parts = [(each.name, getattr(line, each.name)) for each in fields(line)]  # type: ignore[arg-type]
    return ", ".join(f"{name.replace('_', ' ')} {_text(value)}" for name, value in parts if value is not None)


def _text(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
