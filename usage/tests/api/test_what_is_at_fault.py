"""A refusal points to the member or the parameter that is at fault."""

from __future__ import annotations

import re
from typing import Any

import pytest

from usage.tests.api.conftest import Shop, debit_of


class TestReads:
    @pytest.mark.parametrize(
        ("path", "named"),
        [
            ("/rates?account=nobody", "account"),
            ("/usage?account=nobody&group_by=feature", "account"),
            ("/usage?group_by=feature&token=nothing", "token"),
            ("/accounts/{account}/balance?token=nothing", "token"),
            ("/accounts/{account}/ledger?token=nothing", "token"),
        ],
    )
    def test_name_the_parameter(self, shop: Shop, path: str, named: str) -> None:
        answer = shop.all.get(path.format(account=shop.account()))

        assert (answer.status, answer.pointers) == (422, [named])


class TestWrites:
    @pytest.mark.parametrize(
        ("path", "body", "named"),
        [
            ("/checkouts", {"account": "nobody", "feature": "chat.input"}, "/account"),
            ("/quotes", {"rate_table_version": 99}, "/rate_table_version"),
        ],
    )
    def test_point_to_the_member(self, shop: Shop, path: str, body: dict[str, Any], named: str) -> None:
        asked = body if path == "/checkouts" else debit_of(shop.account()) | body

        answer = shop.all.post(path, asked)

        assert (answer.status, answer.pointers) == (422, [named])

    def test_say_between_which_instants_usage_may_lie(self, shop: Shop) -> None:
        when = {"occurred_at": "2020-01-01T00:00:00Z"}

        answer = shop.all.post("/debits", debit_of(shop.account()) | when)

        assert re.search(r"not before \d{4}-\d\d-\d\dT[\d:.]+Z\.$", answer.json["detail"])
        assert answer.pointers == ["/occurred_at"]
