"""The operation that tells what was used."""

from config.http.operations import Answer, NoBody, Operation
from usage.api import answers_of_usage as answers
from usage.api.examples import ACCOUNT
from usage.api.requests_of_usage import UsageQuery

USAGE_GROUP = "Usage"

_EXAMPLE = {
    "items": [
        {
            "feature": "chat.input",
            "day": "2026-11-22",
            "quantity": "1532",
            "tokens": "3.830000",
            "cost": "0.00383",
            "calls": 1,
            "refused": 0,
        }
    ],
    "next": None,
}

USAGE = Operation[NoBody, UsageQuery](
    "usage",
    USAGE_GROUP,
    "Add up usage",
    [Answer(200, "Sums by group, in the order of their keys.", answers.Usage, example=_EXAMPLE)],
    scope="read",
    description="At most 60 seconds behind. From `from` on and before `to`, to the microsecond. A list goes on after "
    "the keys of its last group: what is used meanwhile repeats none and hides none that lies ahead. A "
    "group in which nothing was used is left out. `quantity` and `tokens` are what stands: usage that was "
    "given back whole is not in them, and of what was given back in part the tokens are taken off. `cost` "
    "is what usage said that it cost, else what its rate says, in the reporting currency. `calls` are "
    "debits; where `feature` or a dimension is told apart, their items. `refused` are refusals with their "
    "repeats, by when they were first. An hour is an instant, a day is written 2026-11-22, a month "
    "2026-11. Tokens of several units add up unless `token` tells them apart.",
    query=UsageQuery,
    problems=["unknown_account", "unknown_reference"],
    query_values={"account": ACCOUNT, "group_by": "feature,day"},
)
