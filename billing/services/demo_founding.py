"""How the demo begins: its prices, what it sells, its staff and its customers, as of the first of its days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import Group, User

from billing.models import Offer
from billing.rules import demo_commerce as facts
from billing.rules.demo_catalogue import ModelPrice, cost_components
from billing.rules.demo_clients import Client
from billing.rules.demo_commerce import BUYERS, DemoBuyer
from billing.rules.demo_prices import EDITIONS, Edition, edition_csv
from billing.rules.offers import Snapshot
from billing.services import buyers, catalogue
from billing.services.buyers import BuyerWish
from billing.services.demo_town import BY, DAY, MANAGER, REASON, STAFF, Chronicle, Town
from pricing.models import Product, RateTable
from pricing.services import catalogue as price_catalogue
from pricing.services import importing, publishing
from usage.models import ApiKey
from usage.rules.enrolment import Enrolment
from usage.services import keys, partitions, terms
from usage.services.authors import Author
from wallets.models import Account, TokenUnit

TABLE = "standard"
DAYS = 90


def is_empty() -> bool:
    """Whether nobody has made an account, a product, a price list or an offer here."""
    return not any(model.objects.exists() for model in (Account, Product, RateTable, Offer))


def begins_at(now: datetime) -> datetime:
    return min(facts.months_of(now)[0], now - (DAYS + 1) * DAY)


def found(
    offers: Sequence[Snapshot], prices: Sequence[ModelPrice], clients: Sequence[Client], now: datetime
) -> Town:
    """Publish the first prices, put the offers up, and enrol everybody."""
    since, months = begins_at(now), facts.months_of(now)
    partitions.make_ahead(since)
    _publish(facts.TABLE, facts.RATES, since, "Prices of the studio")
    publish_edition(EDITIONS[0], prices, since)
    price_catalogue.say_cost_components(cost_components(prices), reason=REASON)
    terms.adopt_first_table(RateTable.objects.get(code=TABLE).pk)
    people = {name: _employed(name, group) for name, group in STAFF.items()}
    for offer in offers:
        catalogue.put(offer, user=people[MANAGER], reason=REASON)
    accounts = {buyer: _bought(buyer, since) for buyer in BUYERS}
    enrolled = {client.reference: _enrolled(client, since) for client in clients}
    issued = {product: _key(product) for product in (facts.PRODUCT, "conversation", "code")}
    return Town(now, since, months, accounts, enrolled, people, issued, Chronicle())


def publish_edition(edition: Edition, prices: Sequence[ModelPrice], moment: datetime) -> None:
    """Publish a version of the price list, or announce it for later."""
    starts_at = moment + edition.begins * DAY if edition.begins else None
    _publish(TABLE, edition_csv(edition, prices), moment, edition.reason, starts_at)


def _publish(
    table: str, rates: str, moment: datetime, reason: str, starts_at: datetime | None = None
) -> None:
    unit = TokenUnit.objects.get(is_default=True)
    imported = importing.import_rates(importing.Order(table, rates, unit.code), reason=reason)
    assert imported.version is not None
    publishing.publish(version=imported.version, effective_from=starts_at, reason=reason, moment=moment)


def _key(product: str) -> ApiKey:
    scopes = [ApiKey.Scope.DEBIT, ApiKey.Scope.EVENTS]
    return keys.create(product_code=product, scopes=scopes, name="Demo", reason=REASON).key


def _employed(name: str, group: str) -> User:
    """Somebody of the staff; without a password nobody signs in by this name."""
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def _bought(buyer: DemoBuyer, moment: datetime) -> Account:
    asked = Enrolment(name=buyer.name, rate_table=facts.TABLE)
    return _account(buyer.reference, asked, BuyerWish(buyer.name, buyer.address), moment)


def _enrolled(client: Client, moment: datetime) -> Account:
    asked = Enrolment(name=client.name, rate_table=TABLE, time_zone=client.zone)
    wish = BuyerWish(client.name, f"1 Example Road\n{client.zone.rpartition('/')[2].replace('_', ' ')}")
    return _account(client.reference, asked, wish, moment)


def _account(reference: str, asked: Enrolment, wish: BuyerWish, moment: datetime) -> Account:
    terms.enrol(reference=reference, asked=asked, author=Author(BY, REASON), now=moment)
    account = Account.objects.get(reference=reference)
    buyers.describe(customer_id=account.pk, wish=wish, reason=REASON)
    return account
