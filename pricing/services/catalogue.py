"""Products, features and rate tables: what can be priced, and where."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Model
from psycopg.errors import UniqueViolation
from simple_history.utils import bulk_create_with_history

from config.kernel.errors import Conflict, InvalidRequest, UnknownFeature
from config.kernel.signing import signed
from pricing.errors import CodeTaken
from pricing.models import Feature, Product, RateTable
from pricing.models.product import CODE_WORDING
from pricing.rules.costs import CODE_PATTERN as COMPONENT_PATTERN
from pricing.rules.costs import CODE_WORDING as COMPONENT_WORDING
from pricing.rules.rows import CODE

Row = TypeVar("Row", bound=Model)


def create_product(*, code: str, name: str = "", user: User | None = None, reason: str = "") -> Product:
    """Add a product. Its name defaults to its code.

    Raises InvalidRequest, CodeTaken.
    """
    return _add(Product(code=code, name=name or code), code, user, reason)


def create_feature(
    *, product: Product, code: str, name: str = "", unit: str = "", user: User | None = None, reason: str = ""
) -> Feature:
    """Add a feature of a product, counted in `unit`. Its name defaults to its code.

    Raises InvalidRequest, CodeTaken.
    """
    feature = Feature(product=product, code=code, name=name or code, unit=unit or "unit")
    return _add(feature, code, user, reason)


def create_features(features: Sequence[Feature], *, user: User | None = None, reason: str = "") -> None:
    """Add many features at once; their codes are known to be good and free."""
    if features:
        bulk_create_with_history(features, Feature, default_user=user, default_change_reason=reason or None)


def create_table(
    *, code: str, token: str, name: str = "", user: User | None = None, reason: str = ""
) -> RateTable:
    """Add a rate table without prices. token: the code of the unit its prices are in, for good.

    Raises InvalidRequest, CodeTaken.
    """
    return _add(RateTable(code=code, name=name or code, token=token), code, user, reason)


def relabel(*, feature: Feature, name: str, unit: str, user: User | None = None, reason: str = "") -> Feature:
    """Give a feature another name or unit. What was charged keeps its quantities."""
    feature.name, feature.unit = name, unit
    signed(feature, user, reason).save(update_fields=["name", "unit"])
    return feature


@transaction.atomic
def say_cost_components(
    components: Mapping[str, str], *, user: User | None = None, reason: str = ""
) -> list[Feature]:
    """Say which cost of a model one quantity of each feature is, by the feature's code. Answers those that changed.

    Raises InvalidRequest, UnknownFeature, and Conflict where a feature has another component already.
    """
    rows = Feature.objects.coded(components).select_for_update(no_key=True).order_by("pk")
    features = {each.code: each for each in rows}
    changed = []
    for code, component in components.items():
        feature = features.get(code)
        if feature is None:
            raise UnknownFeature(f"There is no feature {code}.")
        check_component(feature, component)
        if not feature.cost_component:
            feature.cost_component = component
            signed(feature, user, reason).save(update_fields=["cost_component"])
            changed.append(feature)
    return changed


def check_component(feature: Feature | None, component: str) -> None:
    """Whether one quantity of the feature, None is one to be made, can be said to be this cost.

    Raises InvalidRequest, Conflict.
    """
    if not component or not re.fullmatch(COMPONENT_PATTERN, component, re.ASCII):
        raise InvalidRequest.at("/cost_component", COMPONENT_WORDING)
    if feature is not None and feature.cost_component not in ("", component):
        one, other = f"One {feature.unit} of {feature.code}", feature.cost_component
        raise Conflict(f"{one} costs what {other} does, not {component}.")


def _add(row: Row, code: str, user: User | None, reason: str) -> Row:
    if not CODE.fullmatch(code):
        raise InvalidRequest.at("/code", CODE_WORDING)
    try:
        with transaction.atomic():
            signed(row, user, reason).save(force_insert=True)
    except IntegrityError as fault:
        if isinstance(fault.__cause__, UniqueViolation):
            raise CodeTaken(f"The code {code} is taken.") from fault
        raise
    return row
