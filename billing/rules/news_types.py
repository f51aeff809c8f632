"""The types of news: what programs and people can ask to be told of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NewsType:
    """says: what happened, for people. is_sent: whether this version makes any."""

    code: str
    says: str
    is_sent: bool = True


_LISTED = (
    NewsType("balance.threshold", "a share of the tokens is spent"),
    NewsType("balance.depleted", "the tokens are used up"),
    NewsType("balance.recovered", "there are tokens again"),
    NewsType("overage.started", "overage has begun"),
    NewsType("grace.started", "grace has begun"),
    NewsType("grace.ended", "grace has ended"),
    NewsType("limit.reached", "a limit is reached"),
    NewsType("grant.created", "tokens were granted"),
    NewsType("grant.expiring", "tokens expire soon"),
    NewsType("grant.expired", "tokens have expired"),
    NewsType("trial.expiring", "a trial is about to end"),
    NewsType("trial.converted", "a trial became a purchase"),
    NewsType("hold.expired", "a hold has expired"),
    NewsType("top_up.pending", "a top-up waits for payment"),
    NewsType("top_up.refused", "a top-up was refused"),
    NewsType("rate_table.published", "a price list was published"),
    NewsType("price.announced", "prices change"),
)
TYPES: dict[str, NewsType] = {each.code: each for each in _LISTED}

TRIAL_RUN = "endpoint.test"
"""The type of what is sent to try an endpoint; nobody asks for it."""


def unknown(types: list[str]) -> list[str]:
    """Those that are no type of news."""
    return [each for each in types if each not in TYPES]
