"""The operations that say what accounts may use and how far, one constant each."""

from config.http.operations import Answer, NoBody, Operation
from config.http.query import NoParameters
from usage.api import answers_of_limits as answers
from usage.api import examples_of_limits as examples
from usage.api import requests_of_limits as requests
from usage.api.examples import ACCOUNT
from usage.api.requests import PageQuery

BUDGETS_GROUP = "Budgets"
ALLOWANCES_GROUP = "Allowances"
ACCESS_GROUP = "Access"

_BY_ACCOUNT = {"ref": ACCOUNT}
_BY_BUDGET = {"ref": ACCOUNT, "code": examples.BUDGET_CODE}
_NO_FEATURE_YET = (
    " The code need not be a feature's yet, so a mistyped one is taken too: the list of entitlements tells what "
    "holds."
)
_AGAIN = (
    "What is absent stays as it is, null sets the default. What holds already is not written again, so the call may "
    "be sent as often as you like, and needs no idempotency key. "
)

BUDGETS = Operation[NoBody, PageQuery](
    "budgets",
    BUDGETS_GROUP,
    "List budgets",
    [
        Answer(
            200, "Every budget, with what its present window has.", answers.Budgets, example=examples.BUDGETS
        )
    ],
    scope="read",
    query=PageQuery,
    problems=["not_found"],
    path_values=_BY_ACCOUNT,
)
BUDGET = Operation[NoBody, requests.BudgetQuery](
    "budget",
    BUDGETS_GROUP,
    "Show a budget",
    [Answer(200, "The budget, and the limits that it has had.", answers.OneBudget, example=examples.BUDGET)],
    scope="read",
    description="With `value`, what one user or team has of it, used or not.",
    query=requests.BudgetQuery,
    problems=["not_found"],
    path_values=_BY_BUDGET,
)
PUT_BUDGET = Operation[requests.BudgetRequest, NoParameters](
    "put_budget",
    BUDGETS_GROUP,
    "Open, change or end a budget",
    [
        Answer(200, "Changed, or as it was.", answers.OneBudget, example=examples.BUDGET),
        Answer(201, "The budget was opened.", answers.OneBudget, example=examples.BUDGET),
    ],
    scope="provision",
    description=_AGAIN
    + "The next debit knows it. Limit and hardness change from now on, what was counted stays, and "
    "what a budget counts never changes: something else under the same code is a conflict. `tokens` null ends it, and "
    "a number opens it again.",
    body=requests.BudgetRequest,
    problems=["not_found", "unknown_reference", "conflict"],
    path_values=_BY_BUDGET,
    body_example=examples.BUDGET_REQUEST,
)
ALLOWANCES = Operation[NoBody, PageQuery](
    "allowances",
    ALLOWANCES_GROUP,
    "List what is included",
    [Answer(200, "What is included, now and later.", answers.Allowances, example=examples.ALLOWANCES)],
    scope="read",
    query=PageQuery,
    problems=["not_found"],
    path_values=_BY_ACCOUNT,
)
PUT_ALLOWANCE = Operation[requests.AllowanceRequest, NoParameters](
    "put_allowance",
    ALLOWANCES_GROUP,
    "Include units, or end that",
    [
        Answer(200, "Changed, or as it was.", answers.OneAllowance, example=examples.ALLOWANCE),
        Answer(201, "The first units of this pattern.", answers.OneAllowance, example=examples.ALLOWANCE),
    ],
    scope="provision",
    description=_AGAIN
    + "A pattern ends in `*` and matches by prefix; the closest covers first. The latest for a "
    "pattern holds from its start on, and what is scheduled for later stays. `units` null ends it."
    + _NO_FEATURE_YET,
    body=requests.AllowanceRequest,
    problems=["not_found", "conflict"],
    path_values={"ref": ACCOUNT, "pattern": "chat.*"},
    body_example=examples.ALLOWANCE_REQUEST,
)
ACCESS = Operation[NoBody, PageQuery](
    "access",
    ACCESS_GROUP,
    "List what is said of access",
    [Answer(200, "The facts in force and ahead.", answers.Access, example=examples.ACCESS_SHOWN)],
    scope="read",
    description="What follows from it for each feature is told by the list of entitlements.",
    query=PageQuery,
    problems=["not_found"],
    path_values=_BY_ACCOUNT,
)
PUT_ACCESS = Operation[requests.AccessRequest, NoParameters](
    "put_access",
    ACCESS_GROUP,
    "Open or close a feature",
    [
        Answer(200, "Changed, or as it was.", answers.OneAccess, example=examples.ACCESS),
        Answer(201, "The first that is said of this pattern.", answers.OneAccess, example=examples.ACCESS),
    ],
    scope="provision",
    description=_AGAIN
    + "The closest pattern with a say decides: an exact code before the longest prefix. A debit of "
    "what is closed is refused with `not-entitled`. `default` ends what was said. What a purchase opens lasts beside "
    "what is said, and only a closing ends it: what else would is a conflict." + _NO_FEATURE_YET,
    body=requests.AccessRequest,
    problems=["not_found", "conflict"],
    path_values={"ref": ACCOUNT, "pattern": "video.*"},
    body_example=examples.ACCESS_REQUEST,
)
