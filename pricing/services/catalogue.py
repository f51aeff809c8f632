"""Products, features and rate tables: what can be priced, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Model
from psycopg.errors import UniqueViolation
from simple_history.utils import bulk_create_with_history

from config.kernel.errors import InvalidRequest
from config.kernel.signing import signed
from pricing.errors import CodeTaken
from pricing.models import Feature, Product, RateTable
from pricing.models.product import CODE_WORDING
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
