"""The features and currencies that a request names, by their identities."""

from collections.abc import Sequence
from dataclasses import replace

from config.kernel.errors import FieldError, Forbidden, UnknownFeature, UnknownReference
from pricing.queries.pricebook import PriceBook, pricebook
from usage.queries.standings import Standings, standings
from usage.rules.orders import Item, OwnCost


def identified(product_id: int, items: Sequence[Item]) -> list[tuple[Item, int]]:
    """The items with the identities of their features, and the currency of what they say that they cost.

    Raises UnknownFeature, Forbidden, UnknownReference.
    """
    book, known = pricebook(), standings()
    feature_ids = [_feature_id(book, product_id, place, item) for place, item in enumerate(items)]
    priceable = [
        _in_known_currency(known, place, item) if item.cost else item for place, item in enumerate(items)
    ]
    return list(zip(priceable, feature_ids, strict=True))


def _feature_id(book: PriceBook, product_id: int, place: int, item: Item) -> int:
    card = book.feature(item.feature)
    if card is None:
        fault = FieldError(f"/items/{place}/feature", "There is no such feature.")
        raise UnknownFeature(f"There is no feature {item.feature}.", errors=[fault])
    if card.product_id != product_id:
        fault = FieldError(f"/items/{place}/feature", "The feature belongs to another product.")
        raise Forbidden(
            f"The feature {item.feature} belongs to another product than this key.", errors=[fault]
        )
    return card.id


def _in_known_currency(known: Standings, place: int, item: Item) -> Item:
    """An item that says what it cost, with the code of the currency."""
    assert item.cost is not None
    code = known.currency(item.cost.currency)
    if code is None:
        fault = FieldError(f"/items/{place}/currency", "There is no such currency.")
        name = item.cost.currency or "to report in"
        raise UnknownReference(f"There is no currency {name}.", errors=[fault])
    return replace(item, cost=OwnCost(item.cost.amount, code))
