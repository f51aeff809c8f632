"""Quotes against a draft: what a program learns of prices before anybody pays them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from pricing.models import Version
from pricing.queries.versions import rows_of
from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from pricing.services import drafting
from usage.models import Debit, TierCount
from usage.tests.api.conftest import Shop, debit_of

pytestmark = pytest.mark.django_db


def a_draft(shop: Shop, **rate: object) -> Version:
    """A draft in which `chat.input` is priced so."""
    live = shop.table.versions.get()
    rows = [replace(row, **rate) if row.feature == "chat.input" else row for row in rows_of(live)]
    return drafting.replace_rates(draft=drafting.draft_from(version=live), rows=rows, revision=None)


def quoted(shop: Shop, account: str, draft: Version, quantity: str) -> dict[str, object]:
    asked = debit_of(account, quantity, rate_table_version=draft.number)
    answer = shop.all.post("/quotes", asked, once=None)
    assert answer.status == 200, answer.content
    return dict(answer.json)


class TestQuote:
    def test_begins_at_the_first_tier_of_a_draft_that_nobody_was_counted_by(self, shop: Shop) -> None:
        draft = a_draft(
            shop, tokens=Decimal(2), tier_mode="graduated", tiers=(Tier(Decimal(10), Decimal(1)),)
        )
        account = shop.account("100")
        shop.all.post("/debits", debit_of(account, "50"))

        quote = quoted(shop, account, draft, "15")

        (item,) = quote["items"]  # type: ignore[misc]
        assert quote["tokens"] == "25.000000"
        assert item["rate"] == {
            "table": shop.table.code,
            "version": draft.number,
            "unit_tokens": None,
            "tiers": [
                {"tier_from": "0", "quantity": "10", "unit_tokens": "2"},
                {"tier_from": "10", "quantity": "5", "unit_tokens": "1"},
            ],
        }
        assert not TierCount.objects.filter(account__reference=account).exists()

    def test_computes_a_formula_of_a_draft(self, shop: Shop) -> None:
        draft = a_draft(shop, tokens=Decimal(0), formula="ceil(quantity / 10000) * 20")
        account = shop.account("100")

        quote = quoted(shop, account, draft, "10001")

        assert (quote["tokens"], quote["allowed"]) == ("40.000000", True)
        assert not Debit.objects.filter(account__reference=account).exists()

    def test_follows_the_draft_as_it_is_edited(self, shop: Shop) -> None:
        draft = a_draft(shop, tokens=Decimal(3))
        account = shop.account("100")
        before = quoted(shop, account, draft, "2")["tokens"]

        drafting.replace_rates(draft=draft, rows=[RateRow("chat.input", Decimal(7))], revision=None)

        assert (before, quoted(shop, account, draft, "2")["tokens"]) == ("6.000000", "14.000000")
