"""The demo's trials: of every fate one, by two sellers of whom each may issue so much a month."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing.models import Trial, TrialOffer
from billing.rules.demo_commerce import DAWN, EMBER, FJORD, GROVE, HERON, DemoBuyer
from billing.rules.trial_orders import TrialOrder
from billing.services import demo_customers, seller_allowances, trial_life, trials
from billing.services.demo_town import MANAGER, REASON, SECOND_SELLER, SELLER, Town
from config.kernel.signing import signed
from wallets.models import TokenUnit


@dataclass(frozen=True)
class _Issue:
    """Who gives whom what, so many days ago."""

    buyer: DemoBuyer
    offer: TrialOffer
    seller: str
    days: int
    reason: str


def issue(town: Town) -> None:
    """Plan a trial that is converted, one that soon expires, one used up, one that waits for use, and a request."""
    pilot, large, first_steps = _offered(town)
    for each in (
        _Issue(DAWN, pilot, SELLER, 20, "They want to see it with their own pictures."),
        _Issue(EMBER, pilot, SELLER, 27, "For the fair."),
        _Issue(FJORD, pilot, SECOND_SELLER, 16, "A film in November."),
        _Issue(GROVE, first_steps, SECOND_SELLER, 3, "Asked on the web page."),
        _Issue(HERON, large, SECOND_SELLER, 1, "Six hotels would try it at once."),
    ):
        town.chronicle.at(town.ago(each.days), _issued(town, each))
    for buyer, days, renders in ((DAWN, 19, 24), (EMBER, 20, 10), (FJORD, 15, 20), (FJORD, 13, 21)):
        town.chronicle.at(town.ago(days), demo_customers.rendered(town, buyer, Decimal(renders)))
    town.chronicle.at(town.ago(9), lambda moment: _converted(town, moment))


def _offered(town: Town) -> tuple[TrialOffer, TrialOffer, TrialOffer]:
    """Three offers, and what sellers may issue of them in a month."""
    manager, unit = town.people[MANAGER], TokenUnit.objects.get(is_default=True)
    pilot = TrialOffer(name="Pilot", tokens=Decimal(500), unit=unit, days=30, extension_days=14)
    large = TrialOffer(name="Large pilot", tokens=Decimal(5000), unit=unit, days=60)
    first_steps = TrialOffer(
        name="First steps",
        tokens=Decimal(200),
        unit=unit,
        days=14,
        starts=TrialOffer.Starts.FIRST_USE,
        activate_within=60,
    )
    for offer in (pilot, large, first_steps):
        signed(offer, manager, REASON).save()
    for name, tokens in ((SELLER, 3000), (SECOND_SELLER, 1000)):
        seller_allowances.allow(
            seller=town.people[name], unit_id=unit.pk, tokens=Decimal(tokens), reason=REASON, user=manager
        )
    return pilot, large, first_steps


def _issued(town: Town, each: _Issue) -> Callable[[datetime], object]:
    def issue(moment: datetime) -> None:
        order = TrialOrder(
            reference=town.accounts[each.buyer].reference,
            offer_id=each.offer.pk,
            reason=each.reason,
            opportunity=f"OPP-{each.buyer.reference}",
            now=moment,
        )
        trials.issue(order=order, key=f"demo-{each.buyer.reference}", seller=town.people[each.seller])

    return issue


def _converted(town: Town, moment: datetime) -> None:
    trial = Trial.objects.get(customer=town.accounts[DAWN])
    purchase = "DEMO-1003"
    trial_life.convert(
        trial_id=trial.pk, user=town.people[SELLER], is_kept=True, purchase=purchase, now=moment
    )
