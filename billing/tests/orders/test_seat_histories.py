"""Base seats of orders on random histories: the plain model and the product agree on who sits where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from billing.models import Offer
from billing.queries import audit_months, audit_orders
from billing.queries.desk_terms import present_seats
from billing.queries.orders_due import accounts_due
from billing.services import auditing, entitlements
from billing.tests.orders.ordered_seats import (
    PATTERNS,
    PERIODS,
    SOLD,
    Bought,
    PlaceOrder,
    WorkOrders,
    ordered_history,
    seats_of,
)
from billing.tests.orders.sold import a_line, an_offer, order
from config.kernel.errors import DomainError
from usage.tests.model.comparing import equal
from usage.tests.model.playing_seats import SeatedPlay
from usage.tests.model.telling import told_refusal
from usage.tests.test_histories import SEED, play_many, shared
from wallets.models import Account

__all__ = ["shared"]

MANY = 2
AUDITED = [check.name for check in (*audit_orders.CHECKED, *audit_months.CHECKS) if not check.is_note]


@dataclass
class OrderedPlay(SeatedPlay):
    """A history with seats that come and go with orders."""

    bought: Bought = field(default_factory=Bought)
    offers: dict[str, Offer] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def do_PlaceOrder(self, deed: PlaceOrder) -> None:
        self._pass_an_instant()
        is_known = (deed.account, deed.order) in self.bought.lines
        self.same(
            lambda: self.bought.place(self.world, deed, self.now),
            lambda: self._place(deed, is_known=is_known),
        )
        line = self.bought.lines.get((deed.account, deed.order))
        self._note(*([line.begins, line.ends] if line else []))
        self._compare_base_seats(deed.account)

    def _place(self, deed: PlaceOrder, *, is_known: bool) -> None:
        """Raises Refused."""
        account = Account.objects.get(pk=self.office.accounts[deed.account])
        name, is_cancelled = f"{account.reference} {deed.order}", not deed.quantity
        lasts = None if is_cancelled or deed.lasts is None else self.now + deed.lasts
        starts_at = self.now + deed.starts if deed.starts and not is_known and not is_cancelled else None
        if deed.offer not in self.offers:
            self.offers[deed.offer] = an_offer(
                kind="seats", seats=SOLD[deed.offer], period=PERIODS.get(deed.offer, "")
            )
        try:
            order(
                account,
                a_line(self.offers[deed.offer], str(deed.quantity or 1), ends_at=lasts),
                external_id=name,
                version=self.versions.get(name, 0) + 1,
                state="cancelled" if is_cancelled else "active",
                starts_at=starts_at,
                now=self.now,
            )
        except DomainError as refusal:
            raise told_refusal(refusal.code, refusal.extras) from None
        self.versions[name] = self.versions.get(name, 0) + 1

    def do_WorkOrders(self, _: WorkOrders) -> None:
        """What changes is found by the job; closed accounts are left alone."""
        self._pass_an_instant()
        found = set(accounts_due(self.now))
        entitlements.work_due(self.now)
        for reference, account in self.world.accounts.items():
            is_found = self.office.accounts[reference] in found
            if account.state != "closed":
                seats = len(self.bought.said)
                self.bought.push(self.world, reference, self.now)
                equal(f"whether the job finds {reference}", is_found or seats == len(self.bought.said), True)
            if is_found:
                self.bought.look(self.world, reference, self.now)
            self._compare_base_seats(reference)

    def _compare_base_seats(self, account: str) -> None:
        said = [each for each in self.world.seats.said.get(account, ()) if each.begins <= self.now]
        for pattern in PATTERNS:
            expected = seats_of([each for each in said if each.pattern == pattern], self.now)
            told = present_seats(self.office.accounts[account], pattern, self.now)
            equal(f"the base seats of {account} for {pattern}", told, expected)
        self.compare_books(account)

    def compare_everything(self) -> None:
        self.do_WorkOrders(WorkOrders())
        super().compare_everything()
        equal("lies by the audit of orders", auditing.findings(AUDITED), ())


@pytest.mark.timeout(900)
@pytest.mark.parametrize("half", range(2))
def test_model_and_product_agree_on_seats_of_orders(shared: Any, half: int) -> None:
    play_many(shared, SEED + half * MANY, MANY, ordered_history, OrderedPlay)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(10))
def test_model_and_product_agree_on_a_thousand_histories_of_seats_of_orders(shared: Any, part: int) -> None:
    play_many(shared, SEED + part * 100, 100, ordered_history, OrderedPlay)
