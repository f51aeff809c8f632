"""`wallets_plan_v1`: who pays for what, in which order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

ONE, TWO = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
GRANT = (
    "ROW(%s::uuid, 'trial', %s::text[], %s::numeric, %s, true, true, 50, %s, NULL, 0, now(), now())"
    "::wallets_candidate"
)


def candidate(grant: str, features: list[str], free: int, *, is_late: bool = False) -> list[Any]:
    return [grant, features, free, is_late, not features]


def planned(grants: list[list[Any]], items: list[tuple[str, int]]) -> list[tuple[str, Decimal, bool]]:
    """The draws in their order: grant, tokens, late."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.grant_id::text, d.tokens, d.late FROM unnest(("
            f"wallets_plan_v1(ARRAY[{', '.join([GRANT] * len(grants))}], %s::text[], %s::numeric[])).draws) AS d",
            [*[value for grant in grants for value in grant], *map(list, zip(*items, strict=True))],
        )
        return list(cursor.fetchall())


class TestPlan:
    def test_places_a_grant_where_it_was_drawn_first(self) -> None:
        images_first = [candidate(ONE, ["image"], 3), candidate(TWO, [], 5)]

        assert planned(images_first, [("chat", 4), ("image", 4)]) == [(TWO, 5, False), (ONE, 3, False)]

    def test_places_the_late_tokens_of_a_grant_beside_its_others(self) -> None:
        half_expired = [
            candidate(ONE, ["chat"], 3),
            candidate(ONE, ["chat"], 2, is_late=True),
            candidate(TWO, [], 5),
        ]

        assert planned(half_expired, [("chat", 3), ("image", 5), ("chat", 2)]) == [
            (ONE, 3, False),
            (ONE, 2, True),
            (TWO, 5, False),
        ]
