"""The operations that tell what accounts may use."""

from decimal import Decimal

from config.http.operations import Answer, NoBody, Operation
from config.http.query import NoParameters
from usage.api import answers_of_entitlements as answers
from usage.api import examples
from usage.api import examples_of_entitlements as shown
from usage.api.requests import PageQuery
from usage.api.requests_of_entitlements import EntitlementQuery, MatrixRequest

GROUP = "Entitlements"
ONE = Decimal(1)

ENTITLEMENTS = Operation[NoBody, PageQuery](
    "entitlements",
    GROUP,
    "List what an account may use",
    [Answer(200, "Every feature, and why.", answers.Entitlements, example=shown.ENTITLEMENTS)],
    scope="read",
    description="Features of all products, as in the price list. `allowed` is what a debit of one unit without "
    "dimensions and subject would answer now: nothing is kept for it, and another call may come first.",
    query=PageQuery,
    problems=["not_found"],
    path_values={"ref": examples.ACCOUNT},
)
ENTITLEMENT = Operation[NoBody, EntitlementQuery](
    "entitlement",
    GROUP,
    "Show what an account may use of a feature",
    [
        Answer(
            200,
            "Whether so much may be used, why, and what it would cost.",
            answers.OneEntitlement,
            example=shown.ENTITLEMENT,
        )
    ],
    scope="read",
    description="`would_cost` is what a quote of this quantity comes to.",
    query=EntitlementQuery,
    problems=["not_found"],
    path_values={"ref": examples.ACCOUNT, "feature": "chat.input"},
    query_values={"quantity": "1532"},
)
ENTITLEMENT_MATRIX = Operation[MatrixRequest, NoParameters](
    "entitlement_matrix",
    GROUP,
    "Ask what many accounts may use",
    [Answer(200, "A row an account, in the order sent.", answers.EntitlementMatrix, example=shown.MATRIX)],
    scope="read",
    description="Up to 100 accounts and 100 features. One that does not exist refuses the whole question.",
    body=MatrixRequest,
    problems=["unknown_account", "unknown_feature"],
    body_example={"accounts": [examples.ACCOUNT], "features": ["chat.input", "picture"]},
)
