"""The place where the demo's commerce happens: who is there, and what happened when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User

from billing.rules.demo_commerce import DemoBuyer
from config.kernel.signing import dated
from usage.models import ApiKey
from wallets.models import Account

REASON = "The demo's commerce"
BY = "demo"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SELLER, SECOND_SELLER, MANAGER, FINANCE = "demo-sam", "demo-ria", "demo-mia", "demo-finn"
STAFF = {SELLER: "Sales", SECOND_SELLER: "Sales", MANAGER: "Sales management", FINANCE: "Finance"}


class Chronicle:
    """What happened when, told in order; what lies ahead has not happened yet."""

    def __init__(self) -> None:
        self._acts: list[tuple[datetime, Callable[[datetime], object]]] = []

    def at(self, moment: datetime, act: Callable[[datetime], object]) -> None:
        self._acts.append((moment, act))

    def tell(self, until: datetime) -> None:
        for moment, act in sorted(self._acts, key=lambda each: each[0]):
            if moment < until:
                with dated(moment):
                    act(moment)


@dataclass
class Town:
    """Where the demo's commerce happens. months: when the last three began.

    people: by their names in `STAFF`. key: of the product that is used.
    """

    prefix: str
    now: datetime
    months: tuple[datetime, datetime, datetime]
    accounts: dict[DemoBuyer, Account]
    people: dict[str, User]
    key: ApiKey
    chronicle: Chronicle

    def sku(self, code: str) -> str:
        return f"{self.prefix}{code}"

    def day(self, month: int, days: int, hour: int = 9) -> datetime:
        return self.months[month] + days * DAY + hour * HOUR

    def ago(self, days: int, hour: int = 1) -> datetime:
        return self.now - days * DAY - hour * HOUR
