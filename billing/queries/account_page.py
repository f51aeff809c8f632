"""What the account page shows of one account in one token unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from billing.queries.recent import patiently
from pricing.models import Feature, RateTable
from usage.queries.policies import ruling_at
from usage.queries.terms import table_at
from usage.rules import policy_words
from usage.rules.ladders import Ruling
from wallets.models import Account, Entry, TokenUnit, Wallet
from wallets.queries.balances import holding_now
from wallets.rules.holding import Holding

BURN_DAYS = 30
RATE_DAYS = 7
POINTS = 300
USAGE_DAYS = 30
FEATURES_SHOWN = 50


@dataclass(frozen=True)
class Summary:
    """The head and the cards.

    burn: tokens charged on each of the last thirty days, today last; empty where there are too many to count.
    """

    unit: TokenUnit
    units: Sequence[TokenUnit]
    wallet: Wallet | None
    holding: Holding
    ruling: Ruling
    table: RateTable | None
    burn: Sequence[Decimal]
    moment: datetime

    @property
    def a_day(self) -> Decimal | None:
        """The mean of the last seven days, today included; None where that is not known."""
        if not self.burn:
            return None
        return sum(self.burn[-RATE_DAYS:], Decimal(0)) / RATE_DAYS

    @property
    def runs_out_at(self) -> datetime | None:
        """When what is available is gone if burning goes on; None where nothing burns or it lasts for years."""
        if not self.a_day or not self.holding.available:
            return None
        days = self.holding.available / self.a_day
        return self.moment + timedelta(days=float(days)) if days < 3650 else None

    @property
    def policy_words(self) -> str:
        said = policy_words.label(self.ruling.policy)
        return said if self.ruling.scope in ("account", "default") else f"{said}, shared"


@dataclass(frozen=True)
class FeatureUse:
    """What one feature came to in the last thirty days."""

    code: str
    name: str
    unit: str
    quantity: Decimal
    tokens: Decimal
    lines: int
    share: int


def summary(account: Account, unit_code: str | None, moment: datetime) -> Summary:
    """The head and the cards, in the unit asked for, else the default one or the only one held."""
    wallets = {each.unit_id: each for each in Wallet.objects.filter(account=account).select_related("unit")}
    units = list(TokenUnit.objects.order_by("-is_default", "code"))
    unit = _chosen(units, unit_code, wallets)
    return Summary(
        unit=unit,
        units=[each for each in units if each.pk in wallets or each.pk == unit.pk],
        wallet=wallets.get(unit.pk),
        holding=holding_now(account.pk, unit.pk),
        ruling=ruling_at(account.pk),
        table=table_at(account.pk, moment),
        burn=_burn(account.pk, unit.pk, moment.date()),
        moment=moment,
    )


def _chosen(units: Sequence[TokenUnit], code: str | None, wallets: dict[int, Wallet]) -> TokenUnit:
    named = next((unit for unit in units if unit.code == code), None)
    held = next((unit for unit in units if unit.pk in wallets), None)
    return named or held or units[0]


def _burn(account_id: UUID, unit_id: int, today: date) -> list[Decimal]:
    first = today - timedelta(days=BURN_DAYS - 1)
    rows = patiently(_BURN, {"account": account_id, "unit": unit_id, "since": first})
    if rows is None:
        return []
    found = dict(rows)
    return [found.get(first + timedelta(days=n), Decimal(0)) for n in range(BURN_DAYS)]


def balance_points(wallet: Wallet, upto: datetime) -> list[tuple[datetime, Decimal]]:
    """The ledger balance over the wallet's life: every movement, or three hundred of them evenly spread."""
    step = max(1, -(-wallet.last_number // POINTS))
    numbers = {*range(1, wallet.last_number + 1, step), wallet.last_number}
    entries = Entry.objects.filter(account_id=wallet.account_id, wallet=wallet, number__in=numbers)
    points = list(entries.order_by("number").values_list("recorded_at", "balance_after"))
    return [*points, (upto, points[-1][1])] if points else []


def usage_by_feature(account_id: UUID, unit_id: int, moment: datetime) -> list[FeatureUse] | None:
    """What each feature came to, the largest first; None where there is too much to count while a page waits."""
    since = moment - timedelta(days=USAGE_DAYS)
    rows = patiently(
        _USAGE, {"account": account_id, "unit": unit_id, "since": since, "shown": FEATURES_SHOWN}
    )
    if rows is None:
        return None
    features = Feature.objects.in_bulk([row[0] for row in rows])
    largest = max((row[2] for row in rows), default=Decimal(0))
    return [
        FeatureUse(
            code=features[feature].code,
            name=features[feature].name,
            unit=features[feature].unit,
            quantity=quantity,
            tokens=tokens,
            lines=lines,
            share=int(tokens * 100 / largest) if largest else 0,
        )
        for feature, quantity, tokens, lines in rows
    ]


# What a re-rating charged anew counts in place of what it gave back.
_STANDS = (
    "NOT EXISTS (SELECT FROM usage_correction c WHERE c.debit_id = d.id AND c.account_id = d.account_id)"
)
_BURN = f"""
    SELECT (occurred_at AT TIME ZONE 'UTC')::date, sum(tokens) FROM usage_debit AS d
    WHERE account_id = %(account)s AND unit_id = %(unit)s AND recorded_at >= %(since)s AND occurred_at >= %(since)s
      AND {_STANDS}
    GROUP BY 1
"""
_USAGE = f"""
    SELECT l.feature_id, sum(l.quantity), sum(l.tokens) AS tokens, count(*)
    FROM usage_debit AS d JOIN usage_debitline AS l ON l.debit_id = d.id AND l.account_id = d.account_id
    WHERE d.account_id = %(account)s AND d.unit_id = %(unit)s AND d.recorded_at >= %(since)s
      AND d.occurred_at >= %(since)s AND {_STANDS}
    GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT %(shown)s
"""
