"""What a job of several products would cost: each is quoted by itself, and all draw on the same tokens."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.queries.job_estimates import JobLine, priced_for
from billing.services.job_estimating import JobCost, cost_of
from pricing.rules.rows import RateRow
from pricing.services import catalogue, drafting, publishing
from usage.tests.made import DAY, Shop, a_grant, a_product, clock, named, up_to

pytestmark = pytest.mark.django_db


def a_job(policy: str | None, *quantities: str) -> JobCost:
    """Of an account with a hundred tokens: a product a quantity, by one price list. policy: overage up to so much."""
    shop, codes = Shop(), [named("f") for _ in quantities]
    for code in codes:
        catalogue.create_feature(product=a_product(), code=code, unit="token")
    table = catalogue.create_table(code=named("table"), token="AIT")
    draft = drafting.open_draft(table=table)
    drafting.replace_rates(draft=draft, rows=[RateRow(code, Decimal(1)) for code in codes], revision=None)
    publishing.publish(version=draft, moment=clock() - DAY)
    asked = {} if policy is None else {"policy": up_to(policy)}
    account = shop.an_account(rate_table=table.code, **asked)
    a_grant(account, "100")
    priced = {each.feature: each for each in priced_for(account, clock())}
    lines = [JobLine(priced[code], Decimal(each)) for code, each in zip(codes, quantities, strict=True)]
    return cost_of(account, lines, clock())


def test_is_refused_where_they_are_too_much_together() -> None:
    told = a_job(None, "80", "80")

    assert told.tokens == 160
    assert told.refusals == ["The tokens that are left do not cover it, and no overage is agreed for it."]


def test_goes_into_overage_together_as_far_as_is_agreed() -> None:
    told = a_job("60", "80", "80")
    assert (told.overage, told.left, told.refusals) == (60, 0, [])

    assert a_job("59", "80", "80").refusals


def test_leaves_what_none_of_them_takes() -> None:
    told = a_job(None, "30", "50")

    assert (told.overage, told.left, told.refusals) == (0, 20, [])
