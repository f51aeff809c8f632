"""Grants: one, an account's, and those that pay next with the reason for each place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from wallets.models import Grant, Wallet
from wallets.models.grant import GrantQuerySet
from wallets.rules.draw_order import Rank, why
from wallets.rules.grant_states import Buckets, at_moment


@dataclass(frozen=True, slots=True)
class Place:
    """A grant in the draw order. reason: why it stands behind the one before."""

    number: int
    grant: Grant
    reason: str


def grants() -> GrantQuerySet:
    """Grants with what their answer names: account and token unit."""
    return Grant.objects.select_related("account", "wallet__unit")


def grant_of_id(grant_id: UUID) -> Grant | None:
    """The grant of this identity, in whichever account."""
    return grants().filter(pk=grant_id).first()


def grants_of(account_id: UUID, *, after: UUID | None, limit: int) -> Sequence[Grant]:
    """At most `limit` grants of the account, the newest first, beginning after the one given."""
    wallets = list(Wallet.objects.filter(account_id=account_id).values_list("pk", flat=True))
    rows = grants().filter(account_id=account_id, wallet_id__in=wallets).order_by("-id")
    if after is not None:
        rows = rows.filter(id__lt=after)
    return list(rows[:limit])


def draw_order(account_id: UUID, unit_id: int, moment: datetime) -> list[Place]:
    """The grants that usage at `moment` draws from, in that order."""
    rows = grants().filter(account_id=account_id, wallet__unit_id=unit_id, is_open=True)
    return in_order(list(rows.in_force(moment).in_draw_order()))


def last_lapse(account_id: UUID, unit_id: int, moment: datetime) -> datetime | None:
    """When a grant expired last of which something was left, swept or not; None where a later end came to another one.

    What outlived it was spent or taken back, so that the expiry is not why nothing is left.
    """
    begun = Grant.objects.filter(account_id=account_id, wallet__unit_id=unit_id, effective_at__lte=moment)
    lost = begun.filter(Q(expired__gt=0) | Q(remaining__gt=0), expires_at__lte=moment)
    at = lost.order_by("-expires_at").values_list("expires_at", flat=True).first()
    outlived = Q(expires_at__gt=at) | Q(expires_at=None)
    return None if at is None or begun.filter(outlived).exists() else at


def in_order(ordered: Sequence[Grant]) -> list[Place]:
    """These grants, which stand in draw order, each with the reason for its place."""
    befores: list[Rank | None] = [None, *map(rank_of, ordered)]
    return [
        Place(number, grant, why(before, rank_of(grant)))
        for number, (before, grant) in enumerate(zip(befores, ordered, strict=False), start=1)
    ]


def rank_of(grant: Grant) -> Rank:
    """What decides the grant's place."""
    return Rank(
        id=grant.pk,
        priority=grant.priority,
        features=grant.features,
        expires_at=grant.expires_at,
        draw_cost=grant.draw_cost,
        effective_at=grant.effective_at,
        created_at=grant.created_at,
    )


def buckets_of(grant: Grant, moment: datetime) -> Buckets:
    """Where the grant's tokens are at `moment`."""
    booked = Buckets("", grant.remaining, grant.held, grant.spent, grant.expired, grant.voided)
    return at_moment(
        booked,
        moment=moment,
        effective_at=grant.effective_at,
        expires_at=grant.expires_at,
        voided_at=grant.voided_at,
    )
