"""How the demo charges: bundles through the batch of debits, minutes of voice as events, some given back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from billing.rules.demo_clients import Client
from billing.rules.demo_prices import VOICE
from billing.rules.demo_traffic import draw
from billing.rules.demo_usage import Usage
from billing.services.demo_town import BY, DAY, HOUR, Town
from config.kernel.fingerprints import fingerprint_of
from usage.rules.events import SentEvent
from usage.rules.orders import DebitOrder, ReversalOrder
from usage.rules.receipts import Receipt
from usage.services import accepting, metering, rating, reversing

SOURCE = "demo/voice"
RATES_FOR = 60.0  # seconds at most, for the events of a day
GIVEN_BACK_EVERY = 4  # days


@dataclass
class Cashier:
    """Charges what was used, and keeps count. left: what is available, by account, as of its last debit."""

    town: Town
    told: Callable[[int], None]
    charged: int = 0
    events: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    left: dict[str, Decimal] = field(default_factory=dict)
    last: tuple[UUID, int] | None = None

    def charge(self, usages: Sequence[Usage]) -> None:
        """Raises a refusal that no policy made."""
        orders = [self._order(each) for each in usages]
        for order, answer in zip(orders, metering.charge_batch(orders), strict=True):
            if isinstance(answer, Receipt):
                self.charged += 1
                self.left[answer.account] = answer.balance.available
                self.last = answer.id, order.product_id
            elif "denial" in answer.extras:
                self.refused[answer.code] += 1
            else:
                raise answer
        self.told(len(usages))

    def _order(self, usage: Usage) -> DebitOrder:
        key = self.town.keys[usage.product]
        return DebitOrder(
            account=usage.client.reference,
            product_id=key.product_id,
            api_key_id=key.pk,
            key=usage.key,
            fingerprint=fingerprint_of(usage.key),
            items=usage.items,
            received_at=usage.at,
            occurred_at=usage.at,
            subject=usage.subject,
            metadata={"calls": usage.calls},
            now=usage.at,
        )


def speak(town: Town, clients: Sequence[Client], days: int, cashier: Cashier) -> None:
    """Plan that customers report the minutes that they spoke, once a day, and that these are rated."""
    speakers = [client for client in clients if client.speaks]
    for ago in range(days, 0, -1):
        town.chronicle.at(town.now - ago * DAY + 20 * HOUR, lambda moment: _report(speakers, cashier, moment))


def _report(speakers: Sequence[Client], cashier: Cashier, moment: datetime) -> None:
    key = cashier.town.keys["conversation"]
    told = [
        _spoken(client, moment, place)
        for client in speakers
        for place in range(draw(f"talks of {client.reference} on {moment:%j}", 4))
    ]
    accepting.accept(told, product_id=key.product_id, api_key_id=key.pk, now=moment)
    rating.work(RATES_FOR, now=moment)
    cashier.events += len(told)


def _spoken(client: Client, moment: datetime, place: int) -> SentEvent:
    name = f"{client.reference}-{moment:%Y%m%d}-{place}"
    minutes = Decimal(1 + draw(f"minutes {name}", 25))
    spoken_at = moment - (1 + draw(f"hour {name}", 12)) * HOUR
    people = client.users()
    user, team = people[draw(f"speaker {name}", len(people))]
    payload = {
        "specversion": "1.0",
        "id": name,
        "source": SOURCE,
        "type": VOICE,
        "subject": client.reference,
        "time": spoken_at.isoformat(),
        "data": {"quantity": f"{minutes}"},
    }
    return SentEvent(
        account=client.reference,
        source=SOURCE,
        sent_id=name,
        fingerprint=fingerprint_of(name),
        feature=VOICE,
        quantity=minutes,
        dimensions={},
        payload=payload,
        occurred_at=spoken_at,
        subject={"user": user, "team": team},
    )


def give_back(town: Town, days: int, cashier: Cashier) -> None:
    """Plan that now and then the debit made last is reversed."""
    for ago in range(days, 0, -GIVEN_BACK_EVERY):
        town.chronicle.at(town.ago(ago, -2), lambda moment: _reverse(cashier, moment))


def _reverse(cashier: Cashier, moment: datetime) -> None:
    if cashier.last is None:
        return
    debit_id, product_id = cashier.last
    cashier.last = None
    key = f"demo-back-{moment:%Y%m%d}"
    order = ReversalOrder(
        debit_id=debit_id,
        product_id=product_id,
        key=key,
        fingerprint=fingerprint_of(key),
        tokens=None,
        reason="The answer was cut off by our fault.",
        recorded_by=BY,
        now=moment,
    )
    reversing.reverse(order)
