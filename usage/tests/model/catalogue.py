"""What all histories of a run are played with: what people set before anything is used."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from config.kernel.errors import DomainError
from pricing.models import CostRate, Feature
from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from pricing.services import catalogue, drafting, publishing
from usage.services import terms
from usage.tests.model import costs
from usage.tests.model import histories as h
from usage.tests.model.facts import Refused
from usage.tests.model.metering import make_months
from usage.tests.model.playing import LONG_AGO
from usage.tests.model.prices import Rate, SeatTerms
from usage.tests.model.product_rules import save_unlock
from usage.tests.model.rules import PASSES
from wallets.models import Currency, TokenUnit


class Catalogue:
    """What all histories of a run share: units, products, features and tables with their first prices."""

    def __init__(self) -> None:
        gem = TokenUnit.objects.create(code="GEM", name="", is_default=False)
        self.units = {"AIT": TokenUnit.objects.get(code="AIT").pk, "GEM": gem.pk}
        self._cost()
        products = {code: catalogue.create_product(code=code) for code in sorted(set(h.FEATURES.values()))}
        self.products = {code: product.pk for code, product in products.items()}
        for code, product in h.FEATURES.items():
            catalogue.create_feature(product=products[product], code=code)
        Feature.objects.filter(code=costs.COSTED).update(cost_component="input")
        for code, opens in PASSES.items():
            save_unlock(code, opens)
        self.tables = {code: catalogue.create_table(code=code, token=unit) for code, unit in h.TABLES.items()}
        for code in self.tables:
            self.publish(code, (h.FLAT,), LONG_AGO, None)
        terms.set_default(table_id=self.tables["standard"].pk, now=LONG_AGO)
        make_months(LONG_AGO)

    def _cost(self) -> None:
        """The currencies there are beside the reporting one, and what models cost."""
        for code, worth in costs.WORTHS.items():
            Currency.objects.get_or_create(code=code, defaults={"reporting_rate": worth})
        by_hand = {
            "source": "manual",
            "reason": "Agreed.",
            "effective_from": LONG_AGO,
            "recorded_at": LONG_AGO,
        }
        for model, (cost, currency) in costs.MODELS.items():
            told = {"provider": "openai", "component": "input", "cost": cost, "currency": currency}
            CostRate.objects.create(model=model, **told, **by_hand)

    def publish(
        self, table: str, rates: Iterable[Rate], now: datetime, effective_from: datetime | None
    ) -> None:
        draft = drafting.open_draft(table=self.tables[table])
        try:
            drafting.replace_rates(draft=draft, rows=self.rows(rates), revision=None)
            publishing.publish(version=draft, effective_from=effective_from, moment=now)
        except DomainError as refusal:
            drafting.discard(draft=draft)
            raise Refused(refusal.code) from None

    def rows(self, rates: Iterable[Rate]) -> list[RateRow]:
        """The rates as a version takes them."""
        return [
            RateRow(
                feature=r.pattern,
                tokens=r.tokens,
                per=r.per,
                dimensions=dict(r.dimensions),
                minimum=r.minimum,
                rounding=r.rounding,
                tier_mode=r.tier_mode,
                tiers=tuple(Tier(step.begins, step.tokens, step.per) for step in r.steps),
                formula=r.formula,
                cost=r.cost,
                cost_currency=r.cost_currency,
                **_seat_fields(r.seats),
            )
            for r in rates
        ]

    def withdraw(self, table: str, number: int, now: datetime) -> None:
        version = self.tables[table].versions.get(number=number)
        try:
            publishing.withdraw(version=version, moment=now)
        except DomainError as refusal:
            raise Refused(refusal.code) from None


def _seat_fields(said: SeatTerms) -> dict[str, str]:
    """The terms of seats as a rate row writes them."""
    refunds = {None: "", False: "none", True: "prorata"}[said.refunds]
    lasts = {"interval": said.interval, "heartbeat": said.heartbeat, "once_per_user": said.once}
    return {"refund_unused": refunds} | {name: _duration(length) for name, length in lasts.items()}


def _duration(length: timedelta | None) -> str:
    return f"PT{length // timedelta(seconds=1)}S" if length else ""
