"""A draft of prices made of costs: cost × markup, or cost for a margin, for models of providers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.contrib.auth.models import User
from django.db import transaction

from billing.errors import NothingToReprice
from billing.queries.margins import worth_of
from billing.rules.cost_prices import PricedCosts, Pricing, Selection, merged, priced, unit_of
from config.kernel.errors import InvalidRequest
from pricing.models import Feature, RateTable, Version
from pricing.queries.costs import costs_in_force
from pricing.queries.versions import draft_of, rows_of, version_in_force
from pricing.rules.ratecsv import render
from pricing.rules.rows import RateRow
from pricing.services import catalogue, drafting, importing
from pricing.services.importing import Imported, Order, Plan


@dataclass(frozen=True, slots=True)
class PriceOrder:
    """What is asked: these costs at this markup, into the table's draft.

    token_price: what a token is worth, in the reporting currency; None is what was paid on average.
    product: the code of the product of features that are made. is_alone: other rates of the table go.
    """

    table: RateTable
    selection: Selection
    markup: Fraction
    per: Decimal = Decimal(1_000_000)
    digits: int | None = 4
    token_price: Decimal | None = None
    product: str = ""
    is_alone: bool = False


@dataclass(frozen=True, slots=True)
class PricePlan:
    """What carrying out an order would do: the rates made, and what the file of them changes."""

    priced: PricedCosts
    plan: Plan
    token_price: Decimal


def plan(order: PriceOrder, *, moment: datetime) -> PricePlan:
    """Tell what the prices would be at the costs of `moment`, and what they change; write nothing.

    Raises InvalidRequest, Conflict, NothingToReprice.
    """
    made, token_price = _priced(order, moment)
    return PricePlan(made, importing.plan(_file(order, made.rows, moment)), token_price)


@transaction.atomic
def draft(order: PriceOrder, *, moment: datetime, user: User | None = None, reason: str = "") -> Version:
    """Let the table's draft say these prices; features that are wanting are made, and say which cost they are.

    Raises InvalidRequest, Conflict, NothingToReprice.
    """
    drafting.lock_table(order.table.pk)
    made, _ = _priced(order, moment)
    done: Imported = importing.import_rates(_file(order, made.rows, moment), user=user, reason=reason)
    components = {feature: component for component, feature in order.selection.features.items()}
    catalogue.say_cost_components(components, user=user, reason=reason)
    if done.version is None:
        raise NothingToReprice(f"{order.table} charges these prices already.")
    return done.version


def _priced(order: PriceOrder, moment: datetime) -> tuple[PricedCosts, Decimal]:
    _check(order)
    worth = worth_of(order.table.token)
    if order.token_price is not None:
        worth = replace(worth, token=order.token_price)
    if not worth.token:
        raise InvalidRequest.at("/token_price", f"{worth.unknown} Say what a token is worth.".strip())
    pricing = Pricing(order.markup, worth, order.per, order.digits)
    made = priced(costs_in_force(moment), order.selection, pricing, moment.date())
    if not made.rows:
        why = "".join(f" {count:,} {why}." for why, count in made.left_out.items())
        raise NothingToReprice(f"No cost in force is of these models, providers and components.{why}")
    return made, worth.token


def _check(order: PriceOrder) -> None:
    """Raises InvalidRequest, Conflict."""
    features = order.selection.features
    if not features:
        raise InvalidRequest.at("/features", "Say which feature each component is.")
    if len(set(features.values())) < len(features):
        raise InvalidRequest.at("/features", "A feature is one component.")
    known = _known(features)
    for component, code in features.items():
        catalogue.check_component(known.get(code), component)
        if code not in known and not order.product:
            raise InvalidRequest.at("/product", f"{code} is new and needs a product.")


def _file(order: PriceOrder, rows: Sequence[RateRow], moment: datetime) -> Order:
    """The prices as the file that makes the draft: new features carry their product and unit."""
    known = _known(order.selection.features)
    units = {code: unit_of(component) for component, code in order.selection.features.items()}
    told = [
        row if row.feature in known else replace(row, product=order.product, unit=units[row.feature])
        for row in rows
    ]
    table = order.table
    before = [] if order.is_alone else rows_of(draft_of(table.pk) or version_in_force(table.pk, moment))
    return Order(table.code, render(merged(before, told)), table.token)


def _known(features: Mapping[str, str]) -> dict[str, Feature]:
    return {each.code: each for each in Feature.objects.coded(set(features.values()))}
