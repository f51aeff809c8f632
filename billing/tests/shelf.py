"""A rate table with two models on it, for tests of costs and margins."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing.queries.cost_review import Finding, MarginReview, Target, review_margins
from pricing.models import Feature, RateTable, Version
from pricing.rules.rows import RateRow
from pricing.services import drafting, publishing
from pricing.tests.costs import a_list, imported
from usage.tests.made import Shop, a_grant, clock, named
from wallets.models import TokenUnit

WATER = Target()


class Shelf:
    """A table whose token was sold for a cent: a million units of chat are 500 tokens by one model, 900 by another."""

    def __init__(self) -> None:
        self.unit = TokenUnit.objects.create(code=named("T")[:16], name="Tests")
        self.shop = Shop(token=self.unit.code)
        bought = {"token": self.unit.code, "unit_cost": Decimal("0.01"), "currency": "USD"}
        a_grant(self.shop.an_account(), "100", kind="purchase", **bought)
        Feature.objects.filter(code=self.shop.chat).update(cost_component="input")
        self.small, self.large = named("small"), named("large")
        self.table: RateTable = self.shop.table

    def rows(self) -> list[RateRow]:
        """Both margins are 60 % at what the rows say of costs."""
        prices = {self.small: ("500", "0.000002"), self.large: ("900", "0.0000036")}
        return [
            RateRow(
                self.shop.chat,
                Decimal(tokens),
                per=Decimal(1_000_000),
                dimensions={"model": model},
                cost=Decimal(cost),
                cost_currency="USD",
            )
            for model, (tokens, cost) in prices.items()
        ]

    def draft(self) -> Version:
        draft = drafting.open_draft(table=self.table)
        return drafting.replace_rates(draft=draft, rows=self.rows(), revision=None)

    def publish(self, since: datetime | None = None) -> Version:
        return publishing.publish(version=self.draft(), effective_from=since)

    def list(
        self, small: str = "2e-06", large: str = "3.6e-06", *, since: datetime | None = None, **facts: str
    ) -> None:
        models = {self.small: small, self.large: large}
        text = a_list(**{model: {"input_cost_per_token": cost, **facts} for model, cost in models.items()})
        imported(text, since=since, is_partial=True)

    def found(self, target: Target = WATER, moment: datetime | None = None) -> list[Finding]:
        return findings(review_margins(moment or clock(), target), self.table)


def findings(found: MarginReview, table: RateTable) -> list[Finding]:
    return [finding for each in found.tables if each.table == table for finding in each.findings]
