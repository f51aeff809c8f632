"""The usage page as a whole: each part by itself, and none where counting it takes longer than a page should wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from billing.queries import trial_report, usage_figures, usage_money
from billing.queries.recent import in_time
from billing.queries.trial_report import Cohort
from billing.queries.usage_figures import Adoption, FeatureLine, Largest, Peaks
from billing.queries.usage_money import GROUPS_SHOWN, Money
from billing.queries.usage_prices import PriceHistory, price_history
from billing.queries.usage_scope import Scope, scope_of
from billing.rules.daily_burn import DailyBurn
from billing.rules.usage_view import UsageView
from config.kernel.utc import month_of
from pricing.models import Feature
from usage.queries.refused_demand import RefusedDemand, refused_demand
from usage.queries.rolled import Rolled, rolled
from usage.rules.usage_asked import UsageRow
from wallets.models import Account
from wallets.queries.currencies import reporting_currency


@dataclass(frozen=True, slots=True)
class Earned:
    """Money of all, and by feature, dimension and of the largest accounts. currency: the reporting one."""

    currency: str
    total: Money
    by_feature: Mapping[int | None, Money]
    by_dimension: Sequence[tuple[str, Money]]
    by_account: Sequence[tuple[Account, Money]]


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What the page shows. None: it took too long; of money: or it was not asked; of peaks: or hours are forgotten."""

    scope: Scope
    rolled: Rolled
    total: UsageRow | None
    features: Sequence[FeatureLine] | None
    burn: DailyBurn | None
    stacked_by: str
    peaks: Peaks | None
    launches: Sequence[tuple[Feature, date]] | None
    adoption: Adoption | None
    demand: Sequence[RefusedDemand] | None
    cohorts: Sequence[Cohort] | None
    largest: Largest | None
    with_money: bool
    earned: Earned | None
    prices: PriceHistory | None


def report(view: UsageView, now: datetime, *, with_money: bool, stacked_by: str = "feature") -> UsageReport:
    """stacked_by: feature or product. with_money: whether cost, revenue and margin are asked as well.

    Raises InvalidRequest.
    """
    scope = scope_of(view, now)
    total = in_time(lambda: usage_figures.total(scope))
    features = in_time(lambda: usage_figures.features(scope))
    launches = in_time(lambda: usage_figures.launches(scope))
    feature = scope.feature or _most_used(features)
    return UsageReport(
        scope=scope,
        rolled=rolled(),
        total=total,
        features=features,
        burn=in_time(lambda: usage_figures.burn(scope, stacked_by)),
        stacked_by=stacked_by,
        peaks=in_time(lambda: usage_figures.peaks(scope)),
        launches=launches,
        adoption=in_time(lambda: usage_figures.adoption(scope, launches or ())),
        demand=in_time(lambda: refused_demand(scope.question())),
        cohorts=in_time(lambda: _cohorts(scope)),
        largest=in_time(lambda: usage_figures.largest(scope, total)),
        with_money=with_money,
        earned=in_time(lambda: _earned(scope)) if with_money else None,
        prices=in_time(lambda: price_history(scope, feature)) if with_money and feature else None,
    )


def _most_used(features: Sequence[FeatureLine] | None) -> Feature | None:
    key = next((each.key for each in features or () if each.key and each.row.tokens > 0), None)
    return Feature.objects.filter(pk=key).first() if key else None


def _cohorts(scope: Scope) -> Sequence[Cohort] | None:
    """Of the twelve months to the end of the time that is looked at."""
    last = scope.span.until - timedelta(microseconds=1)
    month = month_of(last)
    since = month.replace(year=month.year - 1) + timedelta(days=31)
    return trial_report.cohorts(since.replace(day=1), scope.span.until, scope.unit.code, scope.accounts)


def _earned(scope: Scope) -> Earned:
    """Asked once by feature and dimension, of which both are sums."""
    parts = usage_money.portions(scope)
    by_both = usage_money.money_by(scope, parts, "feature", usage_money.by_dimension(scope))
    by_account = usage_money.money_by(scope, parts, "account", limit=usage_figures.LARGEST)
    known: Mapping[Any, Account] = Account.objects.in_bulk([key for (key,) in by_account])
    by_dimension = usage_money.summed(by_both, 1)
    ranked = sorted(by_dimension.items(), key=lambda each: -each[1].tokens)[:GROUPS_SHOWN]
    return Earned(
        reporting_currency(),
        sum(by_both.values(), Money()),
        usage_money.summed(by_both, 0),
        [(name or "", money) for name, money in ranked],
        [(known[key], money) for (key,), money in by_account.items()],
    )
