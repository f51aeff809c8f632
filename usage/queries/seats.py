"""Checkouts: as callers see them, and seats against time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from usage.errors import CheckoutMissing
from usage.models import Checkout, CheckoutCharge, CheckoutMove, Reversal, Seats
from usage.rules.seating import SeatReceipt


@dataclass(frozen=True, slots=True)
class SeatsAt:
    """How many seats were taken from an instant on."""

    at: datetime
    base: int
    overflow: int


def checkout_of(checkout_id: UUID, product_id: int) -> Checkout:
    """The checkout of a product.

    Raises CheckoutMissing.
    """
    rows = Checkout.objects.select_related("account", "feature", "product")
    found = rows.filter(pk=checkout_id, product_id=product_id).first()
    if found is None:
        raise CheckoutMissing()
    return found


def seat(row: Checkout, moment: datetime) -> SeatReceipt:
    """The checkout as it is at an instant: one without a sign of life has ended, whether or not a sweep has noticed."""
    is_lost = row.ended_at is None and row.alive_until <= moment
    return SeatReceipt(
        id=row.pk,
        account=row.account.reference,
        feature=row.feature.code,
        seat=row.seat,
        state="ended" if is_lost or row.ended_at else "open",
        subject=row.subject,
        started_at=row.started_at,
        alive_until=row.alive_until,
        charged_until=row.charged_until,
        ended_at=row.last_beat_at if is_lost else row.ended_at,
        tokens=tokens_of([row.pk]).get(row.pk, Decimal(0)),
    )


def seat_as_taken(row: Checkout) -> SeatReceipt:
    """The checkout as it was answered first."""
    first = row.moves.order_by("at", "pk")[0]
    charge = (
        row.charges.filter(number=1).select_related("debit").first() if first.seat == "overflow" else None
    )
    return SeatReceipt(
        id=row.pk,
        account=row.account.reference,
        feature=row.feature.code,
        seat=first.seat,
        state="open",
        subject=row.subject,
        started_at=row.started_at,
        alive_until=row.started_at + timedelta(seconds=row.heartbeat),
        charged_until=charge.ends_at if charge else None,
        ended_at=None,
        tokens=charge.debit.tokens if charge and charge.debit else Decimal(0),
    )


def tokens_of(checkout_ids: Sequence[UUID]) -> dict[UUID, Decimal]:
    """What the intervals of checkouts came to, less what was given back."""
    charged = CheckoutCharge.objects.filter(checkout_id__in=checkout_ids, debit__isnull=False)
    rows = list(charged.values_list("checkout_id", "debit_id", "debit__tokens"))
    given_back = dict(
        Reversal.objects.filter(debit_id__in=[debit_id for _, debit_id, _ in rows])
        .values("debit_id")
        .annotate(tokens=Sum("tokens"))
        .values_list("debit_id", "tokens")
    )
    found: dict[UUID, Decimal] = {}
    for checkout_id, debit_id, tokens in rows:
        found[checkout_id] = found.get(checkout_id, Decimal(0)) + tokens - given_back.get(debit_id, 0)
    return found


@dataclass(frozen=True, slots=True)
class FeatureSeats:
    """A feature whose seats were taken."""

    feature_id: int
    code: str
    name: str


def open_seats(account_id: UUID, moment: datetime) -> QuerySet[Checkout]:
    """The seats that are taken at an instant, the latest first."""
    rows = Checkout.objects.filter(account_id=account_id, ended_at=None, alive_until__gt=moment)
    return rows.select_related("feature").order_by("-started_at")


def seat_features(account_id: UUID, since: datetime) -> list[FeatureSeats]:
    """The features whose seats the account has taken since an instant, or has still."""
    rows = Checkout.objects.filter(account_id=account_id).filter(Q(ended_at=None) | Q(ended_at__gte=since))
    found = rows.values_list("feature_id", "feature__code", "feature__name").distinct()
    return [FeatureSeats(pk, code, name or code) for pk, code, name in found.order_by("feature__code")]


def seats_at(account_id: UUID, moment: datetime) -> list[Seats]:
    """The facts about base seats that hold at an instant or later, the latest of each pattern first."""
    rows = Seats.objects.filter(account_id=account_id).order_by(
        "pattern", "-effective_from", "-recorded_at", "-pk"
    )
    found: list[Seats] = []
    begun: set[str] = set()
    for row in rows:
        if row.effective_from > moment:
            found.append(row)
        elif row.pattern not in begun:
            begun.add(row.pattern)
            if row.effective_until is None or row.effective_until > moment:
                found.append(row)
    return found


def seats_over_time(account_id: UUID, feature_id: int, start: datetime, end: datetime) -> list[SeatsAt]:
    """How many base and overflow seats of a feature were taken, from each instant at which that changed."""
    moves = CheckoutMove.objects.filter(account_id=account_id, checkout__feature_id=feature_id, at__lt=end)
    standing: dict[UUID, str] = {}
    found: list[SeatsAt] = []
    for at, checkout_id, seat in moves.order_by("at", "pk").values_list("at", "checkout_id", "seat"):
        if seat:
            standing[checkout_id] = seat
        else:
            standing.pop(checkout_id, None)
        base = sum(1 for each in standing.values() if each == "base")
        shown = SeatsAt(max(at, start), base, len(standing) - base)
        if found and found[-1].at >= shown.at:
            found.pop()
        found.append(shown)
    return found
