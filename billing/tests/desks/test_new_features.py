"""Features that the grid of a draft prices before the catalogue has them."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.admin.rate_grid import kept
from billing.tests.desks.people import said
from billing.tests.desks.versions import cells, page_of
from pricing.models import Feature, Product, Version
from pricing.queries.versions import rows_of
from pricing.services import drafting
from usage.tests.made import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def draft(shop: Shop) -> Version:
    return drafting.draft_from(version=shop.table.versions.get())


class TestMissingFeatures:
    def test_names_every_feature_that_there_is_not_beside_its_row(
        self, packaging: Client, shop: Shop, draft: Version
    ) -> None:
        rows = [
            {"feature": shop.chat, "tokens": "1", "rounding": "half_up"},
            *({"feature": f"new.{n}", "tokens": "1", "rounding": "half_up"} for n in range(7)),
        ]

        response = packaging.post(f"{page_of(draft)}change/", cells(draft, *rows))

        refusal = "There are no features new.0, new.1, new.2, new.3, new.4 and 2 more."
        assert said(response) == f"Nothing was saved. {refusal}"
        assert [row.errors for row in kept(response.context["grid"])][:2] == [
            {},
            {"feature": "There is no feature new.0."},
        ]
        assert response.context["missing"] == [f"new.{n}" for n in range(7)]

    def test_makes_the_features_that_are_missing_in_the_product_said(
        self, packaging: Client, shop: Shop, draft: Version
    ) -> None:
        rows = [
            {"feature": code, "tokens": "1", "rounding": "half_up"} for code in ("read.page", "read.book")
        ]
        page = f"{page_of(draft)}change/"

        refused = packaging.post(page, {**cells(draft, *rows), "product": "not a code"})

        assert said(refused).startswith("Nothing was saved. A code has")
        assert not Feature.objects.coded(["read.page", "read.book"]).exists()

        packaging.post(page, {**cells(draft, *rows), "product": "reader"})

        made = Feature.objects.coded(["read.page", "read.book"]).values_list("product__code", "unit")
        assert list(made) == [("reader", "unit")] * 2
        assert [row.feature for row in rows_of(draft)] == ["read.page", "read.book"]

    def test_makes_no_feature_where_the_draft_is_refused(self, packaging: Client, draft: Version) -> None:
        asked = cells(draft, {"feature": "read.page", "tokens": "1", "rounding": "half_up"})
        drafting.replace_rates(draft=draft, rows=rows_of(draft), revision=None)

        packaging.post(f"{page_of(draft)}change/", {**asked, "product": "reader"})

        assert not Feature.objects.coded(["read.page"]).exists()
        assert not Product.objects.filter(code="reader").exists()
