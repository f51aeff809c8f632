"""The demo's customers who buy: what they are sold, and how much of it they use on which days. All of it is made up.

Their months are counted from the calendar month two before the present one, so that one month is over and closed, one
is over and to be invoiced, and one is under way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from config.kernel.utc import month_of

PRODUCT, TABLE = "studio", "studio"
OVERAGE_PRICE = Decimal("0.012")  # US dollars for a token beyond the grants
SATURDAY = 5
# Renders of a day's two batches, by the day of the year: busy and quiet days, the same in every demo.
RHYTHM = ((6, 3), (4, 5), (7, 2), (3, 3), (5, 6), (2, 4), (8, 4))
HOURS = (9, 14)

RATES = (
    "product,feature,name,unit,tokens,per,interval,heartbeat,refund_unused,cost,cost_currency\n"
    "studio,studio.render,Studio: render,image,12,1,,,,0.05,USD\n"
    "studio,studio.search,Studio: search,search,0.5,1,,,,0.001,USD\n"
    "studio,studio.desk,Studio: desk,interval,6,1,PT1H,PT15M,prorata,,\n"
)


@dataclass(frozen=True)
class DemoBuyer:
    """A customer. busy: times the day's rhythm in renders; 0 uses nothing. starts: months and days after the first."""

    reference: str
    name: str
    address: str
    busy: int = 0
    starts: tuple[int, int] = (0, 2)


ATLAS = DemoBuyer("atlas-agency", "Atlas Agency", "4 Tower Street\nBristol BS1 2AB", busy=5)
BROOK = DemoBuyer("brook-bakery", "Brook Bakery", "Mühlgasse 7\n80331 München", busy=2, starts=(0, 3))
CLIFF = DemoBuyer("cliff-clinic", "Cliff Clinic", "12 Rue du Port\n69002 Lyon", busy=8, starts=(1, 1))
DAWN = DemoBuyer("dawn-dairy", "Dawn Dairy", "Dairy Lane 1\nCork T12 X0A1", busy=1, starts=(2, 0))
EMBER = DemoBuyer("ember-events", "Ember Events", "Rua Nova 30\n4050-440 Porto")
FJORD = DemoBuyer("fjord-film", "Fjord Film", "Strandgaten 5\n5013 Bergen")
GROVE = DemoBuyer("grove-gym", "Grove Gym", "88 Elm Avenue\nLeeds LS1 4AP")
HERON = DemoBuyer("heron-hotels", "Heron Hotels", "Kai 9\n20457 Hamburg")

BUYERS = (ATLAS, BROOK, CLIFF, DAWN, EMBER, FJORD, GROVE, HERON)


def months_of(now: datetime) -> tuple[datetime, datetime, datetime]:
    """When the month two before the present one, the one before and the present one began, in UTC."""
    present = month_of(now)
    last = (present - timedelta(days=1)).replace(day=1)
    return (last - timedelta(days=1)).replace(day=1), last, present


def batches(buyer: DemoBuyer, since: datetime, until: datetime) -> Iterator[tuple[datetime, Decimal]]:
    """When and how much a customer renders on working days."""
    for day in _working_days(since, until):
        rhythm = RHYTHM[day.timetuple().tm_yday % len(RHYTHM)]
        for hour, renders in zip(HOURS, rhythm, strict=True):
            moment = datetime(day.year, day.month, day.day, hour, 20 + len(buyer.name), tzinfo=UTC)
            if buyer.busy and since <= moment < until:
                yield moment, Decimal(renders * buyer.busy)


def _working_days(since: datetime, until: datetime) -> Iterator[date]:
    day = since.date()
    while day <= until.date():
        if day.weekday() < SATURDAY:
            yield day
        day += timedelta(days=1)
