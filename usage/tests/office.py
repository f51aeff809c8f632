"""An office whose seats are taken, kept and given back, at instants of the test's choice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from pricing.rules.rows import RateRow
from pricing.services import drafting, publishing
from usage.models import CheckoutCharge
from usage.rules.orders import Item, ReversalOrder
from usage.rules.seating import CheckinOrder, CheckoutOrder, SeatReceipt
from usage.services import limiting, reversing, seating
from usage.tests.made import AUTHOR, DAY, Shop, a_grant, clock, ledger_of
from wallets.models import Account

SPRING = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Office:
    """A shop whose chat is a seat: 6 tokens an hour, unless its rate says otherwise."""

    def __init__(
        self, *, now: datetime | None = SPRING, seats: int | None = 1, granted: str = "100", **rate: Any
    ) -> None:
        self.shop = Shop(since=(now or clock()) - 40 * DAY)
        self.now = now
        table = self.shop.a_table(since=(now or clock()) - 40 * DAY, **({"tokens": "6"} | rate))
        self.account: Account = self.shop.an_account(now, rate_table=table.code)
        self.table = table
        if granted != "0":
            a_grant(self.account, granted, now=now)
        if seats is not None:
            self.have(seats, now)

    def have(self, seats: int | None, now: datetime | None) -> None:
        limiting.give_seats(
            account_id=self.account.pk, pattern=self.shop.chat, seats=seats, author=AUTHOR, now=now
        )

    def take(
        self, user: str = "", *, now: datetime | None = None, key: str | None = None, body: str = ""
    ) -> SeatReceipt:
        at = now or self.now
        order = CheckoutOrder(
            account=self.account.reference,
            product_id=self.shop.product.pk,
            api_key_id=self.shop.key.pk,
            key=key or uuid4().hex,
            fingerprint=body.encode().ljust(32, b"\0"),
            item=Item(self.shop.chat, Decimal(1), {}),
            received_at=at or clock(),
            subject={"user": user} if user else None,
            now=at,
        )
        return seating.take(order)

    def beat(self, seat: SeatReceipt | UUID, now: datetime | None = None) -> SeatReceipt:
        return seating.beat(
            checkout_id=seat if isinstance(seat, UUID) else seat.id,
            product_id=self.shop.product.pk,
            api_key_id=self.shop.key.pk,
            received_at=now or clock(),
            now=now,
        )

    def give_back(
        self, seat: SeatReceipt, now: datetime | None = None, key: str | None = None
    ) -> SeatReceipt:
        return seating.give_back(
            CheckinOrder(seat.id, self.shop.product.pk, key or uuid4().hex, b"\2" * 32, now=now)
        )

    def reprice(self, now: datetime, **rate: Any) -> None:
        """A version in which the seat costs 6 tokens an hour, unless its rate says otherwise."""
        self._publish(RateRow(self.shop.chat, Decimal(rate.pop("tokens", "6")), **rate), now)

    def leave_without_a_rate(self, now: datetime) -> None:
        """A version that knows no price of a seat."""
        self._publish(RateRow(self.shop.image, Decimal(1)), now)

    def _publish(self, row: RateRow, now: datetime) -> None:
        draft = drafting.open_draft(table=self.table)
        drafting.replace_rates(draft=draft, rows=[row], revision=None)
        publishing.publish(version=draft, moment=now)

    def reverse(self, seat: SeatReceipt, now: datetime) -> None:
        """Give back all that is left of the seat's last interval."""
        debit = CheckoutCharge.objects.filter(checkout=seat.id).latest("number").debit_id
        order = ReversalOrder(debit, self.shop.product.pk, uuid4().hex, b"\3" * 32, None, now=now)
        reversing.reverse(order)

    @property
    def spent(self) -> Decimal:
        return sum((amount if kind == "draw" else -amount for kind, amount in self.moved), Decimal(0))

    @property
    def moved(self) -> list[tuple[str, Decimal]]:
        return [(kind, amount) for kind, amount in ledger_of(self.account) if kind in ("draw", "restore")]
