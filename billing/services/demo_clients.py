"""The demo's customers with real traffic: what they buy, their trials, and prices and limits of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from billing.models import Trial, TrialOffer
from billing.queries.trials import unnoted
from billing.rules import demo_clients as facts
from billing.rules.demo_clients import Client, Deal
from billing.rules.demo_deals import Purchase, packs_for, purchases
from billing.rules.demo_usage import Usage
from billing.rules.orders import LineAsked, OrderAsked
from billing.rules.trial_orders import TrialOrder
from billing.services import entitlements, ordering, seller_allowances, trial_life, trials
from billing.services.demo_charging import Cashier
from billing.services.demo_town import BY, DAY, HOUR, MANAGER, REASON, THIRD_SELLER, Town
from config.kernel.fingerprints import fingerprint_of
from config.kernel.signing import signed
from usage.services import limiting, observing, own_prices
from usage.services.authors import Author
from usage.services.limiting import BudgetOrder
from usage.services.own_prices import OwnPriceOrder
from wallets.models import Account, TokenUnit

SELLERS_MONTH = Decimal(500)
LASTS_DAYS = 4
"""How long what the customer who runs out soon has left is to last."""
NIGHT = HOUR / 2


def trade(town: Town, clients: Sequence[Client], traffic: Sequence[Usage]) -> None:
    """Plan what each of them buys, and the trials of those who came with one."""
    offers = _offered(town)
    for client in clients:
        used = [each for each in traffic if each.client == client]
        came_at = town.ago(client.days[0], 0) + HOUR
        if client.deal is Deal.TRIAL:
            town.chronicle.at(came_at, _issues(town, client, offers[client.days[0] % 2]))
        bought = list(purchases(client, used, came_at, town.now))
        for number, purchase in enumerate(bought, start=1):
            town.chronicle.at(purchase.at, _buys(town, client, purchase, number))
        if client.deal is Deal.TRIAL and bought:
            town.chronicle.at(bought[0].at + HOUR, _converts(town, client))
        if client.reference == facts.SEATED:
            more = Purchase(came_at + 30 * DAY, "code-seat-monthly", Decimal(1))
            town.chronicle.at(more.at, _buys(town, client, more, 90))


def tend(town: Town) -> None:
    """Plan what jobs do by night: what orders give next, what expires, which trials were used first."""
    moment = town.since + NIGHT
    while moment < town.now:
        town.chronicle.at(moment, _by_night)
        moment += DAY


def _by_night(moment: datetime) -> None:
    entitlements.work_due(now=moment)
    observing.expire_due(now=moment)
    for trial_id in unnoted(moment):
        trial_life.note_first_use(trial_id)


def limit(town: Town, traffic: Sequence[Usage]) -> None:
    """Plan a lower price of one's own, a hard budget of a team and a soft one of an account."""
    if account := town.clients.get(facts.BUDGETED):
        team = BudgetOrder(
            "research",
            "month",
            _of_a_month(facts.BUDGETED, traffic) * Decimal("0.2"),
            is_hard=True,
            subject={"team": "research"},
        )
        town.chronicle.at(town.ago(60), _budgets(town, account, team))
    if account := town.clients.get(facts.DISCOUNTED):
        whole = BudgetOrder(
            "whole-account", "month", _of_a_month(facts.DISCOUNTED, traffic) * Decimal("0.9"), is_hard=False
        )
        town.chronicle.at(town.ago(60), _budgets(town, account, whole))
        town.chronicle.at(town.ago(75), _gives_less(town, account))


def _of_a_month(reference: str, traffic: Sequence[Usage]) -> Decimal:
    """Tokens, in tens: a third of what it uses in all, and something where it uses nothing."""
    used = sum((each.expected for each in traffic if each.client.reference == reference), Decimal(0))
    return (used / 30).quantize(Decimal(1)) * 10 + 10


def _budgets(town: Town, account: Account, order: BudgetOrder) -> Callable[[datetime], object]:
    author = Author.of(town.people[MANAGER], REASON)
    return lambda moment: limiting.open_budget(account_id=account.pk, order=order, author=author, now=moment)


def _gives_less(town: Town, account: Account) -> Callable[[datetime], object]:
    own = OwnPriceOrder("conversation.*", "multiplier", factor=Decimal("0.9"))
    author = Author.of(town.people[MANAGER], REASON)
    return lambda moment: own_prices.override(account_id=account.pk, order=own, author=author, now=moment)


def run_out_soon(town: Town, clients: Sequence[Client], traffic: Sequence[Usage], cashier: Cashier) -> None:
    """Plan that one customer buys so much two days ago that it lasts for some days only."""
    client = next((each for each in clients if each.reference == facts.SOON_OUT), None)
    if client is None:
        return
    since = town.ago(12)
    a_day = (
        sum((each.expected for each in traffic if each.client == client and each.at >= since), Decimal(0))
        / 12
    )

    def buy(moment: datetime) -> None:
        wanting = a_day * (LASTS_DAYS + 2) - cashier.left.get(client.reference, Decimal(0))
        if wanting > 0:
            _buys(town, client, packs_for(wanting, moment), 99)(moment)

    town.chronicle.at(town.ago(2), buy)


def _buys(town: Town, client: Client, purchase: Purchase, number: int) -> Callable[[datetime], object]:
    asked = OrderAsked(
        external_id=f"{client.reference}-{number}",
        account=town.clients[client.reference].reference,
        lines=[LineAsked(purchase.sku, quantity=purchase.quantity)],
        fingerprint=fingerprint_of(purchase),
        by=BY,
        reason=REASON,
    )
    return lambda moment: ordering.place(asked, now=moment)


def _offered(town: Town) -> tuple[TrialOffer, TrialOffer]:
    manager, unit = town.people[MANAGER], TokenUnit.objects.get(is_default=True)
    chat = TrialOffer(name="Chat trial", tokens=Decimal(40), unit=unit, days=21, extension_days=7)
    taster = TrialOffer(name="Taster", tokens=Decimal(8), unit=unit, days=14)
    for offer in (chat, taster):
        signed(offer, manager, REASON).save()
    seller_allowances.allow(
        seller=town.people[THIRD_SELLER], unit_id=unit.pk, tokens=SELLERS_MONTH, reason=REASON, user=manager
    )
    return chat, taster


def _issues(town: Town, client: Client, offer: TrialOffer) -> Callable[[datetime], object]:
    def issue(moment: datetime) -> None:
        order = TrialOrder(
            client.reference,
            offer.pk,
            "They would see it with their own questions.",
            f"OPP-{client.reference}",
            now=moment,
        )
        trials.issue(order=order, key=f"demo-{client.reference}", seller=town.people[THIRD_SELLER])

    return issue


def _converts(town: Town, client: Client) -> Callable[[datetime], object]:
    def convert(moment: datetime) -> None:
        trial = Trial.objects.get(customer=town.clients[client.reference])
        seller = town.people[THIRD_SELLER]
        purchase = f"{client.reference}-1"
        trial_life.convert(trial_id=trial.pk, user=seller, is_kept=True, purchase=purchase, now=moment)

    return convert
