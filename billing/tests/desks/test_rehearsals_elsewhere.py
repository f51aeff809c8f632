"""A rehearsal beside the button that publishes, and the figures that it is told in."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from billing.queries.rehearsals import impact
from billing.rules.impact import margin_of, width
from billing.rules.margins import Worth
from billing.tests.desks.rehearsals import CENT, of_ten_days
from usage.services import rehearsing
from usage.tests.made import DAY, Shop, clock
from usage.tests.rehearsed import a_draft, times
from wallets.models import Account

pytestmark = pytest.mark.django_db


class TestPublishPage:
    def test_offers_a_rehearsal_where_there_is_none(
        self, packaging: Client, shop: Shop, acme: Account
    ) -> None:
        of_ten_days(a_draft(shop, times("2")))
        draft = a_draft(shop, times("3"))

        response = packaging.get(f"/admin/pricing/version/{draft.pk}/publish/")

        assert response.context["rehearsed"] == {"rehearsal": None, "impact": None}
        assert b"Rehearse it over the last 30 days" in response.content

    def test_shows_the_newest_one_of_the_draft_as_it_is(
        self, packaging: Client, shop: Shop, acme: Account
    ) -> None:
        draft = a_draft(shop, times("2"))
        of_ten_days(draft)
        newest = of_ten_days(draft)

        response = packaging.get(f"/admin/pricing/version/{draft.pk}/publish/")

        assert response.context["rehearsed"]["rehearsal"] == newest
        assert response.context["rehearsed"]["impact"].total.sums.after == 28

    def test_shows_one_under_way(self, packaging: Client, shop: Shop) -> None:
        draft = a_draft(shop, times("2"))
        rehearsing.ask(version=draft, since=clock() - 10 * DAY, until=clock())

        assert (
            b"A rehearsal is under way"
            in packaging.get(f"/admin/pricing/version/{draft.pk}/publish/").content
        )


class TestImpact:
    def test_is_left_out_where_it_takes_too_long(
        self, shop: Shop, acme: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done = of_ten_days(a_draft(shop, times("2")))
        monkeypatch.setattr("usage.queries.rehearsals._SIDES", "SELECT pg_sleep(1), %(rehearsal)s")
        monkeypatch.setattr("billing.queries.recent.PATIENCE_MS", 50)

        assert impact(done) is None


class TestMargin:
    @pytest.mark.parametrize(
        ("tokens", "cost", "share"), [("100", "0.25", "0.750"), ("100", "2", "-1.000"), ("0", "2", None)]
    )
    def test_is_what_cost_leaves_of_what_tokens_bring(
        self, tokens: str, cost: str, share: str | None
    ) -> None:
        assert margin_of(Decimal(tokens), Decimal(cost), CENT) == (None if share is None else Decimal(share))

    def test_is_unknown_without_a_price_of_a_token(self) -> None:
        nobody_knows = Worth(None, Decimal(0), "USD", {}, "Never sold.")

        assert margin_of(Decimal(1), Decimal(1), nobody_knows) is None


class TestWidth:
    def test_shows_what_is_there_at_all(self) -> None:
        found = [width(Decimal(each), Decimal(1000)) for each in (0, 1, 500, 1000)]

        assert found == [0, 1, 50, 100]
