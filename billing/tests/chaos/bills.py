"""What is to be billed elsewhere: a connection to Stripe's stand-in, and accounts with overage of a month that is over.

Runs in a process of the house.
"""

from __future__ import annotations

from billing.connectors.registry import CONNECTORS
from billing.models import Connection, Invoice
from billing.services import charging, connection_secrets, connections, invoice_items, invoicing
from billing.services.connections import ConnectionWish
from billing.tests.invoiced import SPRING, a_rate, a_seller
from usage.rules.enrolment import Enrolment
from usage.services import terms
from usage.tests.made import AUTHOR, DAY, UNLIMITED, Shop
from wallets.models import Account

PRICE, FEWEST, OTHER = "0.0125", 40, 100
"""The first account used 40 tokens of one feature, the next 80, and so on; each 100 of another."""


def connect(code: str, address: str, key: str, signing: str) -> None:
    """A connection of this code that works from now on."""
    kind = CONNECTORS["stripe"]
    wish = ConnectionWish(code, {"address": address})
    row = connections.make(code=code, kind=kind.kind, known=kind.settings, wish=wish)
    for name, text in (("secret_key", key), ("signing_secret", signing)):
        connection_secrets.put_secret(connection_id=row.pk, name=name, text=text)
    connections.set_state(connection_id=row.pk, state=Connection.State.ON)


def prepare(code: str, many: int) -> None:
    """So many accounts that are billed elsewhere, each with a draft of two lines. The code begins their references."""
    a_seller()
    shop = Shop(since=SPRING - 40 * DAY)
    for number in range(many):
        reference = f"{code}-billed-{number}"
        asked = Enrolment(rate_table=shop.table.code, policy=UNLIMITED)
        terms.enrol(reference=reference, asked=asked, author=AUTHOR, now=SPRING)
        account = Account.objects.get(reference=reference)
        a_rate(PRICE, account)
        used = (str(FEWEST * (number + 1)), str(OTHER))
        shop.debit(account, *used, features=(shop.chat, shop.image), now=SPRING + DAY)
        charging.choose_billing(customer_id=account.pk, billing="external")
        invoicing.draft_account(customer_id=account.pk)


def issue(code: str) -> None:
    """Make every draft of theirs final."""
    for draft in (
        Invoice.objects.drafts().filter(customer__reference__startswith=f"{code}-billed-").order_by("pk")
    ):
        invoicing.finalise(invoice_id=draft.pk, by="chaos")
    invoice_items.put_items(CONNECTORS)


def cents_of(number: int) -> tuple[int, int]:
    """What the two lines of an account come to, by hand: at 1.25 cents a token."""
    return FEWEST * (number + 1) * 125 // 100, OTHER * 125 // 100
