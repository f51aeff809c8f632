"""Usage events, to look at: one with what became of it."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from usage.models import BeyondPolicy, Claim, Debit, Event
from usage.rules.events import KEY


def beyond_policy(debit: Debit) -> Decimal | None:
    """Tokens of a debit's overage that policy would have refused; None where it is no such debit."""
    marks = BeyondPolicy.objects.filter(account_id=debit.account_id, debit_id=debit.pk)
    return marks.values_list("tokens", flat=True).first()


def debit_of(event: Event) -> UUID | None:
    """The debit that books an event, by the claim that names it; None while it waits."""
    claims = Claim.objects.filter(
        account__reference=event.account, product_id=event.product_id, key=f"{KEY}{event.pk}", effect="debit"
    )
    return claims.values_list("effect_id", flat=True).first()
