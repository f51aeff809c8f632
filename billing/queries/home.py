"""What the home page shows: what needs a person first, then how the business goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from billing.models import HandAct, Invoice, Quotation, TrialRequest
from billing.queries import hand_acts
from billing.queries.connections import Standing
from billing.queries.connections import troubled as troubled_connections
from billing.queries.cost_review import MarginReview, Target, review_margins
from billing.queries.inbox_causes import expiring
from billing.queries.jobs import troubled
from billing.queries.receivers import Trouble, trouble
from billing.queries.reconciliation import inbox_rows
from billing.queries.revenue import owed_by_unit
from billing.queries.top_ups_shown import Waiting, waiting
from config.kernel.models import AuditRun, Run
from pricing.models import Review, Version
from pricing.queries.reviews import in_review
from usage.models import ApiKey, Denial
from usage.queries.queue import StuckEvents, stuck
from wallets.models import Account, Grant, Wallet
from wallets.queries.currencies import reporting_currency

AUDIT_IS_OLD_AFTER = timedelta(hours=36)
DENIALS_SHOWN = 6


@dataclass(frozen=True)
class Attention:
    """What a person should look at, before anything else."""

    audit: AuditRun | None
    audit_is_old: bool
    jobs: Sequence[Run]
    overdrawn: int
    owed: Sequence[Wallet]
    expiring: Sequence[Grant]
    reviews: Sequence[Review]
    acts: Sequence[HandAct]
    margins: MarginReview
    news: Trouble
    stuck: Sequence[StuckEvents]
    drafts: int
    trial_requests: int
    quotations: int
    top_ups: Waiting
    inbox: int
    syncs: Sequence[Standing]

    @property
    def stuck_events(self) -> int:
        return sum(each.count for each in self.stuck)


@dataclass(frozen=True)
class Outstanding:
    """What is owed to customers in one token unit: tokens not yet spent, and what of their price the books defer.

    paid: in `currency`, the reporting one, at present rates, of each grant to its smallest unit, as revenue has it.
    """

    unit: str
    tokens: Decimal
    bought: Decimal
    paid: Decimal
    currency: str
    overage: Decimal
    accounts: int


@dataclass(frozen=True)
class Trials:
    """Trial tokens that can still be spent."""

    count: int
    accounts: int
    tokens: Decimal
    spent: Decimal

    @property
    def used(self) -> int:
        """Of their tokens those that are spent, in whole percent."""
        return int(self.spent * 100 / self.tokens) if self.tokens else 0


@dataclass(frozen=True)
class Beginnings:
    """The first steps of a new installation, and which are done."""

    has_prices: bool
    has_accounts: bool
    has_tokens: bool
    has_keys: bool

    @property
    def are_done(self) -> bool:
        return self.has_prices and self.has_accounts and self.has_tokens and self.has_keys


def beginnings() -> Beginnings:
    """Which of the first steps were taken."""
    return Beginnings(
        has_prices=Version.objects.published().exists(),
        has_accounts=Account.objects.exists(),
        has_tokens=Grant.objects.exists(),
        has_keys=ApiKey.objects.exists(),
    )


def attention(moment: datetime) -> Attention:
    """What needs a person at `moment`."""
    audit = AuditRun.objects.order_by("-started_at").first()
    overdrawn = Wallet.objects.overdrawn()
    return Attention(
        audit=audit,
        audit_is_old=audit is not None and audit.started_at < moment - AUDIT_IS_OLD_AFTER,
        jobs=troubled(moment),
        overdrawn=overdrawn.count(),
        owed=list(overdrawn.select_related("account", "unit").order_by("-overage")[:3]),
        expiring=list(expiring(moment)[:3]),
        reviews=[each.review for each in in_review() if each.review],
        acts=list(hand_acts.waiting()),
        margins=review_margins(moment, Target(), with_drafts=False),
        stuck=stuck(),
        drafts=Invoice.objects.drafts().count(),
        trial_requests=TrialRequest.objects.waiting().count(),
        quotations=Quotation.objects.in_review().count(),
        news=trouble(moment),
        top_ups=waiting(),
        inbox=inbox_rows(moment),
        syncs=troubled_connections(moment),
    )


def outstanding(moment: datetime) -> list[Outstanding]:
    """What is owed, a token unit a row."""
    sums = (
        _unexpired(moment)
        .values("wallet__unit")
        .annotate(
            tokens=Sum("remaining"),
            bought=Sum("remaining", filter=Q(kind=Grant.Kind.PURCHASE)),
        )
    )
    worth = owed_by_unit()
    by_unit = {row["wallet__unit"]: row | {"paid": worth.get(row["wallet__unit"])} for row in sums}
    wallets = Wallet.objects.values("unit", "unit__code").annotate(
        owed=Sum("overage"), accounts=Count("account")
    )
    currency = reporting_currency()
    found = [
        _outstanding(row, by_unit.get(row["unit"], {}), currency)
        for row in wallets.order_by("-unit__is_default", "unit__code")
    ]
    return [one for one in found if one.tokens or one.overage or one.accounts]


def _outstanding(wallets: Mapping[str, Any], grants: Mapping[str, Any], currency: str) -> Outstanding:
    def amount(name: str) -> Decimal:
        found: Decimal | None = grants.get(name)
        return found or Decimal(0)

    owed: Decimal = wallets["owed"] or Decimal(0)
    return Outstanding(
        wallets["unit__code"],
        amount("tokens"),
        amount("bought"),
        amount("paid"),
        currency,
        owed,
        wallets["accounts"],
    )


def trials(moment: datetime) -> Trials:
    """Trials that are alive at `moment`."""
    alive = _unexpired(moment).filter(kind=Grant.Kind.TRIAL)
    by_account = alive.values("account").annotate(
        grants=Count("pk"), issued=Sum("tokens"), drawn=Sum("spent")
    )
    sums = by_account.aggregate(
        count=Sum("grants"), accounts=Count("account"), tokens=Sum("issued"), spent=Sum("drawn")
    )
    return Trials(
        sums["count"] or 0, sums["accounts"], sums["tokens"] or Decimal(0), sums["spent"] or Decimal(0)
    )


def _unexpired(moment: datetime) -> QuerySet[Grant]:
    """Open grants whose end, if they have one, is still to come."""
    return Grant.objects.filter(is_open=True).filter(Q(expires_at=None) | Q(expires_at__gt=moment))


def newest_denials() -> list[Denial]:
    """The refusals recorded last."""
    return list(Denial.objects.select_related("account", "product").order_by("-pk")[:DENIALS_SHOWN])
