"""Prices drafted from what models cost: rates that earn too little brought up to a margin."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from billing.errors import NothingToReprice
from billing.queries.cost_review import Target
from billing.queries.margins import worth_of
from billing.rules.margins import Worth, margin
from billing.rules.repricing import at_cost, markup_for, own_cost, price_of, written
from pricing.models import RateTable, Version
from pricing.queries.costs import costs_of
from pricing.queries.versions import draft_of, rows_of, version_in_force
from pricing.rules.costs import CostLine
from pricing.rules.rows import RateRow
from pricing.services import drafting


@transaction.atomic
def match_margin(
    *, table: RateTable, target: Target, moment: datetime, user: User | None = None, reason: str = ""
) -> tuple[Version, int]:
    """Let the table's draft price what earns too little at what models cost at `moment` so that it earns enough.

    Where nobody told what its model costs, a rate goes by the cost that it says, as in `review_margins`.

    Answers the draft and how many rates it prices anew. Where there is no draft, one begins with the rates in force.
    Rates of no tokens, with tiers or by a formula, and all that earn enough, stay as they are.

    Raises NothingToReprice, InvalidRequest.
    """
    drafting.lock_table(table.pk)
    draft = draft_of(table.pk) or drafting.open_draft(
        table=table, based_on=version_in_force(table.pk, moment), user=user, reason=reason
    )
    before = rows_of(draft)
    worth = worth_of(table.token)
    told = costs_of(before, moment)
    costs = [cost or own_cost(row, worth.currency) for row, cost in zip(before, told, strict=True)]
    after = [_matched(row, cost, worth, target) for row, cost in zip(before, costs, strict=True)]
    count = sum(old is not new for old, new in zip(before, after, strict=True))
    if not count:
        raise NothingToReprice(f"No rate of {table} earns too little at present costs.")
    draft = drafting.replace_rates(draft=draft, rows=after, revision=draft.revision, user=user, reason=reason)
    return draft, count


def _matched(row: RateRow, cost: CostLine | None, worth: Worth, target: Target) -> RateRow:
    if cost is None:
        return row
    share = margin(at_cost(row, cost), worth).share
    price = price_of(row, cost, worth, markup_for(target.match), target.digits)
    if share is None or share >= target.under or price is None:
        return row
    if not cost.component:
        return replace(row, tokens=price)
    return replace(row, tokens=price, cost=written(cost), cost_currency=cost.currency)
