"""The demo's seats: one customer's people at work, more of them than it has seats for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from billing.rules import demo_clients as facts
from billing.rules.demo_clients import Client
from billing.rules.demo_prices import SEAT
from billing.rules.demo_shape import SATURDAY
from billing.services.demo_town import DAY, HOUR, MINUTE, Town
from config.kernel.errors import InsufficientTokens, LimitReached
from config.kernel.fingerprints import fingerprint_of
from usage.rules.orders import Item
from usage.rules.seating import CheckinOrder, CheckoutOrder
from usage.services import seating

BEGINS, APART, BEAT = 9 * HOUR, 7 * MINUTE, 28 * MINUTE
SIGNS_OF_LIFE = 2
MOST_DAYS = 14


@dataclass
class _Sitting:
    """One person's seat on one day. checkout: while it lasts."""

    town: Town
    client: Client
    user: str
    team: str
    began_at: datetime
    checkout: list[UUID] = field(default_factory=list)


def sit(town: Town, clients: Sequence[Client], days: int) -> None:
    """Plan that everybody of a customer takes a seat in the morning, keeps it for a while, and most give it back."""
    client = next((each for each in clients if each.reference == facts.SEATED), None)
    if client is None:
        return
    for morning in _mornings(client, town.now, min(days + 2, MOST_DAYS)):
        for place, (user, team) in enumerate(client.users()):
            sitting = _Sitting(town, client, user, team, morning + place * APART)
            town.chronicle.at(sitting.began_at, _takes(sitting))
            for sign in range(1, SIGNS_OF_LIFE + 1):
                town.chronicle.at(sitting.began_at + sign * BEAT, _keeps(sitting))
            if place % 4:
                town.chronicle.at(sitting.began_at + SIGNS_OF_LIFE * BEAT + 5 * MINUTE, _leaves(sitting))
        town.chronicle.at(morning + 8 * HOUR, lambda moment: seating.sweep(moment))


def _mornings(client: Client, now: datetime, days: int) -> Iterator[datetime]:
    zone = ZoneInfo(client.zone)
    for ago in range(days, -1, -1):
        day = (now - ago * DAY).astimezone(zone).date()
        if day.weekday() < SATURDAY:
            yield (datetime(day.year, day.month, day.day, tzinfo=zone) + BEGINS).astimezone(UTC)


def _takes(sitting: _Sitting) -> Callable[[datetime], object]:
    def take(moment: datetime) -> None:
        key = sitting.town.keys["code"]
        name = f"demo-seat-{sitting.user}-{sitting.began_at:%Y%m%d}"
        order = CheckoutOrder(
            account=sitting.client.reference,
            product_id=key.product_id,
            api_key_id=key.pk,
            key=name,
            fingerprint=fingerprint_of(name),
            item=Item(SEAT, Decimal(1), {}),
            received_at=moment,
            subject={"user": sitting.user, "team": sitting.team},
            now=moment,
        )
        with suppress(InsufficientTokens, LimitReached):
            sitting.checkout.append(seating.take(order).id)

    return take


def _keeps(sitting: _Sitting) -> Callable[[datetime], object]:
    def keep(moment: datetime) -> None:
        key = sitting.town.keys["code"]
        for checkout_id in sitting.checkout:
            with suppress(InsufficientTokens, LimitReached):
                seating.beat(
                    checkout_id=checkout_id,
                    product_id=key.product_id,
                    api_key_id=key.pk,
                    received_at=moment,
                    now=moment,
                )

    return keep


def _leaves(sitting: _Sitting) -> Callable[[datetime], object]:
    def leave(moment: datetime) -> None:
        key = sitting.town.keys["code"]
        for checkout_id in sitting.checkout:
            name = f"demo-seat-{sitting.user}-{sitting.began_at:%Y%m%d}-back"
            seating.give_back(
                CheckinOrder(checkout_id, key.product_id, name, fingerprint_of(name), now=moment)
            )

    return leave
