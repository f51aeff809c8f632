"""The demo's price list: what the models cost, turned into tokens by one stated rule."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, Inexact, localcontext

TOKEN_LIST_PRICE = Decimal("0.01")  # LIST_CURRENCY a customer pays for one token
LIST_CURRENCY = "USD"
MARKUP = Decimal("1.25")  # what a customer pays for a model, against what its vendor asks
UNITS_A_PRICE = 1_000_000  # prices are quoted for a million text tokens, as the vendors do
COST_CURRENCY = "USD"

PRODUCTS = {"conversation": "Conversation", "code": "Code assistant"}
# Each is named as lists of costs name the component that one quantity of it is.
FEATURES = {"input": "Input", "output": "Output", "cached_input": "Cached input"}

COLUMNS = (
    "product",
    "feature",
    "name",
    "unit",
    "tokens",
    "per",
    "dimension.model",
    "cost",
    "cost_currency",
)


@dataclass(frozen=True)
class ModelPrice:
    """US dollars for one text token of a model; a feature the vendor does not list has no entry."""

    vendor: str
    model: str
    costs: dict[str, Decimal]


def read_prices(text: str) -> tuple[ModelPrice, ...]:
    """Parse `model_prices.csv`."""
    return tuple(
        ModelPrice(row["vendor"], row["model"], {name: Decimal(row[name]) for name in FEATURES if row[name]})
        for row in csv.DictReader(io.StringIO(text))
    )


def tokens_a_price(cost: Decimal) -> Decimal:
    """Tokens for `UNITS_A_PRICE` units that cost us `cost` US dollars each: cost × markup ÷ list price, exactly."""
    with localcontext() as exact:
        exact.traps[Inexact] = True
        return cost * UNITS_A_PRICE * MARKUP / TOKEN_LIST_PRICE


def cost_components(prices: Iterable[ModelPrice], prefix: str = "") -> dict[str, str]:
    """Which cost of a model one quantity is, by the code of each feature that has a price."""
    priced = {feature for price in prices for feature in price.costs}
    return {
        f"{prefix}{product}.{feature}": feature
        for product in PRODUCTS
        for feature in FEATURES
        if feature in priced
    }


def rate_table_csv(prices: Iterable[ModelPrice], prefix: str = "") -> str:
    """The rate table as the file that `manage.py ratetable import` reads: every model under every product."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rate_rows(tuple(prices), prefix))
    return text.getvalue()


def rate_rows(prices: tuple[ModelPrice, ...], prefix: str) -> Iterator[tuple[str, ...]]:
    for product, product_name in PRODUCTS.items():
        for feature, feature_name in FEATURES.items():
            for price in prices:
                if feature in price.costs:
                    cost = price.costs[feature]
                    yield (
                        f"{prefix}{product}",
                        f"{prefix}{product}.{feature}",
                        f"{product_name}: {feature_name.lower()}",
                        "token",
                        f"{tokens_a_price(cost).normalize():f}",
                        str(UNITS_A_PRICE),
                        price.model,
                        f"{cost:f}",
                        COST_CURRENCY,
                    )
