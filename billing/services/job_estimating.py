"""What a job would cost: asked of the function that charges, and nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing.queries.job_estimates import JobLine
from usage.rules.orders import Item, QuoteOrder
from usage.rules.receipts import Quotation
from usage.services import metering
from wallets.models import Account, TokenUnit, Wallet
from wallets.queries.balances import holding_now
from wallets.queries.units import unit_named


@dataclass(frozen=True, slots=True)
class JobCost:
    """lines: with the tokens of each. refusals: why policy would not let it pass, in words; none where it would."""

    token: str
    lines: Sequence[tuple[JobLine, Decimal]]
    tokens: Decimal
    overage: Decimal
    available: Decimal
    refusals: Sequence[str]

    @property
    def left(self) -> Decimal:
        """What would be available after it."""
        return self.available - self.tokens + self.overage


def cost_of(account: Account, lines: Sequence[JobLine], now: datetime) -> JobCost:
    """What so much usage would come to now, product by product, as each is charged.

    Each product is quoted by itself; what they take together beyond what is available is overage of all.

    Raises NoRate, UnknownFeature, InvalidRequest, UnknownReference, Unavailable.
    """
    told: list[tuple[JobLine, Decimal]] = []
    quoted: list[Quotation] = []
    for product_id in dict.fromkeys(line.priced.product_id for line in lines):
        part = [line for line in lines if line.priced.product_id == product_id]
        items = tuple(Item(line.priced.feature, line.quantity, line.priced.dimensions) for line in part)
        found = metering.quote(QuoteOrder(account.reference, product_id, items, now))
        told += [(line, each.tokens) for line, each in zip(part, found.lines, strict=True)]
        quoted.append(found)
    tokens = sum((each.tokens for each in quoted), Decimal(0))
    alone = sum((each.overage for each in quoted), Decimal(0))
    unit = unit_named(quoted[0].token)
    holding = holding_now(account.pk, unit.pk)
    refusals = [_words(each.refusal) for each in quoted if each.refusal]
    overage = max(alone, tokens - holding.available) if len(quoted) > 1 and not refusals else alone
    if overage > alone and not _has_room(account, unit, holding.overage + overage):
        refusals = [_words("insufficient_tokens")]
    return JobCost(quoted[0].token, told, tokens, overage, holding.available, refusals)


def _has_room(account: Account, unit: TokenUnit, owed: Decimal) -> bool:
    """Whether the account may owe so much."""
    floors = Wallet.objects.filter(account=account, unit=unit).values_list("floor", flat=True)
    floor = next(iter(floors), Decimal(0))
    return floor is None or owed <= -floor


def _words(refusal: str) -> str:
    return {
        "insufficient_tokens": "The tokens that are left do not cover it, and no overage is agreed for it.",
        "account_suspended": "The account is not active.",
        "not_entitled": "The account may not use this.",
        "limit_reached": "A budget or limit refuses it.",
        "throttled": "It is more than may be used within a minute.",
    }.get(refusal, "It would be refused.")
