"""What looks like abuse: cheap rules over what is stored anyway. Each names its evidence and decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Count, Sum

from config.kernel.identity import first_id_at
from usage.models import ApiKey, Denial, KeySighting
from wallets.models import Account, Grant

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
BURN_TIMES, BURN_LEAST = 10, Decimal(100)
"""A burn is sudden from so many times the account's usual hour on, and from so many tokens on."""
REFUSALS = 100
NETWORKS = 20
SHOWN = 50


@dataclass(frozen=True, slots=True)
class SuddenBurn:
    """An account that burnt much more in the last hour than in its hours of the week before, in one token unit."""

    account: Account
    unit: str
    tokens: Decimal
    usual: Decimal

    @property
    def times(self) -> int | None:
        """So many times as much as usual; None where the week before had none."""
        return int(self.tokens / self.usual) if self.usual else None


@dataclass(frozen=True, slots=True)
class Refused:
    """An account that was refused again and again in the last hour."""

    account: Account
    times: int


@dataclass(frozen=True, slots=True)
class Wandering:
    """A key that was used from many networks today."""

    key: ApiKey
    networks: int


@dataclass(frozen=True, slots=True)
class Twice:
    """Accounts of one domain that each got trial tokens."""

    domain: str
    accounts: Sequence[Account]


def sudden_burns(now: datetime) -> list[SuddenBurn]:
    """Accounts whose last hour stands out, the most tokens first."""
    with connection.cursor() as cursor:
        cursor.execute(
            _BURNS,
            {
                "hour": first_id_at(now - HOUR),
                "week": now - WEEK,
                "since": now - HOUR,
                "least": BURN_LEAST,
                "times": BURN_TIMES,
                "hours": int(WEEK / HOUR),
                "shown": SHOWN,
            },
        )
        rows = cursor.fetchall()
    accounts = _accounts(row[0] for row in rows)
    return [SuddenBurn(accounts[pk], unit, tokens, usual) for pk, unit, tokens, usual in rows]


_BURNS = """
    SELECT lately.account_id, u.code, lately.tokens, coalesce(before.tokens, 0) / %(hours)s
    FROM (SELECT account_id, unit_id, sum(tokens) AS tokens FROM usage_debit
          WHERE id >= %(hour)s AND recorded_at >= %(since)s AND key NOT LIKE 'rerating %%'
          GROUP BY 1, 2 HAVING sum(tokens) >= %(least)s) AS lately
    JOIN wallets_tokenunit u ON u.id = lately.unit_id
    LEFT JOIN LATERAL (
        SELECT sum(tokens) AS tokens FROM usage_debit d
        WHERE d.account_id = lately.account_id AND d.unit_id = lately.unit_id
          AND d.recorded_at >= %(week)s AND d.recorded_at < %(since)s) AS before ON true
    JOIN wallets_account a ON a.id = lately.account_id
    WHERE lately.tokens >= %(times)s * coalesce(before.tokens, 0) / %(hours)s AND a.created_at < %(since)s
    ORDER BY lately.tokens DESC LIMIT %(shown)s
"""


def many_refusals(now: datetime) -> list[Refused]:
    """Accounts that were refused a hundred times and more in the last hour, the most first."""
    rows = Denial.objects.filter(pk__gte=first_id_at(now - HOUR)).values("account_id")
    found = rows.annotate(times=Sum("count")).filter(times__gte=REFUSALS).order_by("-times")[:SHOWN]
    accounts = _accounts(row["account_id"] for row in found)
    return [Refused(accounts[row["account_id"]], row["times"]) for row in found]


def wandering_keys(now: datetime) -> list[Wandering]:
    """Keys that were used from twenty networks and more today, by UTC."""
    seen = KeySighting.objects.filter(day=now.date(), api_key__revoked_at=None).values("api_key_id")
    found = seen.annotate(networks=Count("pk")).filter(networks__gte=NETWORKS).order_by("-networks")[:SHOWN]
    keys = ApiKey.objects.select_related("product").in_bulk([row["api_key_id"] for row in found])
    return [Wandering(keys[row["api_key_id"]], row["networks"]) for row in found]


def trials_twice(now: datetime) -> list[Twice]:
    """Domains, by the external id `domain` of accounts, of which more than one got trial tokens in the last year."""
    trials = Grant.objects.filter(kind=Grant.Kind.TRIAL, pk__gte=first_id_at(now - timedelta(days=365)))
    rows = Account.objects.filter(external_ids__has_key="domain", pk__in=trials.values("account_id"))
    by_domain: dict[str, list[Account]] = {}
    for account in rows.order_by("created_at"):
        by_domain.setdefault(str(account.external_ids["domain"]).strip().lower(), []).append(account)
    return [Twice(domain, found) for domain, found in sorted(by_domain.items()) if len(found) > 1][:SHOWN]


def _accounts(ids: Iterator[UUID]) -> dict[UUID, Account]:
    return Account.objects.in_bulk(list(ids))
