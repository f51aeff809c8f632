"""A small town for the model's own tests: one product, one table, one account, short words for instants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from usage.tests.model.charging import debit
from usage.tests.model.facts import Answer, Item
from usage.tests.model.grants import Grant
from usage.tests.model.holding import capture, hold, release
from usage.tests.model.prices import Rate, Table
from usage.tests.model.purse import Purse
from usage.tests.model.undoing import reverse
from usage.tests.model.world import World

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PENNY = Rate("chat.*", Decimal(1))


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


class Town:
    """Chat features cost one token a unit; every call gets a key of its own unless one is named."""

    def __init__(self, *rates: Rate) -> None:
        self.world = World(features={"chat.in": "bot", "chat.out": "bot", "pic": "bot", "other": "rival"})
        self.world.tables["standard"] = Table("standard", "AIT")
        self.world.default_table = "standard"
        self.world.publish("standard", rates or (PENNY, Rate("pic", Decimal(1))), hours(-2000))
        self.world.enrol("acme", hours(-2000))
        self.calls = 0

    @property
    def purse(self) -> Purse:
        return self.world.accounts["acme"].purse("AIT")

    def grant(
        self,
        tokens: str,
        *,
        now: float = 0,
        starts: float = 0,
        ends: float | None = None,
        kind: str = "trial",
        **given: Any,
    ) -> Grant:
        expires_at = None if ends is None else hours(ends)
        grant = Grant(0, kind, Decimal(tokens), hours(starts), hours(now), expires_at, **given)
        self.world.grant("bot", "acme", self.key(), None, hours(now), "AIT", grant)
        return grant

    def debit(
        self,
        *items: tuple[str, str],
        now: float = 0,
        at: float | None = None,
        key: str = "",
        body: Any = None,
    ) -> Answer:
        occurred_at = None if at is None else hours(at)
        called = [Item(feature, Decimal(quantity)) for feature, quantity in items]
        return debit(self.world, "bot", "acme", key or self.key(), body, hours(now), called, occurred_at)

    def hold(
        self,
        *items: tuple[str, str],
        now: float = 0,
        at: float | None = None,
        lasts: float = 1,
        key: str = "",
    ) -> Answer:
        called = [Item(feature, Decimal(quantity)) for feature, quantity in items]
        occurred_at = None if at is None else hours(at)
        asked = (called, occurred_at, timedelta(hours=lasts))
        return hold(self.world, "bot", "acme", key or self.key(), None, hours(now), *asked)

    def capture(
        self, held: Answer, *items: tuple[str, str], now: float = 0, is_final: bool = True, key: str = ""
    ) -> Answer:
        """Without items as estimated."""
        called = [Item(feature, Decimal(quantity)) for feature, quantity in items] or None
        number = held.facts["hold"]
        return capture(self.world, "bot", number, key or self.key(), None, hours(now), called, is_final)

    def release(self, held: Answer, *, now: float = 0, as_capture: bool = False) -> Answer:
        return release(self.world, "bot", held.facts["hold"], self.key(), None, hours(now), as_capture)

    def reverse(self, debit: Answer, tokens: str | None = None, *, now: float = 0) -> Answer:
        amount = None if tokens is None else Decimal(tokens)
        return reverse(self.world, "bot", debit.facts["debit"], self.key(), None, hours(now), amount)

    def void(self, grant: Grant, *, now: float = 0) -> Answer:
        return self.world.void("bot", "acme", self.key(), None, hours(now), grant.number)

    def key(self) -> str:
        self.calls += 1
        return f"call-{self.calls}"


def moved(purse: Purse) -> list[tuple[str, Decimal, Decimal]]:
    """The ledger as (kind, amount, balance after)."""
    return [(entry.kind, entry.amount, entry.after) for entry in purse.entries]


def buckets(grant: Grant) -> dict[str, Decimal]:
    names: Sequence[str] = ("remaining", "spent", "expired", "voided")
    return {name: getattr(grant, name) for name in names if getattr(grant, name)}
