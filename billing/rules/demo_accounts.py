"""The demo's thirty customers, largest first: what they were given before the hour, and what happens at zero.

Their traffic is real (see `demo_traffic`); names, grants and policies are made up so that the hour shows every kind:
customers who stay within what they bought, who are refused, who run into overage with and without a limit, whose trial
ends in the middle of the hour, and whose promotion is good for one product.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

UNIT_COST = Decimal("0.01")  # US dollars paid for a purchased token: the list price


@dataclass(frozen=True)
class DemoGrant:
    """A grant; its instants count from the beginning of the demo's hour."""

    kind: str
    tokens: Decimal
    starts: timedelta
    ends: timedelta | None = None
    priority: int = 50
    products: tuple[str, ...] = ()  # of `demo_catalogue.PRODUCTS`; none: good for all
    unit_cost: Decimal | None = None


@dataclass(frozen=True)
class DemoAccount:
    """A customer. `overage_limit`: tokens beyond the grants; 0 refuses (block), None never refuses."""

    reference: str
    name: str
    overage_limit: Decimal | None
    grants: tuple[DemoGrant, ...]


def bought(tokens: str, *, days_ago: int = 20) -> DemoGrant:
    return DemoGrant("purchase", Decimal(tokens), -timedelta(days=days_ago), unit_cost=UNIT_COST)


def trial(tokens: str, *, ends: timedelta = timedelta(days=9)) -> DemoGrant:
    return DemoGrant("trial", Decimal(tokens), -timedelta(days=5), ends, priority=20)


def promo(tokens: str, product: str) -> DemoGrant:
    ends = timedelta(days=21)
    return DemoGrant("promo", Decimal(tokens), -timedelta(days=10), ends, priority=30, products=(product,))


def included(tokens: str) -> DemoGrant:
    return DemoGrant("included", Decimal(tokens), -timedelta(days=12), timedelta(days=18), priority=40)


MID_HOUR = timedelta(minutes=30)
NONE = Decimal(0)

ACCOUNTS = (
    DemoAccount("aldgate-analytics", "Aldgate Analytics", Decimal(500), (included("200"), bought("1000"))),
    DemoAccount(
        "borealis-bank",
        "Borealis Bank",
        None,
        (promo("400", "conversation"), bought("2500"), bought("500", days_ago=3)),
    ),
    DemoAccount("cobalt-care", "Cobalt Care", NONE, (trial("50"), bought("600"))),
    DemoAccount("driftwood-media", "Driftwood Media", NONE, (bought("1200"),)),
    DemoAccount("eastgate-energy", "Eastgate Energy", Decimal(100), (included("150"), bought("500"))),
    DemoAccount("fernhill-foods", "Fernhill Foods", Decimal(250), (bought("900"), promo("120", "code"))),
    DemoAccount("granite-games", "Granite Games", NONE, (trial("300", ends=MID_HOUR), bought("350"))),
    DemoAccount("harbour-health", "Harbour Health", NONE, (included("100"), bought("200"))),
    DemoAccount("ironbridge-legal", "Ironbridge Legal", NONE, (trial("25"),)),
    DemoAccount(
        "juniper-labs", "Juniper Labs", NONE, (trial("60"), promo("40", "conversation"), bought("50"))
    ),
    DemoAccount("kestrel-logistics", "Kestrel Logistics", Decimal(50), (bought("120"),)),
    DemoAccount("lantern-learning", "Lantern Learning", None, (included("40"),)),
    DemoAccount("meridian-motors", "Meridian Motors", NONE, (bought("30"),)),
    DemoAccount("northwind-news", "Northwind News", NONE, (promo("50", "conversation"),)),
    DemoAccount("orchard-insurance", "Orchard Insurance", NONE, (trial("40", ends=MID_HOUR),)),
    DemoAccount("pinecrest-pharma", "Pinecrest Pharma", Decimal(10), (trial("5"), bought("10"))),
    DemoAccount("quayside-quant", "Quayside Quant", None, (bought("20"), promo("10", "code"))),
    DemoAccount("redwood-realty", "Redwood Realty", NONE, (included("25"),)),
    DemoAccount("saltmarsh-studios", "Saltmarsh Studios", NONE, (trial("20"),)),
    DemoAccount("tidewater-travel", "Tidewater Travel", NONE, (bought("10"),)),
    DemoAccount("umber-utilities", "Umber Utilities", Decimal(5), (trial("10"), included("5"))),
    DemoAccount(
        "vantage-ventures", "Vantage Ventures", NONE, (promo("5", "conversation"), promo("5", "code"))
    ),
    DemoAccount("willow-works", "Willow Works", NONE, (bought("30"),)),
    DemoAccount("xenon-x-ray", "Xenon X-Ray", Decimal(20), (trial("12", ends=MID_HOUR),)),
    DemoAccount("yarrow-yachts", "Yarrow Yachts", NONE, (trial("10"),)),
    DemoAccount("zephyr-zoology", "Zephyr Zoology", None, ()),
    DemoAccount("amber-academy", "Amber Academy", NONE, (promo("10", "conversation"),)),
    DemoAccount("birch-broadcast", "Birch Broadcast", NONE, (bought("5"),)),
    DemoAccount("cedar-civic", "Cedar Civic", NONE, ()),
    DemoAccount("dune-design", "Dune Design", Decimal(2), (included("8"),)),
)
