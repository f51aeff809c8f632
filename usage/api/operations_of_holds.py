"""The operations on holds, one constant each."""

from config.http.operations import Answer, Operation
from config.http.query import NoParameters
from usage.api import examples_of_holds as examples
from usage.api import requests
from usage.api.answers_of_holds import Capture, Hold
from usage.api.operations import Plain

HOLDS = "Holds"

_BY_HOLD = {"id": examples.HOLD_ID}

HOLD = Operation[requests.HoldRequest, NoParameters](
    "hold",
    HOLDS,
    "Hold tokens for work to come",
    [Answer(201, "Held, or the first answer to this key again.", Hold, example=examples.MADE)],
    scope="debit",
    description="Takes the body of a debit as an estimate: prices it, decides as a debit would, and pins tokens of "
    "named grants, so that nothing else spends them. It keeps its prices, its policy, and its room in budgets and "
    "allowances, which judge the estimate and count what is captured. After `expires_in` seconds, "
    "900 by default and 86,400 at most, it gives everything back by itself.",
    body=requests.HoldRequest,
    needs_key=True,
    problems=[
        *("unknown_account", "unknown_feature", "no_rate", "unknown_reference"),
        *("insufficient_tokens", "not_entitled", "limit_reached", "account_suspended"),
    ],
    body_example=examples.HOLD_REQUEST,
)
SHOW_HOLD = Plain(
    "hold_shown",
    HOLDS,
    "Show a hold",
    [Answer(200, "The hold as it is now.", Hold, example=examples.HOLD)],
    scope="read",
    problems=["not_found"],
    path_values=_BY_HOLD,
)
CAPTURE = Operation[requests.CaptureRequest, NoParameters](
    "capture",
    HOLDS,
    "Charge what the work came to",
    [Answer(200, "The hold, and the debit that was made.", Capture, example=examples.CAPTURED)],
    scope="debit",
    description="At the prices that the hold keeps, whatever has been published since. Held tokens are drawn first; "
    "more is drawn from grants in force at the hold's time, under its policy: where that does not allow it, 402, and "
    "the hold stays as it is. Budgets count it and refuse nothing; allowances cover what they have left. Less gives "
    "the rest back. With `final` false it charges a step and keeps the rest held. Without a body it charges the "
    "estimate. It settles once: after that, and from `expires_at` on, it is 409.",
    body=requests.CaptureRequest,
    is_body_optional=True,
    needs_key=True,
    problems=[
        *("not_found", "unknown_feature", "no_rate", "unknown_reference"),
        *("insufficient_tokens", "conflict"),
    ],
    path_values=_BY_HOLD,
    body_example=examples.CAPTURE_REQUEST,
)
RELEASE = Operation[requests.ReleaseRequest, NoParameters](
    "release",
    HOLDS,
    "Give a hold back",
    [Answer(200, "The hold, which keeps nothing any more.", Hold, example=examples.RELEASED)],
    scope="debit",
    description="What returns to a grant that has expired or been voided since lapses at once. A hold that has expired "
    "keeps nothing, and its release changes nothing; one that was captured or released before is 409.",
    body=requests.ReleaseRequest,
    is_body_optional=True,
    needs_key=True,
    problems=["not_found", "conflict"],
    path_values=_BY_HOLD,
    body_example={"reason": "The job was cancelled."},
)
EXTEND = Operation[requests.ExtendRequest, NoParameters](
    "extend",
    HOLDS,
    "Let a hold last longer",
    [Answer(200, "The hold with its new end.", Hold, example=examples.EXTENDED)],
    scope="debit",
    description="Counted from now, and never shorter than it was. It needs no idempotency key: asked again, it counts "
    "from then.",
    body=requests.ExtendRequest,
    problems=["not_found", "conflict"],
    path_values=_BY_HOLD,
    body_example={"expires_in": 600},
)
