"""That a grace is over is noted once: when its overage is repaid by itself, or by the term that holds by now."""

from __future__ import annotations

import pytest

from config.kernel.errors import InsufficientTokens
from usage.queries.changes import accounts_to_observe
from usage.services import observing
from usage.tests.laddered import (
    MINUTE,
    NOON,
    SPRING,
    a_spender,
    block,
    grace,
    graces,
    kinds,
)
from usage.tests.made import DAY, HOUR, Shop, a_grant
from wallets.services import sweeping


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


class TestAScheduledGrantThatRepays:
    @pytest.mark.parametrize("tokens", ["5", "20"])
    def test_ends_the_grace_with_the_next_look_of_the_job(self, shop: Shop, tokens: str) -> None:
        acme = a_spender(shop, block(grace=grace("50")), has="0")
        shop.debit(acme, "5", now=NOON)
        a_grant(acme, tokens, kind="purchase", now=NOON, effective_at=NOON + HOUR)
        sweeping.start_due(NOON + HOUR)

        for minutes in (1, 2):
            observing.observe_due(NOON + HOUR + minutes * MINUTE)

        assert kinds(acme).count("grace.ended") == 1
        assert [(each.ended_by, each.ended_at) for each in graces(acme)] == [("zero", NOON + HOUR + MINUTE)]
        assert acme.pk not in accounts_to_observe(NOON + DAY)

    def test_is_noted_by_the_debit_with_which_the_next_grace_begins(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("50")), has="0")
        shop.debit(acme, "5", now=NOON)
        a_grant(acme, "20", kind="purchase", now=NOON, effective_at=NOON + HOUR)

        shop.debit(acme, "17", now=NOON + 2 * HOUR)
        observing.observe_due(NOON + 3 * HOUR)

        told = [kind for kind in kinds(acme) if kind.startswith("grace")]
        assert told == ["grace.started", "grace.ended", "grace.started"]
        assert [(each.ended_by, each.ended_at) for each in graces(acme)] == [
            ("zero", NOON + 2 * HOUR),
            ("", None),
        ]

    def test_leaves_a_grace_of_what_is_still_owed(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("50")), has="0")
        shop.debit(acme, "5", now=NOON)
        a_grant(acme, "4", kind="adjustment", now=NOON, effective_at=NOON + HOUR)
        sweeping.start_due(NOON + HOUR)

        observing.observe_due(NOON + 2 * HOUR)

        assert "grace.ended" not in kinds(acme)
        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "49.000001", now=NOON + 2 * HOUR)
