"""Features as entitlements show them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from config.kernel.errors import FieldError, UnknownFeature
from pricing.models import Feature
from usage.rules.entitlements import FeatureCard


def cards_after(code: str | None, limit: int) -> list[FeatureCard]:
    """At most `limit` features in the order of their codes, after the one whose code is given."""
    rows = Feature.objects.order_by("code")
    return _cards((rows if code is None else rows.filter(code__gt=code))[:limit])


def card_named(code: str) -> FeatureCard | None:
    """The feature of this code, None where there is none."""
    return next(iter(_cards(Feature.objects.coded([code]))), None)


def cards_named(codes: Sequence[str]) -> list[FeatureCard]:
    """The features of these codes, in their order.

    Raises UnknownFeature that names all there are not.
    """
    known = {card.code: card for card in _cards(Feature.objects.coded(codes))}
    faults = [
        FieldError(f"/features/{place}", "There is no such feature.")
        for place, code in enumerate(codes)
        if code not in known
    ]
    if faults:
        unknown = next(code for code in codes if code not in known)
        raise UnknownFeature(f"There is no feature {unknown}.", errors=faults)
    return [known[code] for code in codes]


def _cards(rows: QuerySet[Feature]) -> list[FeatureCard]:
    return [
        FeatureCard(*row)
        for row in rows.values_list("id", "code", "name", "unit", "product__code", "product_id")
    ]
