"""What the inbox has rows of, as it stands.

Thresholds, usage beyond the policy, paid tokens that expire, losing prices, burn that bends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import F, QuerySet

from billing.queries.burn import by_whole_day
from billing.queries.cost_review import TableReview, Target, review_margins
from billing.rules.forecasting import HOURS, LEARNT_FROM, Departure, History, departure
from config.kernel.database import rows_of
from config.kernel.identity import first_id_at
from config.kernel.utc import midnight
from usage.queries.usage_reader import usage_reader
from usage.rules.usage_asked import UsageQuestion
from wallets.models import Account, Grant, TokenUnit

THRESHOLD_DAYS = 30
"""A threshold that was reached longer ago, and that nobody bought after, is no news any more."""
EXPIRING_WITHIN = timedelta(days=14)
CRUMB = Decimal("0.01")
"""Of a grant: what is less of it is nobody's concern."""
DAY = timedelta(days=1)
ACTIVE = Account.State.ACTIVE
PAGE = 200


@dataclass(frozen=True, slots=True)
class Reached:
    """The highest threshold that an account's wallet has reached since tokens came last, and still is beyond.

    share: the threshold, in percent spent of `stocked`, what was available then. starts: how many grants had come into
    force. debit_id, at: what reached it.
    """

    account_id: UUID
    reference: str
    wallet_id: UUID
    unit: str
    starts: int
    share: int
    stocked: Decimal
    balance: Decimal
    debit_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """A wallet in overage, part of which its policy would have refused: the usage was over when it was reported.

    overdrawn_from: the number of the entry that its overage begins with. tokens: past the policy, in so many debits.
    debit_id, at: the first of them.
    """

    account_id: UUID
    reference: str
    wallet_id: UUID
    unit: str
    overdrawn_from: int
    tokens: Decimal
    debits: int
    debit_id: UUID
    at: datetime
    overage: Decimal


@dataclass(frozen=True, slots=True)
class Bend:
    """An account's burn of a unit that left what its weeks let expect."""

    account: Account
    unit: TokenUnit
    departure: Departure


def thresholds(moment: datetime) -> list[Reached]:
    """Of active accounts, one a wallet: what was crossed in the last thirty days and stands."""
    given = {"first": first_id_at(moment - THRESHOLD_DAYS * DAY)}
    return [Reached(*row) for row in rows_of(_THRESHOLDS, given)]


def beyond() -> list[Past]:
    """Wallets with debits marked as beyond the policy since their overage began, as long as they have some."""
    return [Past(*row) for row in rows_of(_BEYOND, {})]


def expiring(moment: datetime) -> QuerySet[Grant]:
    """Bought grants of which a hundredth or more remains and that expire within two weeks, the next ones first."""
    found = Grant.objects.filter(
        kind=Grant.Kind.PURCHASE,
        is_open=True,
        remaining__gte=F("tokens") * CRUMB,
        expires_at__gt=moment,
        expires_at__lt=moment + EXPIRING_WITHIN,
    )
    return found.select_related("account", "wallet__unit").order_by("expires_at", "pk")


def losing(moment: datetime) -> Sequence[TableReview] | None:
    """Rate tables with rates in force, or scheduled, that cost more than they bring; None where that can't be told."""
    found = review_margins(moment, Target(), with_drafts=False)
    return None if found.untold else found.tables


def bends(moment: datetime) -> Iterator[Bend]:
    """Accounts whose last whole day used at least twice what was expected, or whose last week twice or half of it.

    That an account which is not active uses less is no news. Only whole days are asked here: all of a day stands in its
    first hour.
    """
    today = moment.astimezone(UTC).date()
    units = {unit.pk: unit for unit in TokenUnit.objects.all()}
    week = UsageQuestion(midnight(today - 14 * DAY), midnight(today), ("account",))
    active = [row.keys[0] for row in usage_reader().rows(week) if row.tokens > 0]
    for at in range(0, len(active), PAGE):
        page = frozenset(active[at : at + PAGE])
        accounts = Account.objects.in_bulk(page)
        for (account_id, unit_id), days in by_whole_day(page, today, LEARNT_FROM).items():
            found = _bend(days, today)
            account = accounts[account_id]
            if found is None or unit_id not in units or not (found.is_rise or account.state == ACTIVE):
                continue
            yield Bend(account, units[unit_id], found)


def _bend(used: Mapping[date, Decimal], today: date) -> Departure | None:
    begun, first = min(used), today - LEARNT_FROM * DAY
    first = first if begun <= first else begun + DAY
    hours = []
    for n in range((today - first).days):
        hours += [used.get(first + n * DAY, Decimal(0)), *[Decimal(0)] * (HOURS - 1)]
    known = History(first, hours)
    week, day = departure(known, 7), departure(known, 1)
    if week is not None and (week.used >= 2 * week.expected or 2 * week.used <= week.expected):
        return week
    return day if day is not None and day.is_rise and day.used >= 2 * day.expected else None


# `once` is threshold:wallet:starts:share; what came into force later has another `starts`.
_THRESHOLDS = """
    SELECT DISTINCT ON (w.id) c.account_id, a.reference, w.id, u.code, w.starts,
           split_part(c.once, ':', 4)::int AS share, w.stocked, w.balance, c.debit_id, c.recorded_at
    FROM usage_crossing c
    JOIN wallets_wallet w ON w.account_id = c.account_id AND w.id = split_part(c.once, ':', 2)::uuid
        AND w.starts = split_part(c.once, ':', 3)::bigint
    JOIN wallets_account a ON a.id = c.account_id AND a.state = 'active'
    JOIN wallets_tokenunit u ON u.id = w.unit_id
    WHERE c.id >= %(first)s AND c.kind = 'balance.threshold'
      AND (w.stocked - w.balance) * 100 >= split_part(c.once, ':', 4)::int * w.stocked
    ORDER BY w.id, share DESC
"""
_BEYOND = """
    SELECT w.account_id, a.reference, w.id, u.code, w.overdrawn_from, sum(b.tokens), count(*),
           (array_agg(b.debit_id ORDER BY b.id))[1], min(b.recorded_at), w.overage
    FROM wallets_wallet w
    JOIN wallets_entry e ON e.account_id = w.account_id AND e.wallet_id = w.id AND e.number = w.overdrawn_from
    JOIN usage_beyondpolicy b ON b.account_id = w.account_id AND b.recorded_at >= e.recorded_at
    JOIN usage_debit d ON d.id = b.debit_id AND d.account_id = b.account_id AND d.wallet_id = w.id
    JOIN wallets_account a ON a.id = w.account_id
    JOIN wallets_tokenunit u ON u.id = w.unit_id
    WHERE w.overage > 0
    GROUP BY w.account_id, a.reference, w.id, u.code, w.overdrawn_from, w.overage
    ORDER BY a.reference, u.code
"""
