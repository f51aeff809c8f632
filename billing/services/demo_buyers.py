"""The people of the demo's customers, who see their account on pages of their own.

Their addresses end in `.example`, which nobody has (RFC 2606). Invitations of weeks ago are not mailed any more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from billing.rules import demo_clients as facts
from billing.rules.alerts import RUNS_OUT
from billing.services import alerting, contacts
from billing.services.contacts import ContactWish
from billing.services.demo_town import MANAGER, REASON, Town
from usage.services.authors import Author
from wallets.models import Account

CAME = 60  # days ago
PEOPLE = (
    (facts.SOON_OUT, "owner", "Olga"),
    (facts.SOON_OUT, "manager", "Marc"),
    (facts.SOON_OUT, "viewer", "Vera"),
    (facts.BUDGETED, "owner", "Oskar"),
    (facts.BUDGETED, "buyer", "Bela"),
)
RUNS_OUT_WITHIN = 7  # days, of which whoever manages the account that runs out soon is told
BUDGET_MOST, PACKS_MOST = Decimal(500), 5


def invite(town: Town) -> None:
    """Plan that people of two customers may sign in, what they may do, and that one of them is told of the end."""
    author = Author.of(town.people[MANAGER], REASON)
    for reference, role, name in PEOPLE:
        if account := town.clients.get(reference):
            wish = ContactWish(f"{name.lower()}@{reference}.example", name, role)
            town.chronicle.at(town.ago(CAME), _invited(account, wish, author))


def _invited(account: Account, wish: ContactWish, author: Author) -> Callable[[datetime], object]:
    def invite_one(moment: datetime) -> None:
        contact = contacts.invite(customer_id=account.pk, wish=wish, author=author, now=moment)
        if wish.role == "owner":
            contacts.allow(
                customer_id=account.pk, author=author, budget_most=BUDGET_MOST, packs_most=PACKS_MOST
            )
        if wish.role == "manager":
            alerting.choose(
                contact_id=contact.pk, kind=RUNS_OUT, threshold=RUNS_OUT_WITHIN, author=author, now=moment
            )

    return invite_one
