"""Packs that an account's own people order, on invoice, as many as the producer lets them. The door is `ordering`."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from billing.errors import BeyondBuyersRule
from billing.models import BuyerRule
from billing.queries.buyer_packs import WITHIN, ordered_lately, pack, seen_as
from billing.queries.buyer_rules import allowed
from billing.queries.orders import order_named
from billing.rules.orders import LineAsked, OrderAsked
from billing.services import ordering
from config.kernel.amounts import plain
from config.kernel.errors import Conflict, InvalidRequest
from config.kernel.fingerprints import fingerprint_of
from usage.queries.moments import database_clock
from usage.services.authors import Author
from wallets.models import Account

FORM_TOKEN = re.compile(r"[0-9a-f]{32}", re.ASCII)


@transaction.atomic
def order(
    *,
    account_id: UUID,
    sku: str,
    quantity: int,
    price: Decimal,
    seen: str,
    form_token: str,
    author: Author,
    now: datetime | None = None,
) -> ordering.Answer:
    """Order so many of a pack at its list price, to be asked for by an invoice made here. At most once a form token.

    price: of one, as the person saw it. seen: by `seen_as`, of the pack as the person saw it.

    Raises BeyondBuyersRule, InvalidRequest, Conflict where the price or the pack is another one by now or not on sale
    any more, IdempotencyKeyReused, AccountClosed. The rule's row is locked first: orders of one account wait there.
    """
    if not FORM_TOKEN.fullmatch(form_token):
        raise InvalidRequest.at("/form_token", "Open the page of the pack anew.")
    _wait_in_line(account_id)
    account = Account.objects.get(pk=account_id)
    asked = OrderAsked(
        external_id=f"buyer-{form_token}",
        account=account.reference,
        lines=[LineAsked(sku=sku, quantity=Decimal(quantity), amount=price * quantity)],
        fingerprint=fingerprint_of((account.reference, sku, quantity, plain(price))),
        by=author.name,
        reason=author.reason,
        billing="invoice",
    )
    if order_named(asked.external_id) is None:
        check(account_id, sku, quantity, price, seen, now or database_clock())
    return ordering.place(asked, now)


def _wait_in_line(account_id: UUID) -> None:
    """Lock the rule's row; where there is none, one that says nothing of its own."""
    BuyerRule.objects.bulk_create([BuyerRule(customer_id=account_id, as_bought=True)], ignore_conflicts=True)
    BuyerRule.objects.select_for_update().get(pk=account_id)


def check(account_id: UUID, sku: str, quantity: int, price: Decimal, seen: str, moment: datetime) -> None:
    """Whether it may be ordered, as far as that can be said before. Raises as `order` does."""
    most = allowed(account_id, moment).packs_most
    if not most:
        raise BeyondBuyersRule("Your supplier does not let you order here; ask there.")
    if quantity < 1:
        raise InvalidRequest.at("/quantity", "Order one or more.")
    left = max(most - ordered_lately(account_id, moment), 0)
    if quantity > left:
        packs = f"{most} pack{'' if most == 1 else 's'}"
        raise BeyondBuyersRule(f"You may order {packs} within {WITHIN.days} days; {left} may be ordered now.")
    offer = pack(sku)
    if offer is None:
        raise Conflict("This pack is not on sale here any more.")
    if offer.list_price != price:
        raise Conflict("The price has changed since you saw it. Look at the pack anew.")
    if seen_as(offer) != seen:
        raise Conflict("The pack has changed since you saw it. Look at it anew.")
