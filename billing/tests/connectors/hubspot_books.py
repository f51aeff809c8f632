"""The records that the stand-in of HubSpot keeps: changed, merged, deleted and associated as HubSpot does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Tree = dict[str, Any]

COMPANIES, DEALS, LINES, TASKS = "companies", "deals", "line_items", "tasks"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
PRIMARY, DEAL_COMPANY, DEAL_LINE, LINE_DEAL, TASK_COMPANY = 5, 341, 19, 20, 192
OPPOSITE = {PRIMARY: 6, DEAL_COMPANY: 342, DEAL_LINE: LINE_DEAL, TASK_COMPANY: 191}
ALWAYS = ("createdate", "hs_lastmodifieddate", "hs_object_id")


@dataclass
class Thing:
    """One record. written: (property, value) of each write that changed it, in order."""

    id: str
    created: datetime
    changed: datetime
    properties: dict[str, str] = field(default_factory=dict)
    archived: datetime | None = None
    written: list[tuple[str, str]] = field(default_factory=list)


class Books:
    """now: by HubSpot's clock. unindexed: (sort, id) of what searches don't find yet."""

    def __init__(self) -> None:
        self.now = NOON
        self.things: dict[str, dict[str, Thing]] = {COMPANIES: {}, DEALS: {}, LINES: {}, TASKS: {}}
        self.gone: dict[str, str] = {}
        """Identities that were merged, and into what."""
        self.links: dict[tuple[str, str, str], dict[str, set[int]]] = {}
        self.unindexed: set[tuple[str, str]] = set()
        self.unique: dict[str, set[str]] = {TASKS: {"tokendesk_key"}}
        self.numbers = {"tokendesk_available", "tokendesk_overage", "tokendesk_burn_a_day"}
        self.unknown: set[str] = set()
        """Properties that nobody has made there."""
        self._last = 1000

    def begin(self, now: datetime) -> None:
        """Begin at another time, with identities that no other stand-in has."""
        self.now, self._last = now, int(now.timestamp() * 1000)

    # What people do there.

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)

    def company(self, name: str = "Acme", **properties: str) -> Thing:
        return self.make(COMPANIES, {"name": name, **properties})

    def deal(self, company: Thing | None = None, stage: str = "closedwon", **properties: str) -> Thing:
        told = {"dealname": "A deal", "dealstage": stage, "closedate": text_of(self.now), **properties}
        deal = self.make(DEALS, told | {"deal_currency_code": "USD"})
        if company is not None:
            self.associate(DEALS, deal.id, COMPANIES, company.id, PRIMARY, DEAL_COMPANY)
        return deal

    def line(self, deal: Thing, sku: str = "pack", amount: str = "100", **properties: str) -> Thing:
        told = {"hs_sku": sku, "quantity": "1", "amount": amount, "hs_line_item_currency_code": "USD"}
        line = self.make(LINES, told | properties)
        self.associate(DEALS, deal.id, LINES, line.id, DEAL_LINE)
        return line

    def make(self, sort: str, properties: Mapping[str, str]) -> Thing:
        self._last += 1
        thing = Thing(str(self._last), self.now, self.now)
        self.things[sort][thing.id] = thing
        self.write(sort, thing, properties)
        return thing

    def write(self, sort: str, thing: Thing, properties: Mapping[str, str]) -> None:
        """Write properties; what stays as it was is no change of theirs, but the record was changed."""
        for name, value in properties.items():
            if thing.properties.get(name, "") != value:
                thing.properties[name] = value
                thing.written.append((name, value))
        thing.changed = self.now
        if sort == DEALS:
            stage = thing.properties.get("dealstage", "")
            thing.properties["hs_is_closed_won"] = _boolean(stage == "closedwon")
            thing.properties["hs_is_closed"] = _boolean(stage in ("closedwon", "closedlost"))

    def associate(self, sort: str, name: str, other: str, other_name: str, *kinds: int) -> None:
        self.links.setdefault((sort, name, other), {}).setdefault(other_name, set()).update(kinds)
        back = self.links.setdefault((other, other_name, sort), {}).setdefault(name, set())
        back.update(OPPOSITE[kind] for kind in kinds)

    def delete(self, sort: str, thing: Thing) -> None:
        thing.archived = self.now

    def restore(self, sort: str, thing: Thing) -> None:
        thing.archived, thing.changed = None, self.now

    def merge(self, sort: str, primary: Thing, other: Thing) -> Thing:
        """Make one record of two, under an identity of its own, the way of companies, deals and tickets.

        Those that were merged are listed among what was deleted; the pages don't say that they are not.
        """
        merged = self.make(sort, {**other.properties, **primary.properties})
        names: list[str] = []
        for each in (primary, other):
            names += [*each.properties.get("hs_merged_object_ids", "").split(";"), each.id]
            self.gone[each.id] = merged.id
            each.archived = self.now
            for (of, name, to), found in list(self.links.items()):
                if (of, name) == (sort, each.id):
                    for target, kinds in found.items():
                        self.links.setdefault((sort, merged.id, to), {}).setdefault(target, set()).update(
                            kinds
                        )
                        back = self.links[(to, target, of)]
                        back[merged.id] = back.pop(each.id)
                    del self.links[(of, name, to)]
        merged.properties["hs_merged_object_ids"] = ";".join(name for name in names if name)
        return merged

    # What is found.

    def find(self, sort: str, name: str, id_property: str = "") -> Thing | None:
        """A record that is not deleted, by its identity, by one that was merged into it, or by a unique property."""
        if id_property:
            found = (each for each in self.things[sort].values() if each.properties.get(id_property) == name)
            return next((each for each in found if each.archived is None), None)
        while name in self.gone:
            name = self.gone[name]
        thing = self.things[sort].get(name)
        return thing if thing is not None and thing.archived is None else None

    def value(self, thing: Thing, name: str) -> str | None:
        if name == "hs_object_id":
            return thing.id
        if name == "hs_lastmodifieddate":
            return text_of(thing.changed)
        if name == "createdate":
            return text_of(thing.created)
        return thing.properties.get(name)

    def shown(self, thing: Thing, properties: Sequence[str] = ()) -> Tree:
        """A SimplePublicObject. A property that it does not have is null where it was asked for."""
        told: Tree = {
            "id": thing.id,
            "properties": {name: self.value(thing, name) for name in (*ALWAYS, *properties)},
            "createdAt": text_of(thing.created),
            "updatedAt": text_of(thing.changed),
            "archived": thing.archived is not None,
        }
        return told | ({"archivedAt": text_of(thing.archived)} if thing.archived else {})


def text_of(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _boolean(value: bool) -> str:
    return "true" if value else "false"
