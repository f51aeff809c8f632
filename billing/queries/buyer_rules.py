"""What the people of an account may do by themselves: as the account's own rule says, else as what it bought does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import F, OuterRef, Q, Subquery

from billing.models import BuyerRule, Offer, OrderLine, OrderVersion
from billing.rules.orders import ACTIVE


@dataclass(frozen=True, slots=True)
class Allowed:
    """budget_most: tokens a period; None: no budgets. packs_most: within thirty days; 0: none.

    offers: names of the offers that say so; empty where the account's own rule does, or nobody.
    """

    budget_most: Decimal | None = None
    packs_most: int = 0
    offers: tuple[str, ...] = ()


def allowed(account_id: UUID, moment: datetime) -> Allowed:
    """What holds at an instant. Of several offers that say something the most counts."""
    rule = BuyerRule.objects.filter(pk=account_id).first()
    if rule is not None and not rule.as_bought:
        return Allowed(rule.budget_most, rule.packs_most)
    return _as_bought(account_id, moment)


def _as_bought(account_id: UUID, moment: datetime) -> Allowed:
    """By the offers as they are now: a permission is no part of what was sold."""
    saying = Offer.objects.exclude(buyers_budget_most=None, buyers_packs_most=None)
    has = _skus(account_id, [offer.code for offer in saying], moment)
    offers = [offer for offer in saying if offer.code in has]
    budgets = [offer.buyers_budget_most for offer in offers if offer.buyers_budget_most is not None]
    packs = [offer.buyers_packs_most or 0 for offer in offers]
    return Allowed(max(budgets, default=None), max(packs, default=0), tuple(offer.name for offer in offers))


def _skus(account_id: UUID, among: list[str], moment: datetime) -> set[str]:
    """Which of these offers an active line of the account's orders is of."""
    if not among:
        return set()
    versions = OrderVersion.objects.filter(account_id=account_id, order=OuterRef("version__order"))
    newest = Subquery(versions.order_by("-number").values("number")[:1])
    goes_on = Q(ends_at=None) | Q(ends_at__gt=moment)
    lines = OrderLine.objects.filter(goes_on, account_id=account_id, sku__in=among, begins_at__lte=moment)
    lines = lines.alias(newest=newest).filter(version__state=ACTIVE, version__number=F("newest"))
    return set(lines.values_list("sku", flat=True))
