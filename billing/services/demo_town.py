"""The place where the demo's ninety days happen: who is there, and what happened when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User

from billing.rules.demo_commerce import DemoBuyer
from billing.rules.demo_usage import Usage
from config.kernel.signing import dated
from usage.models import ApiKey
from wallets.models import Account

REASON = "The demo"
BY = "demo"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SELLER, SECOND_SELLER, THIRD_SELLER = "demo-sam", "demo-ria", "demo-tom"
MANAGER, FINANCE = "demo-mia", "demo-finn"
STAFF = {
    SELLER: "Sales",
    SECOND_SELLER: "Sales",
    THIRD_SELLER: "Sales",
    MANAGER: "Sales management",
    FINANCE: "Finance",
}
MOST_TOGETHER = 512
"""Bundles that are charged in one call, at most."""

Charge = Callable[[Sequence[Usage]], None]


class Chronicle:
    """What happened when, told in order; what lies ahead has not happened yet."""

    def __init__(self) -> None:
        self._acts: list[tuple[datetime, Callable[[datetime], object]]] = []

    def at(self, moment: datetime, act: Callable[[datetime], object]) -> None:
        self._acts.append((moment, act))

    def tell(self, until: datetime, traffic: Sequence[Usage], charge: Charge) -> None:
        """Do each act at its moment, and between two of them charge what was used. traffic: in order of time."""
        bundles = _Queue(traffic)
        for moment, act in self._sorted(until):
            for some in bundles.before(moment):
                charge(some)
            with dated(moment):
                act(moment)
        for some in bundles.before(until):
            charge(some)

    def _sorted(self, until: datetime) -> list[tuple[datetime, Callable[[datetime], object]]]:
        return sorted((each for each in self._acts if each[0] < until), key=lambda each: each[0])


class _Queue:
    def __init__(self, traffic: Sequence[Usage]) -> None:
        self._traffic, self._place = traffic, 0

    def before(self, moment: datetime) -> Iterator[Sequence[Usage]]:
        """What was used before an instant and not given out so far, in parts."""
        first = self._place
        while self._place < len(self._traffic) and self._traffic[self._place].at < moment:
            self._place += 1
        for start in range(first, self._place, MOST_TOGETHER):
            yield self._traffic[start : min(start + MOST_TOGETHER, self._place)]


@dataclass
class Town:
    """Where the demo happens. months: when the last three began. since: when its history begins.

    accounts: of those who buy; clients: by reference. people: by their names in `STAFF`. keys: by product.
    """

    now: datetime
    since: datetime
    months: tuple[datetime, datetime, datetime]
    accounts: dict[DemoBuyer, Account]
    clients: dict[str, Account]
    people: dict[str, User]
    keys: dict[str, ApiKey]
    chronicle: Chronicle

    def day(self, month: int, days: int, hour: int = 9) -> datetime:
        return self.months[month] + days * DAY + hour * HOUR

    def ago(self, days: int, hour: int = 1) -> datetime:
        return self.now - days * DAY - hour * HOUR
