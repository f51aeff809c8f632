"""What keeps items from being charged to anybody, whatever their account."""

from __future__ import annotations

from collections.abc import Sequence

from usage.tests.model.costs import WORTHS, currency_of
from usage.tests.model.facts import Item
from usage.tests.model.prices import OwnPrice, Version, prices
from usage.tests.model.world import World


def faults_of(
    world: World,
    product: str,
    items: Sequence[Item],
    own: Sequence[OwnPrice | None],
    version: Version | None,
) -> list[str]:
    """What keeps these items from being charged to anybody."""
    faults = ["unknown_feature" for item in items if item.feature not in world.features]
    faults += ["forbidden" for item in items if world.features.get(item.feature, product) != product]
    faults += ["unknown_reference" for item in items if currency_of(item) not in (None, *WORTHS)]
    faults += ["invalid_request" for item in items if not _is_sold_so(world, item)]
    known = [each for each in zip(items, own, strict=True) if each[0].feature in world.features]
    if any(not _has_price(version, item, price) for item, price in known):
        faults.append("no_rate")
    return faults


def _is_sold_so(world: World, item: Item) -> bool:
    """What opens features is sold by whole periods, a hundred at once at most."""
    return item.feature not in world.unlocks or (item.quantity % 1 == 0 and item.quantity <= 100)


def _has_price(version: Version | None, item: Item, own: OwnPrice | None) -> bool:
    carried = dict(item.dimensions)
    rate = version.rate_for(item.feature, carried) if version else None
    return rate is not None and prices(rate, item.quantity, carried, own)
