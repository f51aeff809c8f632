"""Playing usage events: what the model and the product say of each, when it comes and when it is booked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from usage.tests.model import deeds as d
from usage.tests.model.comparing import equal
from usage.tests.model.facts import Item
from usage.tests.model.reporting import Reports

if TYPE_CHECKING:
    from usage.tests.model.playing import Play


class Metering(Protocol):
    """What the product must offer for events. Events go by the model's numbers."""

    def report(
        self,
        number: int,
        product: str,
        account: str,
        sent_id: str,
        item: Item,
        now: datetime,
        at: datetime | None,
    ) -> str: ...
    def rate(self, now: datetime, *, is_asked: bool) -> dict[int, Any]: ...
    def booked(self, event: int, debit: int) -> None: ...


class Telling:
    """The deeds of events, for whoever plays a history."""

    reports: Reports
    sent: list[tuple[str, str, str, Item, datetime | None]]

    def do_Report(self: Play, deed: d.Report) -> None:
        if deed.again is None or not self.sent:
            call = (
                deed.product,
                deed.account,
                f"event-{len(self.sent)}",
                deed.item,
                self.instant(deed.occurred),
            )
            self.sent.append(call)
        else:
            call = self.sent[deed.again[0] % len(self.sent)]
            if deed.again[1] == "other":
                product, account, sent_id, item, at = call
                call = (product, account, sent_id, replace(item, quantity=item.quantity + 1), at)
        product, account, sent_id, item, at = call
        number = len(self.reports.bodies) + 1
        self.same(
            lambda: {"said": self.reports.report(product, account, sent_id, item, self.now, at)},
            lambda: {"said": self.product.report(number, product, account, sent_id, item, self.now, at)},
        )

    def do_RateEvents(self: Play, deed: d.RateEvents) -> None:
        expected = self.reports.rate(self.now, is_asked=deed.asked)
        told = self.product.rate(self.now, is_asked=deed.asked)
        equal("the events that were tried", sorted(told), sorted(expected))
        for number, facts in expected.items():
            if isinstance(facts, dict) and isinstance(told[number], dict):
                self.product.booked(number, facts["debit"])
                for name in facts.keys() & told[number].keys():
                    equal(f"{name} of event {number}", told[number][name], facts[name])
            elif isinstance(facts, dict) or isinstance(told[number], dict) or not told[number] <= facts:
                equal(f"what became of event {number}", told[number], facts)
        for reference in self.world.accounts:
            self.compare_books(reference)

    def do_Arrive(self: Play, deed: d.Arrive) -> None:
        if deed.account not in self.world.accounts:
            self.world.enrol(deed.account, self.now)
            self.product.arrive(deed.account, self.now)
