"""How much a seller may take off alone."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.auth.models import User

from billing.models import DiscountRule


def limit_of(user: User) -> Decimal | None:
    """Per cent of any line; None is no limit. A person's own rule goes before those of his groups."""
    rules = DiscountRule.objects.active()
    own = rules.filter(seller=user).order_by("share").values_list("share", flat=True).first()
    if own is not None:
        return own
    shares = rules.filter(group__in=user.groups.all()).values_list("share", flat=True)
    return max(shares, default=None)
