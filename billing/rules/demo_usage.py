"""What the demo's customers are charged for: each bundle of calls as the items of one debit, and its price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from billing.rules.demo_catalogue import UNITS_A_PRICE, ModelPrice, tokens_a_price
from billing.rules.demo_clients import Client
from billing.rules.demo_prices import REVIEW, REVIEW_TOKENS
from billing.rules.demo_shape import Bundle
from billing.rules.demo_traffic import (
    FEATURE_OF_SERVICE,
    MODEL_WEIGHTS,
    Call,
    draw,
    favourite_models,
    pick,
)
from usage.rules.orders import Item

CALLS_A_REVIEW = 8
SERVICES = ("code", "conv")


@dataclass(frozen=True, slots=True)
class Usage:
    """A bundle of one customer, in one product's items. expected: AI tokens by the first price list."""

    client: Client
    at: datetime
    place: int
    calls: int
    product: str
    items: tuple[Item, ...]
    subject: Mapping[str, object]
    expected: Decimal

    @property
    def key(self) -> str:
        return f"demo-{self.client.reference}-{self.place}"


@dataclass
class Sampler:
    """Gives a bundle its content: a real call's length for all its calls, one of the customer's models and people."""

    calls: Sequence[Call]
    prices: Sequence[ModelPrice]
    now: datetime
    _of_service: dict[str, list[Call]] = field(init=False)
    _rates: dict[str, ModelPrice] = field(init=False)

    def __post_init__(self) -> None:
        self._of_service = {name: [call for call in self.calls if call.service == name] for name in SERVICES}
        self._rates = {price.model: price for price in self.prices}

    def models(self, client: Client, number: int) -> list[str]:
        """The models it uses. number: its place among all customers."""
        return favourite_models(number, [price.model for price in self.prices])

    def usage(self, client: Client, models: Sequence[str], bundle: Bundle) -> Usage:
        purpose = f"{client.reference} {bundle.place}"
        service = SERVICES[draw(f"service {purpose}", 100) >= client.code_share]
        recorded = self._of_service[service]
        call = recorded[draw(f"call {purpose}", len(recorded))]
        price = self._rates[models[pick(f"model {purpose}", MODEL_WEIGHTS)]]
        product = FEATURE_OF_SERVICE[service]
        quantities = {
            "input": Decimal(call.context_tokens * bundle.calls),
            "output": Decimal(call.generated_tokens * bundle.calls),
        }
        items = [
            Item(f"{product}.{name}", quantity, {"model": price.model})
            for name, quantity in quantities.items()
        ]
        expected = sum(
            (
                quantity * tokens_a_price(price.costs[name]) / UNITS_A_PRICE
                for name, quantity in quantities.items()
            ),
            Decimal(0),
        )
        if (
            service == "code"
            and bundle.at >= self.now - timedelta(days=client.reviews)
            and bundle.calls >= CALLS_A_REVIEW
        ):
            reviews = Decimal(bundle.calls // CALLS_A_REVIEW)
            items.append(Item(REVIEW, reviews, {}))
            expected += reviews * REVIEW_TOKENS
        people = client.users()
        user, team = people[draw(f"user {purpose}", len(people))]
        subject = {"user": user, "team": team}
        return Usage(client, bundle.at, bundle.place, bundle.calls, product, tuple(items), subject, expected)
