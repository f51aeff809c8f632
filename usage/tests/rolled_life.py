"""Lives of accounts by chance, for roll-ups: usage of every kind, given back and refused, and turns of the roll."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from config.kernel.errors import DomainError
from usage.rules.orders import OwnCost
from usage.rules.receipts import Receipt
from usage.services import metering, reversing, rolling
from usage.tests.held import a_hold, capture
from usage.tests.made import DAY, UNLIMITED, Shop, a_grant, a_reversal, clock
from usage.tests.racing import an_order
from usage.tests.reported import an_event, rate, report

Act = Callable[[], Any]


class Life:
    """Three accounts: one that may go without tokens, one with a few, one with none."""

    def __init__(self, shop: Shop, chance: Random) -> None:
        self._shop, self._chance = shop, chance
        born = clock() - 39 * DAY
        self.accounts = [
            shop.an_account(born, policy=UNLIMITED),
            shop.an_account(born),
            shop.an_account(born),
        ]
        a_grant(self.accounts[1], "60")
        self._charged: list[Receipt] = []

    def act(self) -> Act:
        """What is done next; whoever calls it does it."""
        often = [self._charge] * 6 + [self._give_back] * 3
        return self._chance.choice([*often, self._batch, self._report, self._hold, self._roll, self._roll])()

    def _when(self) -> datetime:
        return clock() - self._chance.choice((0, 0, 0, 1, 17, 500, 40000)) * timedelta(minutes=1)

    def _dimensions(self) -> dict[str, str]:
        return self._chance.choice(({}, {"model": "m-1"}, {"model": "m-2", "region": "eu"}))

    def _charge(self) -> Act:
        chance, shop = self._chance, self._shop
        account = chance.choice(self.accounts)
        features = tuple(chance.choice((shop.chat, shop.image)) for _ in range(chance.randint(1, 3)))
        quantities = [chance.choice(("1", "2.5", "7")) for _ in features]
        asked: Mapping[str, Any] = {
            "features": features,
            "costs": tuple(chance.choice((None, OwnCost(chance.choice((1, 2)), "USD"))) for _ in features),
            "at": self._when(),
            "dimensions": self._dimensions(),
            "subject": chance.choice((None, {"user": "u-1"}, {"user": "u-2", "team": "red"})),
        }

        def charge() -> None:
            with suppress(DomainError):
                self._charged.append(shop.debit(account, *quantities, **asked))

        return charge

    def _batch(self) -> Act:
        when = [(self._chance.choice(self.accounts), self._when()) for _ in range(3)]

        def charge_together() -> None:
            orders = [an_order(self._shop, account, "2", at=at) for account, at in when]
            self._charged += [
                each for each in metering.charge_batch(orders) if not isinstance(each, DomainError)
            ]

        return charge_together

    def _report(self) -> Act:
        sent = [
            an_event(
                self._shop, self._chance.choice(self.accounts), at=self._when(), dimensions=self._dimensions()
            )
            for _ in range(2)
        ]

        def report_and_rate() -> None:
            report(self._shop, *sent)
            rate()

        return report_and_rate

    def _give_back(self) -> Act:
        which, tokens = self._chance.random(), self._chance.choice((None, "0.5", "1"))

        def give_back() -> None:
            if self._charged:
                with suppress(DomainError):
                    reversing.reverse(a_reversal(self._charged[int(which * len(self._charged))], tokens))

        return give_back

    def _hold(self) -> Act:
        used = [self._chance.choice(("1", "3")) for _ in range(self._chance.randint(1, 2))]

        def hold_and_settle() -> None:
            held = a_hold(self._shop, self.accounts[0], "4")
            for nth, quantity in enumerate(used, start=1):
                capture(self._shop, held, quantity, is_final=nth == len(used))

        return hold_and_settle

    def _roll(self) -> Act:
        return partial(rolling.roll, 5, self._chance.choice((1, 3, 2000)))
