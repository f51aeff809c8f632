"""Acts at the desk: what a person has moved alone, and what waits for a second one."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet, Sum

from billing.models import ActRule, HandAct
from billing.rules.hand_acts import ActLimit
from usage.models import Debit, Reversal

A_DAY = timedelta(hours=24)
SHOWN = 100


def limits_of(kind: str) -> list[ActLimit]:
    """What the active rules say of acts of a kind."""
    return [rule.allows for rule in ActRule.objects.active().filter(kind=kind)]


def moved_alone(user: User, kind: str, unit: str, now: datetime) -> Decimal:
    """Tokens of a unit that a person has moved by acts of a kind in the last 24 hours, without a second person."""
    rows = HandAct.objects.filter(
        asked_by=user, kind=kind, unit=unit, state=HandAct.State.DONE, asked_at__gt=now - A_DAY
    )
    return rows.aggregate(tokens=Sum("tokens"))["tokens"] or Decimal(0)


def waiting() -> QuerySet[HandAct]:
    """Acts that nobody has decided yet, the newest first."""
    rows = HandAct.objects.filter(state=HandAct.State.WAITING).select_related("account", "asked_by")
    return rows.order_by("-pk")[:SHOWN]


def asked_about(account_id: UUID, what: str, subject_id: UUID) -> HandAct | None:
    """The last act that accepts a quotation or confirms a top-up, or asks to. what: its key in the act's `order`."""
    rows = HandAct.objects.filter(account=account_id, **{f"order__{what}": str(subject_id)})
    return rows.select_related("asked_by", "decided_by").order_by("-pk").first()


def payments_asked(account_id: UUID) -> set[str]:
    """Top-ups of an account whose payment waits for a second person, by their ids as text."""
    rows = HandAct.objects.filter(account=account_id, state=HandAct.State.WAITING, order__has_key="top_up")
    return set(rows.values_list("order__top_up", flat=True))


def left_of(debit: Debit) -> Decimal:
    """Tokens of a debit that were not given back yet."""
    back = Reversal.objects.filter(debit_id=debit.pk, account_id=debit.account_id)
    given: Decimal = back.aggregate(tokens=Sum("tokens"))["tokens"] or Decimal(0)
    left: Decimal = debit.tokens - given
    return left
