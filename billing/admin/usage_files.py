"""What is on the usage page as files: a part as CSV, all of it as a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from billing.queries.usage_figures import FeatureLine
from billing.queries.usage_money import Money
from billing.queries.usage_report import Earned, UsageReport
from config.desk.files import Sheet
from config.desk.heat import WEEKDAYS


def sheets_of(report: UsageReport) -> list[Sheet]:
    """The parts that the page shows, in its order."""
    return [
        *_of_usage(report),
        *(_of_money(report, report.earned) if report.earned else ()),
        *_of_demand(report),
    ]


def _of_usage(report: UsageReport) -> Iterator[Sheet]:
    columns = [
        "feature",
        "name",
        "unit",
        "quantity",
        "tokens",
        "tokens_before",
        "calls",
        "accounts",
        "refused",
    ]
    earned = report.earned
    money = _money_columns(earned) if earned else ()
    yield Sheet("features", [*columns, *money], [_feature(each, earned) for each in report.features or ()])
    if report.burn:
        names = [name for name, _ in report.burn.series]
        yield Sheet("burn", ["day", *names], [[day, *amounts] for day, amounts in report.burn.rows])
    if report.peaks:
        mean = report.peaks.mean
        week = [
            [name, *(mean.get((day, hour), Decimal(0)) for hour in range(24))]
            for day, name in enumerate(WEEKDAYS)
        ]
        yield Sheet("peaks", ["weekday", *(f"{hour:02d}:00" for hour in range(24))], week)
        yield Sheet(
            "hours", ["hour", "tokens"], [[at.isoformat(), tokens] for at, tokens in report.peaks.hours]
        )
    if report.adoption:
        weeks = [[each.week + 1, each.accounts, each.newcomers] for each in report.adoption.weeks]
        yield Sheet("adoption", [f"week of {report.adoption.feature.code}", "accounts", "newcomers"], weeks)


def _feature(line: FeatureLine, earned: Earned | None) -> list[Any]:
    row = line.row
    told = [
        line.code,
        line.name,
        line.unit,
        row.quantity,
        row.tokens,
        line.before,
        row.calls,
        line.accounts,
        row.refused,
    ]
    return [*told, *(_money(earned.by_feature.get(line.key, Money())) if earned else ())]


def _money_columns(earned: Earned) -> list[str]:
    return [f"revenue_{earned.currency}", f"cost_{earned.currency}", "margin", "units_of_unknown_cost"]


def _money(money: Money) -> list[Any]:
    return [money.revenue, money.cost, money.margin, money.uncosted]


def _of_money(report: UsageReport, earned: Earned) -> Iterator[Sheet]:
    money = ["tokens", *_money_columns(earned)]
    dimension = report.scope.view.dimension
    rows = [[name, each.tokens, *_money(each)] for name, each in earned.by_dimension]
    yield Sheet("dimension", [dimension, *money], rows)
    accounts = [[each.reference, each.name, told.tokens, *_money(told)] for each, told in earned.by_account]
    yield Sheet("accounts", ["account", "name", *money], accounts)
    if report.prices:
        history = report.prices
        worth = history.worth.token
        days = [[day, each.token_price, each.price_at(worth), each.unit_cost] for day, each in history.days]
        head = [
            f"day of {history.feature.code}",
            "tokens_a_unit",
            f"price_{earned.currency}",
            f"cost_{earned.currency}",
        ]
        yield Sheet("prices", head, days)


def _of_demand(report: UsageReport) -> Iterator[Sheet]:
    head = ["feature", "name", "reason", "wanted", "times", "accounts", "tokens", "of_unknown_tokens"]
    rows = [
        [
            each.feature,
            each.name,
            each.reason,
            each.wanted,
            each.times,
            each.accounts,
            each.tokens,
            each.unknown,
        ]
        for each in report.demand or ()
    ]
    yield Sheet("refused", head, rows)
    months = [
        [each.month, each.issued, each.activated, each.used, each.converted, each.tokens, each.spent]
        for each in report.cohorts or ()
    ]
    yield Sheet("trials", ["month", "issued", "activated", "used_up", "converted", "tokens", "spent"], months)
    if report.largest:
        rows = [[each.reference, each.name, row.tokens, row.calls] for each, row in report.largest.accounts]
        yield Sheet("largest", ["account", "name", "tokens", "calls"], rows)
