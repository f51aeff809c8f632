"""What the demo's customers buy, and what they use of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal

from billing.models import TopUpRule
from billing.rules import demo_commerce as facts
from billing.rules.demo_commerce import ATLAS, BROOK, BUYERS, DAWN, DemoBuyer
from billing.rules.orders import LineAsked, OrderAsked
from billing.rules.top_ups import RuleAsked
from billing.services import ordering, top_up_rules, top_ups
from billing.services.demo_town import BY, DAY, HOUR, REASON, Town
from config.kernel.errors import InsufficientTokens
from config.kernel.fingerprints import fingerprint_of
from usage.rules.orders import DebitOrder, Item
from usage.services import metering
from usage.services.authors import Author


def buy(town: Town) -> None:
    """Atlas packs, and more of them by a rule; Brook a plan; Dawn a pack."""
    chronicle, pack = town.chronicle, "tokens-10000"
    chronicle.at(town.day(0, 2), _bought(town, ATLAS, "DEMO-1001", LineAsked(pack)))
    chronicle.at(
        town.day(1, 1), _bought(town, ATLAS, "DEMO-1001", LineAsked(pack, quantity=Decimal(2)), version=2)
    )
    chronicle.at(town.day(0, 3), _bought(town, BROOK, "DEMO-1002", LineAsked("team-monthly")))
    chronicle.at(town.ago(10), _bought(town, DAWN, "DEMO-1003", LineAsked("tokens-1000")))
    _tops_up(town, town.day(1, 14))


def _bought(
    town: Town, buyer: DemoBuyer, name: str, line: LineAsked, *, version: int = 1
) -> Callable[[datetime], object]:
    asked = OrderAsked(
        external_id=name,
        account=town.accounts[buyer].reference,
        lines=[line],
        fingerprint=fingerprint_of((name, version, line)),
        by=BY,
        version=version,
        reason=REASON,
    )
    return lambda moment: ordering.place(asked, now=moment)


def _tops_up(town: Town, begins: datetime) -> None:
    """Let Atlas buy packs of a thousand by a rule, and see to it each morning from then on."""
    account_id = town.accounts[ATLAS].pk
    asked = RuleAsked(
        threshold=Decimal(2000),
        fill_to=Decimal(6000),
        sku="tokens-1000",
        most=5,
        window="month",
    )

    def begin(moment: datetime) -> None:
        top_up_rules.set_rule(account_id=account_id, asked=asked, author=Author(BY, REASON), now=moment)

    def see_to_it(moment: datetime) -> None:
        rule = TopUpRule.objects.get(account=account_id)
        top_ups.top_up(account_id=account_id, rule_id=rule.pk, now=moment)

    town.chronicle.at(begins, begin)
    for days in range((town.now - begins).days):
        town.chronicle.at(begins + days * DAY + HOUR, see_to_it)


def use(town: Town) -> None:
    """Charge each batch of renders when it was done."""
    since = {
        buyer: town.months[month] + days * DAY + 10 * HOUR
        for buyer in BUYERS
        for month, days in [buyer.starts]
    }
    for buyer, begins in since.items():
        for moment, renders in facts.batches(buyer, begins, town.now):
            town.chronicle.at(moment, rendered(town, buyer, renders))


def rendered(town: Town, buyer: DemoBuyer, renders: Decimal) -> Callable[[datetime], object]:
    """Charges renders to a customer, at most once an instant; where the tokens are gone they are refused."""
    reference, feature = town.accounts[buyer].reference, f"{facts.PRODUCT}.render"
    key = town.keys[facts.PRODUCT]

    def render(moment: datetime) -> None:
        name = f"demo-{reference}-{moment:%Y%m%d%H%M}"
        order = DebitOrder(
            account=reference,
            product_id=key.product_id,
            api_key_id=key.pk,
            key=name,
            fingerprint=fingerprint_of(name),
            items=(Item(feature, renders, {}),),
            occurred_at=moment,
            received_at=moment,
            now=moment,
        )
        with suppress(InsufficientTokens):
            metering.charge(order)

    return render
