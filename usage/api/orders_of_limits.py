"""Budgets, allowances and access as they were sent, in the form that services take."""

from usage.api.requests_of_limits import AccessRequest, AllowanceRequest, BudgetRequest
from usage.rules.limits_asked import AccessAsked, AllowanceAsked, BudgetAsked


def budget(asked: BudgetRequest) -> BudgetAsked:
    return BudgetAsked(
        period=asked.period,
        tokens=asked.tokens,
        is_hard=asked.hard,
        feature=asked.feature,
        subject=asked.subject,
        dimensions=asked.dimensions,
        per=asked.per,
        token=asked.token,
    )


def allowance(asked: AllowanceRequest) -> AllowanceAsked:
    return AllowanceAsked(
        units=asked.units,
        period=asked.period,
        anchor=asked.anchor,
        carries=asked.carries,
        effective_from=asked.effective_from,
        effective_until=asked.effective_until,
    )


def access(asked: AccessRequest) -> AccessAsked:
    kind = "none" if asked.state == "default" else asked.state
    return AccessAsked(kind, asked.effective_from, asked.effective_until)
