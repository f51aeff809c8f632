"""What a job would cost an account: the usage that it has a price for, and what the hot path would say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from config.kernel.errors import NoRate
from pricing.models import Feature
from usage.queries.pricelists import price_list
from wallets.models import Account

MOST_CHOICES = 500


@dataclass(frozen=True, slots=True)
class Priced:
    """Usage that has a price. code: stands for it in a form. unit: what one of the quantity is."""

    code: str
    feature: str
    product_id: int
    name: str
    unit: str
    dimensions: Mapping[str, str]

    @property
    def label(self) -> str:
        said = ", ".join(f"{name} {value}" for name, value in sorted(self.dimensions.items()))
        return f"{self.name} ({said})" if said else self.name


@dataclass(frozen=True, slots=True)
class JobLine:
    """So much of a priced usage."""

    priced: Priced
    quantity: Decimal


def priced_for(account: Account, now: datetime) -> Sequence[Priced]:
    """The usage that the account has a price for now, by name; of a pattern each feature that it matches."""
    try:
        rows = price_list(account.reference, now).rows
    except NoRate:
        return []
    features = list(Feature.objects.order_by("code"))
    found = {each.code: each for row in rows for each in _of_row(row, features)}
    return sorted(found.values(), key=lambda each: each.label)[:MOST_CHOICES]


def _of_row(row: Mapping[str, object], features: Sequence[Feature]) -> Iterator[Priced]:
    pattern, dimensions = str(row["feature"]), dict(row["dimensions"])  # type: ignore[call-overload]
    for each in features:
        is_meant = each.code.startswith(pattern[:-1]) if pattern.endswith("*") else each.code == pattern
        if is_meant:
            said = "&".join(f"{name}={value}" for name, value in sorted(dimensions.items()))
            yield Priced(
                f"{each.code}?{said}",
                each.code,
                each.product_id,
                each.name or each.code,
                each.unit,
                dimensions,
            )
