"""The demo's forty-three customers, each with the traffic of one real organisation, largest first.

Their traffic is ServeGen's (see `demo_shape`); names, calendars and what they buy are made up, such that the pages have
everything to show: plans that fit, are too small and too large, packs that run out, trials of every fate.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from billing.rules.demo_traffic import draw

OFFICE, ALWAYS = Decimal("0.2"), Decimal(1)
"""Of a working day's traffic, so much falls on a Saturday or Sunday: the recording knows no week."""
TEAMS = ("research", "support", "sales", "platform", "design")
MOST_USERS = 14


class Deal(Enum):
    """How a customer comes by tokens."""

    PLAN = "a plan by the month, with overage"
    STRICT = "a plan by the month, refused beyond it"
    PACKS = "packs, once in thirty days"
    TRIAL = "a trial, and packs where it convinced"


@dataclass(frozen=True)
class Client:
    """A customer. fit: bought tokens against those that its traffic would come to; 0 buys nothing.

    days: how long ago it came, and how long ago its traffic ended. reviews: days ago that it took up the new feature.
    speaks: reports its minutes of voice as events. weekend: see `OFFICE`.
    """

    reference: str
    name: str
    zone: str
    deal: Deal
    fit: Decimal
    days: tuple[int, int] = (90, 0)
    weekend: Decimal = OFFICE
    code_share: int = 30  # of a hundred calls
    reviews: int = 0
    speaks: bool = False

    def users(self) -> tuple[tuple[str, str], ...]:
        """Its people, each with a team: references, no names."""
        count = 3 + draw(f"users of {self.reference}", MOST_USERS - 3)
        teams = TEAMS[: 2 + count // 5]
        return tuple((f"u-{place:02}", teams[place % len(teams)]) for place in range(1, count + 1))


def _plan(reference: str, name: str, zone: str, fit: str, **more: object) -> Client:
    return Client(reference, name, zone, Deal.PLAN, Decimal(fit), **more)  # type: ignore[arg-type]


def _strict(reference: str, name: str, zone: str, fit: str, **more: object) -> Client:
    return Client(reference, name, zone, Deal.STRICT, Decimal(fit), **more)  # type: ignore[arg-type]


def _packs(reference: str, name: str, zone: str, fit: str, **more: object) -> Client:
    return Client(reference, name, zone, Deal.PACKS, Decimal(fit), **more)  # type: ignore[arg-type]


def _trial(reference: str, name: str, zone: str, fit: str, came: int, went: int = 0) -> Client:
    return Client(reference, name, zone, Deal.TRIAL, Decimal(fit), (came, went))


UNUSED, SOON_OUT, PEAK = "fernhill-foods", "driftwood-media", "umber-utilities"
"""Of whom sixty per cent are left at renewal, who runs out within days, whose peak is many times its base."""
DISCOUNTED, BUDGETED, SEATED = "borealis-bank", "cobalt-care", "cobalt-care"
"""Who pays less by a price of its own, whose team has a budget, whose people take seats."""

CLIENTS = (
    _plan(
        "aldgate-analytics",
        "Aldgate Analytics",
        "Europe/London",
        "0.9",
        reviews=46,
        weekend=ALWAYS,
        speaks=True,
    ),
    _plan("borealis-bank", "Borealis Bank", "Europe/Stockholm", "1.1", reviews=30, code_share=60),
    _plan("cobalt-care", "Cobalt Care", "America/New_York", "0.8", speaks=True),
    _packs("driftwood-media", "Driftwood Media", "America/Los_Angeles", "0.97", reviews=40),
    _plan("eastgate-energy", "Eastgate Energy", "Asia/Singapore", "1.2", weekend=ALWAYS, code_share=10),
    _plan("fernhill-foods", "Fernhill Foods", "Europe/Paris", "2.5", speaks=True),
    _packs("granite-games", "Granite Games", "Asia/Tokyo", "1.3", weekend=ALWAYS, reviews=47, code_share=70),
    _plan("harbour-health", "Harbour Health", "Australia/Sydney", "1.0", reviews=21),
    _strict("ironbridge-legal", "Ironbridge Legal", "Europe/London", "0.7", code_share=5),
    _plan("juniper-labs", "Juniper Labs", "America/Chicago", "1.0", reviews=44, code_share=85),
    _packs("kestrel-logistics", "Kestrel Logistics", "Europe/Berlin", "1.1", speaks=True),
    _strict("lantern-learning", "Lantern Learning", "Asia/Kolkata", "0.85", weekend=ALWAYS),
    _plan("meridian-motors", "Meridian Motors", "Europe/Berlin", "1.3", reviews=35, code_share=50),
    _packs("northwind-news", "Northwind News", "America/New_York", "0.8", weekend=ALWAYS),
    _plan("orchard-insurance", "Orchard Insurance", "Europe/Zurich", "1.1", speaks=True),
    _packs("pinecrest-pharma", "Pinecrest Pharma", "Europe/Copenhagen", "1.2"),
    _plan("quayside-quant", "Quayside Quant", "Asia/Hong_Kong", "1.0", code_share=90, reviews=48),
    _strict("redwood-realty", "Redwood Realty", "America/Denver", "0.75"),
    _packs("saltmarsh-studios", "Saltmarsh Studios", "Europe/Lisbon", "1.4", reviews=12, code_share=40),
    _plan("tidewater-travel", "Tidewater Travel", "Asia/Dubai", "1.0", weekend=ALWAYS, speaks=True),
    _packs("umber-utilities", "Umber Utilities", "America/Sao_Paulo", "1.1"),
    _plan("vantage-ventures", "Vantage Ventures", "America/New_York", "1.2", reviews=26, code_share=55),
    _packs("willow-works", "Willow Works", "Europe/Dublin", "0.9", code_share=80, reviews=33),
    _packs("xenon-x-ray", "Xenon X-Ray", "Asia/Seoul", "1.2"),
    _packs("amber-academy", "Amber Academy", "America/Toronto", "1.2", weekend=ALWAYS),
    _packs("zephyr-zoology", "Zephyr Zoology", "Africa/Johannesburg", "1.1", weekend=ALWAYS),
    _packs("yarrow-yachts", "Yarrow Yachts", "Pacific/Auckland", "1.5"),
    _packs("birch-broadcast", "Birch Broadcast", "Europe/Oslo", "1.1"),
    _trial("cedar-civic", "Cedar Civic", "Europe/Helsinki", "1.2", 80),
    _trial("dune-design", "Dune Design", "Africa/Casablanca", "1.5", 74),
    _trial("elm-electric", "Elm Electric", "America/Vancouver", "0", 70, 40),
    _trial("flint-finance", "Flint Finance", "Europe/Amsterdam", "1.3", 63),
    _trial("garnet-garage", "Garnet Garage", "Europe/Rome", "0", 58, 30),
    _trial("hazel-hotels", "Hazel Hotels", "Asia/Bangkok", "1.2", 52),
    _trial("iris-imaging", "Iris Imaging", "Asia/Jerusalem", "0", 49, 44),
    _trial("jasper-justice", "Jasper Justice", "Europe/Vienna", "1.5", 45),
    _trial("kelp-kitchens", "Kelp Kitchens", "America/Halifax", "0", 38, 12),
    _trial("larch-labs", "Larch Labs", "Europe/Prague", "1.4", 33),
    _trial("maple-media", "Maple Media", "America/Montreal", "0", 27),
    _trial("nettle-networks", "Nettle Networks", "Europe/Warsaw", "0", 17),
    _trial("opal-optics", "Opal Optics", "Asia/Taipei", "0", 12),
    _trial("poplar-print", "Poplar Print", "Europe/Madrid", "0", 8),
    _trial("quartz-quarries", "Quartz Quarries", "Australia/Perth", "0", 3, 3),
)
