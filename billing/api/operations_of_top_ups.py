"""The operations of top-ups, one constant each."""

from billing.api import answers_of_top_ups as answers
from billing.api import examples_of_top_ups as examples
from billing.api import requests_of_top_ups as requests
from config.http.operations import Answer, NoBody, Operation
from config.http.query import NoParameters
from usage.api.examples import ACCOUNT

TOP_UPS = "Top-ups"

_BY_ACCOUNT = {"ref": ACCOUNT}
_BY_ID = {"id": examples.TOP_UP_ID}

SHOW_RULE = Operation[NoBody, requests.TopUpQuery](
    "top_up",
    TOP_UPS,
    "Show an account's top-up",
    [Answer(200, "The rule, and what it bought.", answers.TopUpRule, example=examples.RULE)],
    scope="read",
    query=requests.TopUpQuery,
    problems=["not_found", "unknown_reference"],
    path_values=_BY_ACCOUNT,
)
PUT_RULE = Operation[requests.TopUpRequest, NoParameters](
    "put_top_up",
    TOP_UPS,
    "Let an account buy packs by itself",
    [Answer(200, "The rule that holds now.", answers.TopUpRule, example=examples.RULE)],
    scope="provision",
    description="One rule a token unit, as a whole. At or below the threshold packs are bought, at once when it is put "
    "and within seconds afterwards, at most so often a window. One that says the same changes nothing, so it may be "
    "sent as often as you like. A broken rule stays so until a person switches it on.",
    body=requests.TopUpRequest,
    problems=["not_found", "unknown_reference", "conflict"],
    path_values=_BY_ACCOUNT,
    body_example=examples.RULE_REQUEST,
)
PAID = Operation[requests.TopUpSettled, NoParameters](
    "top_up_paid",
    TOP_UPS,
    "Say that a top-up is paid",
    [Answer(200, "It is bought; its tokens are there.", answers.TopUp, example=examples.PAID)],
    scope="provision",
    description="Only what waits for its payment. Saying it again answers the same.",
    body=requests.TopUpSettled,
    problems=["not_found", "unknown_reference", "conflict"],
    path_values=_BY_ID,
    body_example=examples.PAID_REQUEST,
)
REFUSED = Operation[requests.TopUpSettled, NoParameters](
    "top_up_refused",
    TOP_UPS,
    "Say that a top-up is not paid",
    [Answer(200, "It is refused, with its reason.", answers.TopUp, example=examples.REFUSED)],
    scope="provision",
    description="Only what waits for its payment. So many in a row as the rule says switch it off; after each it rests "
    "for an hour. Saying it again answers the same.",
    body=requests.TopUpSettled,
    problems=["not_found", "conflict"],
    path_values=_BY_ID,
    body_example=examples.REFUSED_REQUEST,
)
