"""What a draft is said to change, beside an SQL of its own over the rates of both versions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.test import Client

from billing.tests.desks.asking import asked
from billing.tests.desks.cells import read, rows_of
from pricing.queries.versions import rows_of as rates_of
from pricing.rules.rows import RateRow
from pricing.services import catalogue, drafting, publishing
from usage.tests.made import Shop, clock, named

pytestmark = pytest.mark.django_db

_CHANGES = """
    SELECT CASE WHEN o.id IS NULL THEN 'new' WHEN n.id IS NULL THEN 'removed' ELSE 'changed' END,
           coalesce(n.feature, o.feature), o.tokens, n.tokens, o.cost, n.cost,
           round(100 * (n.tokens - o.tokens) / nullif(o.tokens, 0), 1)
    FROM (SELECT * FROM pricing_rate WHERE version_id = %(live)s) o
    FULL JOIN (SELECT * FROM pricing_rate WHERE version_id = %(draft)s) n
      ON o.feature = n.feature AND o.dimensions = n.dimensions
    WHERE o.id IS NULL OR n.id IS NULL OR (o.tokens, o.cost) IS DISTINCT FROM (n.tokens, n.cost)
"""


@pytest.fixture
def codes(shop: Shop) -> dict[str, str]:
    """Features of which the draft makes one dearer, one cheaper and one cost more, leaves one, drops one, adds one."""
    codes = {each: named(each) for each in ("dearer", "cheaper", "costlier", "same", "gone", "more")}
    for code in codes.values():
        catalogue.create_feature(product=shop.product, code=code, unit="call")
    return codes


class TestDraft:
    def test_changes_what_its_rates_say_otherwise(
        self, packaging: Client, shop: Shop, codes: dict[str, str]
    ) -> None:
        table = catalogue.create_table(code=named("table"), token="AIT")
        live = drafting.open_draft(table=table)
        rows = [
            RateRow(code, Decimal("1.25"), cost=Decimal("0.01"))
            for name, code in codes.items()
            if name != "more"
        ]
        drafting.replace_rates(draft=live, rows=rows, revision=None)
        publishing.publish(version=live, moment=clock())
        draft = drafting.draft_from(version=live)
        meant = {
            codes["dearer"]: {"tokens": Decimal("3.5")},
            codes["cheaper"]: {"tokens": Decimal("1.1"), "cost": None},
            codes["costlier"]: {"cost": Decimal("0.5")},
        }
        kept = [
            replace(row, **meant.get(row.feature, {}))
            for row in rates_of(draft)
            if row.feature != codes["gone"]
        ]
        drafting.replace_rates(draft=draft, rows=[*kept, RateRow(codes["more"], Decimal(7))], revision=None)

        page = packaging.get(f"/admin/pricing/version/{draft.pk}/diff/")

        told = {row[1]: row for row in rows_of(page) if len(row) == 3 and row[0]}
        wanted = asked(_CHANGES, live=live.pk, draft=draft.pk)
        assert {code: kind for code, (kind, *_) in told.items()} == {code: kind for kind, code, *_ in wanted}
        assert f"{len(wanted)} differences" in page.content.decode()
        for kind, code, before, after, cost, new_cost, share in wanted:
            said = told[code][2]
            for old, new in ((before, after), (cost, new_cost)):
                if kind == "changed" and old != new:
                    assert f"{read(old)} → {read(new) if new is not None else 'none'}" in said
            if kind == "changed" and before != after:
                assert f"{read(abs(share))} %" in said
