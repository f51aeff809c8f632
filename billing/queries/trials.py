"""Trials: how each stands, those of an account, and those of which something is still to be noted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Min, Q, QuerySet

from billing.models import Trial
from wallets.models import Account, Entry, Grant
from wallets.queries.grants import buckets_of

UNNOTED_AT_ONCE = 500
LATEST_USE = timedelta(days=36)
"""After its end a grant still pays for usage reported late; a day later than that nothing is new of it."""
EARLIER_SHOWN = 8
DRAWS = (Entry.Kind.DRAW, Entry.Kind.LATE_DRAW)


@dataclass(frozen=True, slots=True)
class TrialStand:
    """A trial at a moment. state: waiting, open, spent, expired, revoked or converted.

    used: spent tokens of those issued, a share. days_left: until it ends; none where it has ended or never does.
    """

    trial: Trial
    grant: Grant
    state: str
    spent: Decimal
    left: Decimal
    days_left: int | None

    @property
    def used(self) -> Decimal:
        return Decimal(self.spent / self.trial.tokens)

    @property
    def is_unended(self) -> bool:
        return self.trial.revoked_at is None and self.trial.converted_at is None

    @property
    def is_over(self) -> bool:
        return self.state in ("expired", "taken back")

    @property
    def may_be_extended(self) -> bool:
        trial = self.trial
        is_open = self.is_unended and not self.is_over and self.grant.expires_at is not None
        return bool(is_open and trial.extension_days and trial.extended_at is None)

    @property
    def may_be_revoked(self) -> bool:
        return self.is_unended and not self.is_over and self.left > 0


def first_draw_of(trial: Trial) -> datetime | None:
    """When usage first drew from the trial's grant."""
    rows = Entry.objects.filter(account_id=trial.customer_id, grant_id=trial.grant_id, kind__in=DRAWS)
    first: datetime | None = rows.aggregate(at=Min("recorded_at"))["at"]
    return first


def unnoted(now: datetime) -> list[UUID]:
    """Trials that were used and of which that is not noted; some at a time."""
    with connection.cursor() as cursor:
        cursor.execute(_UNNOTED, {"since": now - LATEST_USE, "most": UNNOTED_AT_ONCE})
        return [trial_id for (trial_id,) in cursor.fetchall()]


def stands(trials: Iterable[Trial], moment: datetime) -> list[TrialStand]:
    """How each of these trials stands, in as many statements for many as for one."""
    listed = list(trials)
    ids = [trial.grant_id for trial in listed]
    grants = {grant.pk: grant for grant in Grant.objects.filter(pk__in=ids)}
    return [_stand(trial, grants[trial.grant_id], moment) for trial in listed]


def earlier(account: Account, domain: str) -> Sequence[Trial]:
    """The newest trials of an account, and of everybody of the domain."""
    rows = Trial.objects.select_related("offer", "customer", "seller")
    if domain:
        return list(rows.filter(Q(customer=account) | Q(domain=domain))[:EARLIER_SHOWN])
    return list(rows.filter(customer=account)[:EARLIER_SHOWN])


def without_an_offer(account: Account) -> QuerySet[Grant]:
    """The newest trial tokens of the account that no seller issued on an offer."""
    rows = Grant.objects.filter(account=account, kind=Grant.Kind.TRIAL)
    return rows.exclude(pk__in=Trial.objects.filter(customer=account).values("grant_id")).order_by("-pk")[
        :EARLIER_SHOWN
    ]


def beside_the_board(moment: datetime) -> int:
    """How many trial grants are alive that no offer stands behind: given by program or by hand."""
    alive = Grant.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=moment), kind=Grant.Kind.TRIAL, is_open=True
    )
    return alive.exclude(pk__in=Trial.objects.values("grant_id")).count()


def domain_of(account: Account) -> str:
    """The account's id in the system `domain`, else the domain that was said of it last."""
    known = account.external_ids.get("domain")
    if known:
        return str(known)
    said = Trial.objects.filter(customer=account).exclude(domain="").values_list("domain", flat=True)
    return said.first() or ""


def board(asked: dict[str, Any], moment: datetime) -> QuerySet[Trial]:
    """Trials for the board, newest first. asked: `offer`, `seller` (ids), `state`, `q` of an account."""
    rows = Trial.objects.select_related("offer", "customer", "seller", "unit")
    for name in ("offer", "seller"):
        if asked.get(name):
            rows = rows.filter(**{name: asked[name]})
    if asked.get("q"):
        text = asked["q"]
        rows = rows.filter(
            Q(customer__reference__icontains=text) | Q(customer__name__icontains=text) | Q(opportunity=text)
        )
    return _in_state(rows, asked.get("state") or "", moment)


STATES = ("running", "unused", "ending", "over", "converted", "revoked")


def _in_state(rows: QuerySet[Trial], state: str, moment: datetime) -> QuerySet[Trial]:
    if state in ("converted", "revoked"):
        return rows.filter(**{f"{state}_at__isnull": False})
    if state not in STATES:
        return rows
    rows = rows.unended()  # type: ignore[attr-defined]
    if state == "unused":
        rows = rows.filter(activated_at=None)
    grants = Grant.objects.filter(kind=Grant.Kind.TRIAL)
    if state == "over":
        ended = grants.filter(Q(expires_at__lte=moment) | Q(voided_at__isnull=False))
        return rows.filter(grant_id__in=ended.values("pk"))
    alive = grants.filter(Q(expires_at=None) | Q(expires_at__gt=moment), voided_at=None)
    if state == "ending":
        alive = alive.filter(expires_at__lt=moment + timedelta(days=7))
    return rows.filter(grant_id__in=alive.values("pk"))


def _stand(trial: Trial, grant: Grant, moment: datetime) -> TrialStand:
    buckets = buckets_of(grant, moment)
    if trial.converted_at is not None:
        state = "converted"
    elif trial.revoked_at is not None:
        state = "revoked"
    elif buckets.state == "voided":
        state = "taken back"
    elif buckets.state == "open" and trial.activated_at is None:
        state = "unused"
    else:
        state = buckets.state
    ends = grant.expires_at
    is_ahead = ends is not None and ends > moment and grant.voided_at is None
    days_left = max(round((ends - moment) / timedelta(days=1)), 1) if ends is not None and is_ahead else None
    return TrialStand(trial, grant, state, buckets.spent, buckets.free, days_left)


_UNNOTED = """
    SELECT t.id FROM billing_trial t
    JOIN wallets_grant g ON g.id = t.grant_id AND g.account_id = t.customer_id
    WHERE t.activated_at IS NULL AND t.revoked_at IS NULL AND g.spent > 0
      AND (g.expires_at IS NULL OR g.expires_at > %(since)s)
    ORDER BY t.id LIMIT %(most)s
"""
