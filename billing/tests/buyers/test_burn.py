"""What the page of usage says, out of the roll-ups of what is committed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError

from billing.queries import burn
from billing.tests.buyers.visiting import page, signed_in
from usage.queries.usage_reader import UsageReader
from usage.services import reversing
from usage.tests.made import DAY, Shop, a_reversal, ait, clock
from usage.tests.rolled import roll_up
from wallets.models import Account

pytestmark = pytest.mark.committed


class TestUsage:
    def test_is_told_by_feature_team_and_user(self, acme: Account, shop: Shop) -> None:
        roll_up()

        parts = dict(signed_in(acme).get(page(acme, "usage/")).context["parts"])

        told = {
            what: [(row.code, row.tokens, row.calls) for row in found.rows] for what, found in parts.items()
        }
        assert told == {
            "Feature": [(shop.chat, 30, 1), (shop.image, 12, 1)],
            "Team": [("research", 30, 1), ("", 12, 1)],
            "User": [("u-17", 30, 1), ("u-18", 12, 1)],
        }
        assert [found.total for found in parts.values()] == [42, 42, 42]

    def test_is_less_what_was_given_back(self, acme: Account, shop: Shop) -> None:
        receipt = shop.debit(acme, "10", "4", features=(shop.chat, shop.image), subject={"team": "research"})
        reversing.reverse(a_reversal(receipt, "6"))
        roll_up()
        now = clock()

        by_team = burn.by_subject(acme.pk, ait(), "team", now - 7 * DAY, now)
        by_feature = burn.by_feature(acme.pk, ait(), now - 7 * DAY, now)
        by_day = burn.by_day(acme, ait(), now, 7)

        assert by_team is not None
        assert by_feature is not None
        assert by_day is not None
        assert {row.code: row.tokens for row in by_team.rows} == {"research": 38, "": 12}
        assert {row.code: row.tokens for row in by_feature.rows} == {shop.chat: 38, shop.image: 12}
        assert sum(tokens for _, tokens in by_day) == by_team.total == by_feature.total == 50

    def test_is_not_waited_for_without_end(self, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        def late() -> UsageReader:
            raise OperationalError("canceling statement due to statement timeout")

        monkeypatch.setattr(burn, "usage_reader", late)
        visitor = signed_in(acme)

        usage, overview = visitor.get(page(acme, "usage/")), visitor.get(page(acme))

        assert usage.content.decode().count("There is too much to add up here.") == 3
        assert overview.content.decode().count("There is too much to add up here.") == 2

    def test_is_of_the_same_days_in_the_picture_and_in_the_tables(self, acme: Account, shop: Shop) -> None:
        first = burn.beginning(acme, clock(), 30)
        shop.debit(acme, "7", subject={"team": "research"}, now=first - timedelta(minutes=1))
        shop.debit(acme, "5", subject={"team": "research"}, now=first)
        roll_up()
        client = signed_in(acme)

        pictured, parts = (client.get(page(acme, where)).context for where in ("", "usage/"))

        assert sum(tokens for _, tokens in pictured["days"]) == 47
        assert sum(row.tokens for row in pictured["features"]) == 47
        assert [found.total for _, found in parts["parts"]] == [47, 47, 47]

    def test_keeps_to_the_window(self, acme: Account, shop: Shop) -> None:
        roll_up()
        now = clock()

        found = burn.by_feature(acme.pk, ait(), now - 2 * DAY - DAY / 2, now)

        assert found is not None
        assert [(row.code, row.tokens) for row in found.rows] == [(shop.image, 12)]

    def test_takes_only_windows_that_are_offered(self, acme: Account) -> None:
        assert signed_in(acme).get(page(acme, "usage/?days=9999")).context["span"] == 30
