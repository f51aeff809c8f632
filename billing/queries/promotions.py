"""Which promotions a line of a quotation can have, and how often they were used."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q

from billing.models import Promotion
from billing.rules.offers import Snapshot
from billing.rules.promotions import BONUS, money_off

NOTHING = Decimal(0)


def promotions_for(account_id: UUID, moment: datetime) -> list[Promotion]:
    """The promotions that a quotation to the account may have now: they run, and have uses left."""
    rows = Promotion.objects.running(moment).annotate(
        used=Count("uses"), used_by_account=Count("uses", filter=Q(uses__account_id=account_id))
    )
    return [row for row in rows if has_uses_left(row)]


def has_uses_left(promotion: Promotion) -> bool:
    """Whether one more quotation may be accepted with it, by the counts it was annotated with."""
    counts = ((promotion.most_uses, "used"), (promotion.most_uses_an_account, "used_by_account"))
    return all(most is None or getattr(promotion, counted) < most for most, counted in counts)


def best_by_itself(
    promotions: Iterable[Promotion], offer: Snapshot, listed: Decimal, quantity: Decimal, currency: str
) -> Promotion | None:
    """Of those that apply by themselves the one that takes most off; else the largest bonus; else the first code."""
    fit = [each for each in promotions if each.is_automatic and each.terms.is_for(offer)]

    def worth(each: Promotion) -> tuple[Decimal, Decimal]:
        bonus = each.value if each.kind == BONUS else NOTHING
        return money_off(each.terms, listed, quantity, currency), bonus

    return max(fit, key=worth) if fit else None
