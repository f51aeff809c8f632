"""What people hand out and take back at the desk: alone, by two, and not at all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User

from billing.models import ActRule
from billing.services import hand_acts
from usage.rules.grants import GrantOrder
from usage.tests.made import an_account, named


def act() -> dict[str, Any]:
    """10 tokens alone, 60 approved by another, 70 declined, 80 that wait. The rule is off again afterwards."""
    account = an_account()
    mina, tom = (User.objects.create(username=named("person")) for _ in range(2))
    rule = ActRule.objects.create(kind="adjustment", limit=50)

    def ask(tokens: int) -> hand_acts.Acted:
        order = GrantOrder("adjustment", Decimal(tokens), reason="The meter was wrong.")
        return hand_acts.grant(reference=account.reference, order=order, form_token=named("form"), user=mina)

    alone, approved, declined, waiting = (ask(tokens).act for tokens in (10, 60, 70, 80))
    hand_acts.approve(act_id=approved.pk, user=tom)
    hand_acts.decline(act_id=declined.pk, user=tom, reason="Not ours.")
    ActRule.objects.filter(pk=rule.pk).update(is_active=False)
    return {
        "act_rule": rule.pk,
        "act_alone": alone.pk,
        "act_approved": approved.pk,
        "act_declined": declined.pk,
        "act_waiting": waiting.pk,
    }
