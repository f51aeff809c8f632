"""The deeds of a history that are about holds, and about how long grants last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from usage.tests.model import deeds as d
from usage.tests.model.comparing import equal
from usage.tests.model.holding import extend
from usage.tests.model.keeping import Hold

if TYPE_CHECKING:
    from usage.tests.model.offered import Product
    from usage.tests.model.world import World

NANO = Decimal("0.000000001")


class PlaysHolds:
    """A part of Play."""

    product: Product
    world: World
    now: datetime
    instants: list[datetime]
    call: Callable[..., None]
    same: Callable[..., bool]
    instant: Callable[..., datetime | None]
    compare_books: Callable[[str], None]
    purses: Callable[[], Any]

    def do_HoldTokens(self, deed: d.HoldTokens) -> None:
        self.instants.append(self.now + deed.lasts)
        at = self.instant(deed.occurred)
        self.call(
            "hold", deed.account, items=deed.items, occurred_at=at, lasts=deed.lasts, subject=deed.subject
        )

    def do_Capture(self, deed: d.Capture) -> None:
        kept = self._hold(deed.hold)
        if kept is None:
            return
        items: Any = deed.items or None
        if deed.share is not None:
            shared = [
                replace(item, quantity=(item.quantity * deed.share / 100).quantize(NANO))
                for item in kept.asked
            ]
            items = tuple(item for item in shared if item.quantity)
        self.call(
            "capture", kept.account, hold=kept.number, items=items, is_final=deed.is_final or items == ()
        )

    def do_Release(self, deed: d.Release) -> None:
        kept = self._hold(deed.hold)
        if kept is not None:
            self.call("release", kept.account, hold=kept.number)

    def do_Extend(self, deed: d.Extend) -> None:
        kept = self._hold(deed.hold)
        if kept is None:
            return
        self.instants.append(self.now + deed.lasts)
        done = self.same(
            lambda: extend(self.world, "bot", kept.number, self.now, deed.lasts),
            lambda: self.product.extend(kept.number, self.now, deed.lasts),
        )
        if done:
            self.compare_books(kept.account)

    def do_Prolong(self, deed: d.Prolong) -> None:
        grants = {grant.number: account for account, _, purse in self.purses() for grant in purse.grants}
        if not grants:
            return
        ends = None if deed.lasts is None else self.now + deed.lasts
        if ends is not None:
            self.instants.append(ends)
        number = 1 + deed.grant % len(grants)
        self.call("prolong", grants[number], grant=number, expires_at=ends)

    def compare_holds(self) -> None:
        """That holds are still told as their making was answered first, and that debits explain themselves."""
        equal("debits that the books do not explain", self.product.unexplained(), [])
        held = self.product.hold_receipts()
        made = [answer.facts for _, answer in self.world.claims.values() if answer.effect == "hold"]
        for facts in made:
            told = held[facts["hold"]]
            equal(f"hold {facts['hold']}", told, {name: facts[name] for name in told})

    def _hold(self, place: int) -> Hold | None:
        """One of those there are; negative places count from the last."""
        return self.world.holds[1 + place % len(self.world.holds)] if self.world.holds else None
