"""What a received record would come to under rules that nobody has saved: read, told, and nothing written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from billing.connectors.contract import Connector
from billing.models import Received, ReceivedBody
from billing.queries.field_rules import rules_by_field
from billing.rules.connecting import Incomplete, Record, Sale, TrialWish, Unreadable, Wish
from billing.rules.content import content_of
from billing.rules.mapping import Rule, mapped_by
from billing.rules.mapping_trace import Look, Traced
from billing.services import links


@dataclass(frozen=True, slots=True)
class Said:
    """A wish in words: what it is, and what it says, by name."""

    title: str
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Preview:
    """How a record reads. looks: each once, in the order it was first taken. fault, where: why it can't be applied.

    is_incomplete: it leaves out what is asked for only when it is applied.
    """

    looks: Sequence[Look]
    wishes: Sequence[Said]
    fault: str = ""
    where: str = ""
    is_incomplete: bool = False


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
    wanted: Mapping[tuple[str, str, str], Rule | None] | None = None,
) -> Preview:
    """What the connector finds in the record and makes of it. wanted: rules to try in place of those that are saved.

    Writes nothing; a fault of the record is told, not raised.
    """
    rules = rules_by_field(row.connection_id)
    for where, rule in (wanted or {}).items():
        rules.pop(where, None)
        if rule is not None:
            rules[where] = rule
    traced = Traced(mapped_by(connector.targets, rules).rules)
    wishes: Sequence[Wish] = ()
    fault: Unreadable | None = None
    is_incomplete = False
    try:
        wishes = connector.read(record_of(row), traced)
        for each in wishes:
            _check_whose(each)
    except Incomplete:
        is_incomplete = True
    except Unreadable as found:
        fault = found
    return Preview(
        list(dict.fromkeys(traced.looks)),
        [said(each) for each in wishes],
        str(fault) if fault else "",
        fault.where if fault else "",
        is_incomplete,
    )


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
