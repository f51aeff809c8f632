"""The demo's months of commerce: what was offered, bought, used, invoiced and tried, each as of its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.contrib.auth.models import Group, User
from django.db import transaction

from billing.models import AccountingPeriod, Offer
from billing.queries.revenue import next_to_close
from billing.rules import demo_commerce as facts
from billing.rules.demo_commerce import BUYERS, DemoBuyer
from billing.rules.offers import Snapshot
from billing.services import (
    buyers,
    catalogue,
    demo_customers,
    demo_finance,
    demo_quotations,
    demo_trials,
    periods,
    recognising,
)
from billing.services.buyers import BuyerWish
from billing.services.demo_town import BY, FINANCE, MANAGER, REASON, STAFF, Chronicle, Town
from config.kernel.signing import dated
from pricing.models import Product
from pricing.services import importing, publishing
from usage.models import ApiKey
from usage.rules.enrolment import Enrolment
from usage.services import keys, terms
from usage.services.authors import Author
from wallets.models import Account, TokenUnit


def load(offers: Sequence[Snapshot], *, prefix: str, now: datetime) -> str:
    """Load the months of commerce, once, under names with this prefix; answers what was done, in a sentence.

    Where books are closed nothing may be booked before, and where somebody has one of its names it stays theirs: then
    nothing is loaded.
    """
    if Offer.history.filter(code=f"{prefix}{offers[0].code}", history_change_reason=REASON).exists():
        return "Found the months of commerce."
    if AccountingPeriod.objects.closed().exists():
        return "Left out the months of commerce: books are closed here."
    if _are_taken(offers, prefix):
        return "Left out the months of commerce: somebody uses its names."
    with transaction.atomic():
        with dated(facts.months_of(now)[0]):
            town = _founded(offers, prefix, now)
            for plan in (
                demo_customers.buy,
                demo_customers.use,
                demo_quotations.quote,
                demo_trials.issue,
                demo_finance.invoice,
            ):
                plan(town)
        town.chronicle.tell(now)
        keys.revoke(prefix=town.key.prefix, reason=REASON)
    _close_first_month(town)
    return f"Loaded {len(BUYERS)} customers who buy, since {town.months[0]:%B %Y}."


def _are_taken(offers: Sequence[Snapshot], prefix: str) -> bool:
    return (
        Offer.objects.filter(code__in=[f"{prefix}{offer.code}" for offer in offers]).exists()
        or Product.objects.filter(code=f"{prefix}{facts.PRODUCT}").exists()
        or Account.objects.filter(reference__in=[f"{prefix}{buyer.reference}" for buyer in BUYERS]).exists()
        or User.objects.filter(username__in=[f"{prefix}{name}" for name in STAFF]).exists()
    )


def _founded(offers: Sequence[Snapshot], prefix: str, now: datetime) -> Town:
    """Prices, catalogue, people and customers, since the first of the months."""
    months = facts.months_of(now)
    unit = TokenUnit.objects.get(is_default=True)
    order = importing.Order(f"{prefix}{facts.TABLE}", facts.RATES.format(prefix), unit.code)
    imported = importing.import_rates(order, reason=REASON)
    assert imported.version is not None
    publishing.publish(version=imported.version, reason=REASON, moment=months[0])
    people = {name: _employed(f"{prefix}{name}", group) for name, group in STAFF.items()}
    for offer in offers:
        catalogue.put(_renamed(offer, prefix), user=people[MANAGER], reason=REASON)
    accounts = {buyer: _enrolled(buyer, prefix, months[0]) for buyer in BUYERS}
    issued = keys.create(
        product_code=f"{prefix}{facts.PRODUCT}", scopes=[ApiKey.Scope.DEBIT], name="Demo", reason=REASON
    )
    return Town(prefix, now, months, accounts, people, issued.key, Chronicle())


def _employed(name: str, group: str) -> User:
    """Somebody of the staff; without a password nobody signs in by this name."""
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def _renamed(offer: Snapshot, prefix: str) -> Snapshot:
    return replace(
        offer,
        code=f"{prefix}{offer.code}",
        seats=tuple(replace(part, pattern=f"{prefix}{part.pattern}") for part in offer.seats),
        allowances=tuple(replace(part, pattern=f"{prefix}{part.pattern}") for part in offer.allowances),
    )


def _enrolled(buyer: DemoBuyer, prefix: str, moment: datetime) -> Account:
    asked = Enrolment(name=buyer.name, rate_table=f"{prefix}{facts.TABLE}")
    reference = f"{prefix}{buyer.reference}"
    terms.enrol(reference=reference, asked=asked, author=Author(BY, REASON), now=moment)
    account = Account.objects.get(reference=reference)
    buyers.describe(customer_id=account.pk, wish=BuyerWish(buyer.name, buyer.address), reason=REASON)
    return account


def _close_first_month(town: Town) -> None:
    """Close the first of the months, where nothing moved here before it."""
    recognising.reckon()
    if next_to_close() == town.months[0].date():
        user = town.people[FINANCE]
        reason = "Reconciled with the bank."
        periods.close(month=town.months[0].date(), user=user, reason=reason, connectors={})
