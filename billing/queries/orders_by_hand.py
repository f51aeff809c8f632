"""What an order by hand is worth, and what a person has placed or cancelled alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import User
from django.db.models import Sum

from billing.models import HandAct, Order, OrderGrant
from billing.queries.hand_acts import A_DAY
from billing.rules import offers
from billing.rules.hand_acts import Measure, added, read_measure
from billing.rules.orders import Line
from billing.rules.quotations import share_of
from wallets.models import Grant

NOTHING = Decimal(0)


def measure_of(lines: Sequence[Line]) -> Measure:
    """What lines give, once and in one period, at list prices, and the most that is taken off one of them."""
    tokens: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        for part in line.offer.tokens:
            tokens[part.unit] += offers.tokens_of(part, line.quantity)
    share = max(
        (
            share_of(max(line.list_amount - line.amount, NOTHING), line.list_amount, line.currency)
            for line in lines
        ),
        default=NOTHING,
    )
    return Measure(dict(tokens), _listed(lines), share)


def left_of(order: Order, lines: Sequence[Line]) -> Measure:
    """What a cancellation of these lines takes back: what is left of the order's grants, held tokens included."""
    grants = OrderGrant.objects.filter(portion__order=order, account=order.account).values("grant_id")
    rows = Grant.objects.filter(account=order.account, pk__in=grants, is_open=True).order_by()
    sums = rows.values_list("wallet__unit__code").annotate(tokens=Sum("remaining"))
    return Measure({unit: tokens for unit, tokens in sums if tokens}, _listed(lines))


def moved_alone(user: User, kind: str, now: datetime) -> Measure:
    """What orders that a person placed, or cancelled, in the last 24 hours without a second person are worth."""
    rows = HandAct.objects.filter(
        asked_by=user, kind=kind, state=HandAct.State.DONE, asked_at__gt=now - A_DAY
    )
    return added(read_measure(facts) for facts in rows.values_list("order", flat=True))


def _listed(lines: Sequence[Line]) -> dict[str, Decimal]:
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        found[line.currency] += line.list_amount
    return {code: amount for code, amount in found.items() if amount}
