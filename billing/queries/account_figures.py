"""The figures of accounts that outside systems are told of: many accounts in few statements, nothing by history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from billing.models import Trial
from billing.queries.account_usage import AccountUsage, usages_of
from billing.queries.trials import stands
from billing.rules.figures import AccountFigures
from config.kernel.database import rows_of
from wallets.models import Account, TokenUnit, Wallet
from wallets.queries.balances import holding_now

MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Told:
    """A message that was made: its identity, its content as text, and when it was made."""

    pk: UUID
    content: str
    at: datetime


_LAST_USES = """
    SELECT a.id, d.occurred_at FROM unnest(%(accounts)s::uuid[]) AS a (id)
    CROSS JOIN LATERAL (SELECT occurred_at FROM usage_debit
                        WHERE account_id = a.id ORDER BY recorded_at DESC LIMIT 1) AS d
"""
_PLANS = """
    SELECT a.id, string_agg(DISTINCT l.snapshot->>'name', ', ' ORDER BY l.snapshot->>'name')
    FROM unnest(%(accounts)s::uuid[]) AS a (id) JOIN billing_order o ON o.account_id = a.id
    CROSS JOIN LATERAL (SELECT id, state FROM billing_orderversion v
                        WHERE v.account_id = o.account_id AND v.order_id = o.id ORDER BY number DESC LIMIT 1) AS v
    JOIN billing_orderline l ON l.version_id = v.id AND v.state = 'active' AND l.snapshot->>'kind' = 'plan'
        AND l.begins_at <= %(now)s AND (l.ends_at IS NULL OR l.ends_at > %(now)s)
    GROUP BY 1
"""
_TRIALS = """
    SELECT t.id FROM unnest(%(accounts)s::uuid[]) AS a (id)
    CROSS JOIN LATERAL (SELECT id FROM billing_trial WHERE customer_id = a.id ORDER BY id DESC LIMIT 1) AS t
"""
_LAST_TOLD = """
    SELECT s.subject, o.id, o.content::text, o.created_at FROM unnest(%(subjects)s::text[]) AS s (subject)
    CROSS JOIN LATERAL (SELECT id, content, created_at FROM billing_outgoing
                        WHERE connection_id = %(connection)s AND kind = %(kind)s AND subject = s.subject
                        ORDER BY id DESC LIMIT 1) AS o
"""


def uses_of(accounts: Sequence[Account], now: datetime) -> dict[UUID, AccountUsage]:
    """What each used in the token unit that its figures are in, and how that goes on."""
    return usages_of({pk: unit.pk for pk, unit in units_of(accounts).items()}, now)


def units_of(accounts: Sequence[Account]) -> dict[UUID, TokenUnit]:
    """The token unit that figures of an account are in: the default one, else the only or first one that it holds."""
    units = list(TokenUnit.objects.order_by("-is_default", "code"))
    held: dict[UUID, set[int]] = {}
    for account_id, unit_id in Wallet.objects.filter(account__in=accounts).values_list(
        "account_id", "unit_id"
    ):
        held.setdefault(account_id, set()).add(unit_id)
    return {
        each.pk: next((unit for unit in units if unit.pk in held.get(each.pk, ())), units[0])
        for each in accounts
    }


def figures_of(
    accounts: Sequence[Account], uses: Mapping[UUID, AccountUsage], now: datetime
) -> dict[UUID, AccountFigures]:
    """The figures of each account now. uses: by `uses_of`."""
    asked = {"accounts": [each.pk for each in accounts], "now": now}
    used_at, plans = dict(rows_of(_LAST_USES, asked)), dict(rows_of(_PLANS, asked))
    newest = Trial.objects.filter(pk__in=[pk for (pk,) in rows_of(_TRIALS, asked)])
    trials = {stand.trial.customer_id: stand for stand in stands(newest, now)}
    units, found = units_of(accounts), {}
    for account in accounts:
        holding = holding_now(account.pk, units[account.pk].pk, now)
        expiry, trial, use = holding.next_expiry, trials.get(account.pk), uses[account.pk]
        found[account.pk] = AccountFigures(
            reference=account.reference,
            state=account.state,
            unit=units[account.pk].code,
            available=holding.available,
            held=holding.held,
            overage=holding.overage,
            burn_a_day=None if use.a_day is None else use.a_day.quantize(MILLIONTH),
            learnt_days=use.forecast.days if use.forecast else 0,
            runs_out=use.runs_out(holding.available, now),
            next_expiry_on=_day(expiry.at) if expiry else None,
            next_expiry_tokens=expiry.tokens if expiry else None,
            trial=trial.state if trial else "",
            trial_ends_on=_day(trial.grant.expires_at) if trial else None,
            plan=plans.get(account.pk, ""),
            last_used_at=used_at.get(account.pk),
        )
    return found


def last_told(connection_id: int, kind: str, subjects: Sequence[str]) -> dict[str, Told]:
    """The newest message of a kind of each subject."""
    asked = {"connection": connection_id, "kind": kind, "subjects": list(subjects)}
    return {subject: Told(*message) for subject, *message in rows_of(_LAST_TOLD, asked)}


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.astimezone(UTC).date()
