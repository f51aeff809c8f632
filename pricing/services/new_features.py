"""Prices of features that are not in the catalogue yet: both in one go."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction

from pricing.models import Product, Refusal, Version
from pricing.rules.rows import RateRow
from pricing.services import catalogue, drafting
from pricing.services.on_record import on_record


def replace_rates_of_new(
    *,
    draft: Version,
    rows: Sequence[RateRow],
    product: str,
    revision: int | None,
    user: User | None = None,
    reason: str = "",
) -> Version:
    """Let the draft say these rows, and make the features among them that the catalogue lacks.

    product: the code of whose features they are, made where there is none. A feature is named by its code and
    counted in units until somebody says better. revision: as in `drafting.replace_rates`.

    Raises NotADraft, DraftChanged, InvalidRequest; then neither feature nor product is made.
    """
    with on_record(Refusal.Verb.EDIT, user, draft.table_id, draft.number), transaction.atomic():
        missing = drafting.missing_features(rows)
        if missing:
            _make(missing, product, user, reason)
        return drafting.replace_rates(draft=draft, rows=rows, revision=revision, user=user, reason=reason)


def _make(codes: Sequence[str], product: str, user: User | None, reason: str) -> None:
    known = Product.objects.filter(code=product).first()
    owner = known or catalogue.create_product(code=product, user=user, reason=reason)
    for code in codes:
        catalogue.create_feature(product=owner, code=code, user=user, reason=reason)
