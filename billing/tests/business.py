"""A business in which all that pages and digests tell of happened, and questions to its raw rows."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from billing.services import inbox, quoting, recognising
from billing.services.inbox import Raised
from billing.tests.invoiced import SPRING, a_spender, drafted
from billing.tests.invoiced import a_seller as the_seller
from billing.tests.orders.sold import an_offer
from billing.tests.quotations.quoted import a_draft, a_line
from billing.tests.shelf import Shelf
from billing.tests.trying import a_seller, a_trial
from billing.tests.trying import an_offer as a_trial_offer
from usage.rules.orders import OwnCost
from usage.services import reversing
from usage.tests.made import DAY, HOUR, Shop, a_grant, a_reversal, ait, clock, named, up_to
from usage.tests.rolled import roll_up
from wallets.models import Account

MOVED = """
    SELECT d.product_id, d.occurred_at, d.recorded_at, d.unit_id,
           CASE WHEN e.kind IN ('draw', 'late_draw', 'overage') THEN e.amount ELSE -e.amount END AS tokens
    FROM wallets_entry e LEFT JOIN usage_reversal r ON e.cause_kind = 'reversal' AND r.id = e.cause_id
    JOIN usage_debit d ON d.id = coalesce(r.debit_id, e.cause_id)
    WHERE e.kind IN ('draw', 'late_draw', 'overage', 'restore', 'overage_reversal')
"""
LINES = """
    SELECT d.occurred_at, d.recorded_at, d.unit_id, l.feature_id, l.tokens, l.cost * c.reporting_rate AS cost
    FROM usage_debit d JOIN usage_debitline l ON l.debit_id = d.id
    LEFT JOIN wallets_currency c ON c.code = l.cost_currency
    UNION ALL
    SELECT d.occurred_at, v.recorded_at, d.unit_id, l.feature_id, -coalesce(b.tokens, 0),
           CASE WHEN v.is_whole THEN -l.cost * c.reporting_rate END
    FROM usage_reversal v JOIN usage_debit d ON d.id = v.debit_id JOIN usage_debitline l ON l.debit_id = d.id
    LEFT JOIN usage_reversalline b ON b.reversal_id = v.id AND b.position = l.position
    LEFT JOIN wallets_currency c ON c.code = l.cost_currency
"""


def a_business(random: Random) -> None:
    """Two products, six accounts that use both features of one for forty days, and papers of every kind."""
    moment = clock()
    for _ in range(2):
        shop = Shop(since=moment - 100 * DAY)
        for n in range(3):
            account = shop.an_account(moment - 90 * DAY, policy=up_to("2000"))
            bought = {"unit_cost": Decimal("0.02"), "currency": "USD", "expires_at": moment + 300 * DAY}
            a_grant(account, str(300 + 400 * n), kind="purchase", now=moment - 80 * DAY, **bought)
            a_grant(account, "20", now=moment - 70 * DAY, expires_at=moment + (5 * DAY if n else 40 * DAY))
            _used(shop, account, random, moment)
    _papers(moment, shop)
    shelf = Shelf()
    shelf.publish()
    shelf.list()
    shelf.list(small="6e-06")
    roll_up()
    recognising.reckon()


def _used(shop: Shop, account: Account, random: Random, moment: datetime) -> None:
    for n in range(39, -1, -1):
        at, dear = moment - n * DAY - random.randrange(20) * HOUR, Decimal(random.randrange(1, 9)) / 10
        costs = (OwnCost(dear, "USD"), OwnCost(Decimal("0.001"), "USD"))
        quantities = [str(random.randrange(1, 25)), str(random.randrange(1, 25))]
        debit = shop.debit(account, *quantities, features=(shop.chat, shop.image), costs=costs, now=at)
        if random.random() < 0.2:
            tokens = random.choice([None, "1"])
            reversing.reverse(a_reversal(debit, *([tokens] if tokens else []), now=at))


def _papers(moment: datetime, shop: Shop) -> None:
    the_seller()
    for _ in range(2):
        quotation = a_draft(shop.an_account(), a_line(an_offer()))
    quoting.ask(quotation_id=quotation.pk, edits=1, note="Please", user=quotation.author)
    spring = Shop(since=SPRING - DAY)
    spender = a_spender(spring)
    spring.debit(spender, "30", now=SPRING + DAY)
    assert drafted(spender)
    a_trial(a_seller(), a_trial_offer("60"), shop.an_account())
    user = User.objects.create(username=named("sue"))
    for rule, subject in (("burn", "a"), ("burn", "b"), ("sync", "c"), ("expiry", "d")):
        item = inbox.raise_item(Raised(rule, subject, "It is so.", "Very much."))
        if subject == "d":
            inbox.snooze(item_id=item, until=moment + DAY, user=user)


def rows(statement: str, now: datetime, **given: Any) -> list[Any]:
    """What raw rows answer. today: the last midnight of UTC; month: when its month began; unit: the default one."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    asked = {"now": now, "today": today, "unit": ait(), "month": today.replace(day=1)} | given
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return list(cursor.fetchall())


def said(amount: Decimal | None) -> str:
    """Without decimals from a thousand on, else two at most."""
    text = f"{round(amount or Decimal(0), 0 if abs(amount or 0) >= 1000 else 2):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
