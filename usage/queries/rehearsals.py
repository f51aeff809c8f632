"""What rehearsals found: in all, by feature and by account, and whose wallet would run dry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet, Sum

from config.kernel.streaming import streamed
from pricing.models import Feature
from usage.models import Rehearsal, RehearsalLine
from usage.rules.impact import DRY_WITHIN, Sums, change_share, runway
from wallets.models import Account, TokenUnit

_SUMMED = (
    *("lines", "quantity", "tokens_before", "tokens_after", "unpriced_lines", "unpriced_tokens"),
    *("cost_before", "costed_before", "cost_after", "costed_after"),
)
_FIELDS = {"tokens_before": "before", "tokens_after": "after"}


@dataclass(frozen=True, slots=True)
class OfFeature:
    """What one feature came to."""

    feature: Feature
    sums: Sums


@dataclass(frozen=True, slots=True)
class Sides:
    """How many accounts are worse off, better off and where they were, and by how many tokens."""

    worse: int
    worse_by: Decimal
    better: int
    better_by: Decimal
    same: int

    @property
    def accounts(self) -> int:
        return self.worse + self.better + self.same


@dataclass(frozen=True, slots=True)
class OfAccount:
    """What one account's usage came to. before: without the lines that would have no price, as `charged` has them.

    available: what it can spend now. days: of the period.
    """

    account: Account
    before: Decimal
    after: Decimal
    charged: Decimal
    unpriced_lines: int
    available: Decimal
    days: Decimal

    @property
    def change(self) -> Decimal:
        return self.after - self.before

    @property
    def share(self) -> Decimal | None:
        return change_share(self.before, self.after)

    @property
    def runway_before(self) -> Decimal | None:
        """Days until nothing is available at the pace of the period; None where nothing burnt."""
        return runway(self.available, self.charged, self.days)

    @property
    def runway_after(self) -> Decimal | None:
        """The same at the other prices."""
        return runway(self.available, self.after, self.days)


@dataclass(frozen=True, slots=True)
class RunDry:
    """Wallets that would be empty within a week at the other prices and are not at those charged; the first of them."""

    count: int
    accounts: Sequence[OfAccount]


def total(rehearsal: Rehearsal) -> Sums:
    """What all of it came to."""
    return _sums(rehearsal.lines.aggregate(**_aggregates()))


def by_feature(rehearsal: Rehearsal, account_id: UUID | None = None) -> list[OfFeature]:
    """What each feature came to, for all accounts or one, the largest first."""
    lines = rehearsal.lines.all()
    if account_id is not None:
        lines = lines.filter(account_id=account_id)
    rows: list[Any] = list(lines.order_by().values("feature_id").annotate(**_aggregates()))
    features = Feature.objects.in_bulk([row["feature_id"] for row in rows])
    found = [OfFeature(features[row["feature_id"]], _sums(row)) for row in rows]
    return sorted(found, key=lambda each: (-max(each.sums.before, each.sums.after), each.feature.code))


def sides(rehearsal: Rehearsal) -> Sides:
    """Who is better and who is worse off."""
    (row,) = _asked(_SIDES, {"rehearsal": rehearsal.pk})
    return Sides(*row)


def hit(rehearsal: Rehearsal, *, most: int, after: int = 0) -> list[OfAccount]:
    """At most so many accounts, those hit hardest first: by the tokens that their usage would cost more."""
    return _accounts(rehearsal, _HIT, {"most": most, "after": after})


def gaining(rehearsal: Rehearsal, *, most: int) -> list[OfAccount]:
    """At most so many accounts that are better off, those that gain most first."""
    return _accounts(rehearsal, _GAINING, {"most": most})


def run_dry(rehearsal: Rehearsal, *, most: int) -> RunDry:
    """Whose wallet would run dry soon, as far as it has tokens now; the nearest first, at most so many."""
    given = {**_unit(rehearsal), "days": rehearsal.days, "dry": DRY_WITHIN, "most": most}
    rows = _asked(_DRY, given)
    return RunDry(rows[0][0] if rows else 0, _told(rehearsal, [row[1:] for row in rows]))


def of_account(rehearsal: Rehearsal, account_id: UUID) -> OfAccount | None:
    """What one account's usage came to; None where there is none."""
    found = _accounts(rehearsal, _ONE, {"account": account_id})
    return found[0] if found else None


def rows_of(rehearsal: Rehearsal) -> Iterator[Sequence[Any]]:
    """Every row, account by account: reference, feature, then the columns of `EXPORTED`."""
    lines: QuerySet[RehearsalLine] = rehearsal.lines.order_by("account__reference", "feature__code")
    return streamed(lines.values_list("account__reference", "feature__code", *EXPORTED))


EXPORTED = _SUMMED


def _aggregates() -> dict[str, Any]:
    return {f"sum_{name}": Sum(name) for name in _SUMMED}


def _sums(row: Mapping[str, Any]) -> Sums:
    found: dict[str, Any] = {_FIELDS.get(name, name): row[f"sum_{name}"] or Decimal(0) for name in _SUMMED}
    found["before"] -= found["unpriced_tokens"]
    return Sums(**found)


def _unit(rehearsal: Rehearsal) -> dict[str, Any]:
    unit = TokenUnit.objects.get(code=rehearsal.table.token)
    return {"rehearsal": rehearsal.pk, "unit": unit.pk}


def _accounts(rehearsal: Rehearsal, statement: str, given: dict[str, Any]) -> list[OfAccount]:
    return _told(rehearsal, _asked(statement, {**_unit(rehearsal), **given}))


def _told(rehearsal: Rehearsal, rows: Sequence[Sequence[Any]]) -> list[OfAccount]:
    accounts = Account.objects.in_bulk([row[0] for row in rows])
    return [
        OfAccount(accounts[account], before, after, charged, unpriced, available, rehearsal.days)
        for account, before, after, charged, unpriced, available in rows
    ]


def _asked(statement: str, given: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())


_OF_ACCOUNTS = """
    WITH found AS MATERIALIZED (
        SELECT account_id, sum(tokens_before - unpriced_tokens) AS before, sum(tokens_after) AS after,
               sum(tokens_before) AS charged, sum(unpriced_lines)::bigint AS unpriced
        FROM usage_rehearsalline WHERE rehearsal_id = %(rehearsal)s GROUP BY 1
    )
"""
_AVAILABLE = """
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(g.remaining - g.held), 0) AS tokens
        FROM wallets_wallet AS w JOIN wallets_grant AS g ON g.account_id = w.account_id AND g.wallet_id = w.id
        WHERE w.account_id = found.account_id AND w.unit_id = %(unit)s AND g.is_open
          AND g.effective_at <= statement_timestamp()
          AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp())
    ) AS available
"""
_SIDES = f"""
    {_OF_ACCOUNTS}
    SELECT count(*) FILTER (WHERE after > before), coalesce(sum(after - before) FILTER (WHERE after > before), 0),
           count(*) FILTER (WHERE after < before), coalesce(sum(before - after) FILTER (WHERE after < before), 0),
           count(*) FILTER (WHERE after = before)
    FROM found
"""
_HIT = f"""
    {_OF_ACCOUNTS}, chosen AS (
        SELECT * FROM found ORDER BY after - before DESC, account_id LIMIT %(most)s OFFSET %(after)s)
    SELECT found.account_id, before, after, charged, unpriced, available.tokens FROM chosen AS found {_AVAILABLE}
    ORDER BY after - before DESC, account_id
"""
_GAINING = f"""
    {_OF_ACCOUNTS}, chosen AS (
        SELECT * FROM found WHERE after < before ORDER BY after - before, account_id LIMIT %(most)s)
    SELECT found.account_id, before, after, charged, unpriced, available.tokens FROM chosen AS found {_AVAILABLE}
    ORDER BY after - before, account_id
"""
_ONE = f"""
    {_OF_ACCOUNTS}
    SELECT found.account_id, before, after, charged, unpriced, available.tokens FROM found {_AVAILABLE}
    WHERE found.account_id = %(account)s
"""
_DRY = f"""
    {_OF_ACCOUNTS}
    SELECT count(*) OVER (), found.account_id, before, after, charged, unpriced, available.tokens
    FROM (SELECT * FROM found WHERE after > before) AS found {_AVAILABLE}
    WHERE available.tokens > 0 AND available.tokens * %(days)s < after * %(dry)s
      AND available.tokens * %(days)s >= charged * %(dry)s
    ORDER BY available.tokens / after, found.account_id LIMIT %(most)s
"""
