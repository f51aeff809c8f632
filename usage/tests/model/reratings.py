"""Charging a story's usage anew at other prices, the plain way: as if they had charged it at first."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from usage.tests.model.grants import ZERO
from usage.tests.model.prices import Rate, charge, prices
from usage.tests.model.rehearsal_deeds import GiveBack, Spend
from usage.tests.model.rehearsals import Counts, Paid, Story, is_told, version_of


def is_charged_anew(told: Story, rates: Sequence[Rate], place: int) -> bool:
    """Whether a re-rating by these prices is of the deed: usage that stands, all of which they price."""
    spend, version = told.deeds[place][1], version_of(rates)
    if not isinstance(spend, Spend) or not is_told(told, place):
        return False
    for item, own in zip(spend.items, told.standings[place].own, strict=True):
        rate = version.rate_for(item.feature, dict(item.dimensions))
        if rate is None or not prices(rate, item.quantity, dict(item.dimensions), own):
            return False
    return True


def rerated(told: Story, rates: Sequence[Rate]) -> dict[int, list[Decimal]]:
    """Tokens of each line, by place of the spend, had these prices charged it: each in its place in its month."""
    anew = {place for place, _ in enumerate(told.deeds) if is_charged_anew(told, rates, place)}
    paid, counts = Paid(told, rates, anew), Counts()
    found: dict[int, list[Decimal]] = {}
    for place, (_, deed) in enumerate(told.deeds):
        if isinstance(deed, GiveBack) and deed.share is None:
            spend = told.deeds[deed.spend][1]
            assert isinstance(spend, Spend)
            for item in spend.items:
                counts.add(spend, item, paid.by(deed.spend, item), -1)
        if isinstance(deed, Spend):
            for item, own in zip(deed.items, told.standings[place].own, strict=True):
                rate = paid.by(place, item)
                counted = counts.before(deed, item, rate) if rate else ZERO
                counts.add(deed, item, rate)
                if place in anew and rate is not None:
                    tokens = charge(rate, item.quantity, counted, dict(item.dimensions), own)
                    found.setdefault(place, []).append(tokens)
    return found
