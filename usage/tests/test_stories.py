"""Stories that random histories found once, kept."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from usage.tests.model.catalogue import Catalogue
from usage.tests.model.deeds import GiveGrant, Step
from usage.tests.model.ladder_deeds import Reach, Share
from usage.tests.model.ladders import Ladder, Throttle
from usage.tests.test_histories import play, shared

__all__ = ["shared"]

MINUTE, AT_ONCE = timedelta(minutes=1), timedelta(0)


def a_ladder(mode: str, *throttles: Throttle) -> Ladder:
    return Ladder(
        mode=mode,
        limit=None,
        notify=(),
        throttles=throttles,
        grace_lasts=None,
        grace_tokens=None,
        percent=None,
        money=None,
    )


def test_usage_beyond_a_features_block_is_explained_by_that(shared: Catalogue) -> None:  # noqa: F811
    everything, feature = ("deployment", ""), ("feature", "chat.input")
    calls = Throttle(start=0, measure="calls", per_minute=Decimal(7))
    of_another = GiveGrant(
        account="acme",
        unit="AIT",
        kind="trial",
        tokens=Decimal(23),
        starts=AT_ONCE,
        lasts=None,
        priority=50,
        features=("rival.*",),
        unit_cost=None,
    )

    fault = play(
        shared,
        [
            Step(MINUTE, Share(everything, a_ladder("overage", calls))),
            Step(AT_ONCE, of_another),
            Step(MINUTE, Share(feature, a_ladder("block"))),
            Step(AT_ONCE, Reach(account="acme", verb="report", edge=4, by=Decimal(0))),
        ],
    )

    assert fault is None, str(fault)
