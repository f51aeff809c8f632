"""The operations of the API, one constant each: the table that views, schema and documentation page are run by."""

from config.http.bodies import BATCH_LIMIT
from config.http.operations import Answer, NoBody, Operation
from config.http.query import NoParameters
from usage.api import answers, examples, requests
from usage.api import examples_of_lists as lists
from usage.api.answers_of_prices import Rates

SPENDING = "Spending"
ACCOUNTS = "Accounts"
GRANTS = "Grants"
PRICES = "Prices"
DESCRIPTION = "This description"

Plain = Operation[NoBody, NoParameters]

_BY_DEBIT = {"id": examples.DEBIT_ID}
_BY_ACCOUNT = {"ref": examples.ACCOUNT}
_BY_GRANT = {"id": examples.GRANT_ID}
_REFERENCES = ("unknown_account", "unknown_feature", "no_rate")

CHARGE = Operation[requests.DebitRequest, NoParameters](
    "charge",
    SPENDING,
    "Charge usage",
    [Answer(201, "Charged, or the first answer to this key again.", answers.Debit, example=examples.DEBIT)],
    scope="debit",
    description="Prices the items, decides, takes the tokens and records the debit in one transaction, or does "
    "nothing. `occurred_at` decides the price and the grants; it may lie 35 days back and 5 minutes ahead. An item may "
    "say what it cost you: margins are reckoned by that then, and no price is changed by it.",
    body=requests.DebitRequest,
    needs_key=True,
    problems=[
        *(*_REFERENCES, "unknown_reference"),
        *("insufficient_tokens", "not_entitled", "limit_reached", "account_suspended", "throttled"),
    ],
    body_example=examples.DEBIT_REQUEST,
)
CHARGE_BATCH = Operation[requests.DebitBatch, NoParameters](
    "charge_batch",
    SPENDING,
    "Charge many",
    [Answer(200, "A result a row, in the order sent.", answers.BatchResults, example=examples.BATCH)],
    scope="debit",
    description="Up to 1,000 debits, each of which stands for itself: one that is refused never touches its "
    "neighbours. A row counts as a debit of its own body under its own key; where the key is known, its "
    "result says `replayed`.",
    body=requests.DebitBatch,
    body_limit=BATCH_LIMIT,
    body_example=examples.BATCH_REQUEST,
)
QUOTE = Operation[requests.QuoteRequest, NoParameters](
    "quote",
    SPENDING,
    "Ask what a debit would come to",
    [
        Answer(
            200, "What a debit would answer now; nothing is written.", answers.Quote, example=examples.QUOTE
        )
    ],
    scope="read",
    description="With `rate_table_version` it prices against that version of the account's table, drafts included; "
    "that needs the scope `provision` as well. What an item says that it cost makes no difference.",
    body=requests.QuoteRequest,
    problems=[*_REFERENCES, "unknown_reference"],
    body_example=examples.DEBIT_REQUEST,
)
SHOW_DEBIT = Plain(
    "debit",
    SPENDING,
    "Show a debit",
    [Answer(200, "The debit as it was answered.", answers.Debit, example=examples.DEBIT)],
    scope="read",
    problems=["not_found"],
    path_values=_BY_DEBIT,
)
EXPLAIN = Plain(
    "explanation",
    SPENDING,
    "Explain a debit",
    [
        Answer(
            200,
            "Every step, derived again from stored facts.",
            answers.Explanation,
            example=lists.EXPLANATION,
        )
    ],
    scope="read",
    problems=["not_found"],
    path_values=_BY_DEBIT,
)
REVERSE = Operation[requests.ReversalRequest, NoParameters](
    "reverse",
    SPENDING,
    "Give back",
    [Answer(201, "Given back.", answers.Reversal, example=examples.REVERSAL)],
    scope="debit",
    description="Gives back all that is left of the debit, or so many `tokens` of it: overage first, then to the same "
    "grants in reverse order. What belongs to a grant that has expired or been voided since lapses at once.",
    body=requests.ReversalRequest,
    needs_key=True,
    problems=["not_found", "conflict"],
    path_values=_BY_DEBIT,
    body_example=examples.REVERSAL_REQUEST,
)
SHOW_DENIAL = Plain(
    "denial",
    SPENDING,
    "Show a refusal",
    [Answer(200, "What was asked, why it was refused, and how often.", answers.Denial, example=lists.DENIAL)],
    scope="read",
    problems=["not_found"],
    path_values={"id": examples.DENIAL_ID},
)
ENROL = Operation[requests.AccountRequest, NoParameters](
    "enrol",
    ACCOUNTS,
    "Make or change an account",
    [
        Answer(200, "Merged into the account.", answers.Account, example=examples.ACCOUNT_SHOWN),
        Answer(201, "The account was made.", answers.Account, example=examples.ACCOUNT_SHOWN),
    ],
    scope="provision",
    description="What is absent stays as it is, null sets the default. A new `rate_table` holds from now on; a new "
    "account's first table holds for all its past. With a `segment` it pays by the segment's table instead. With "
    "`rate_table_from` either holds from a later instant on, and `scheduled` shows it until then; what is scheduled "
    "already stays, and two changes at one instant are a conflict. "
    "`policy` says what becomes of what grants do not pay, and what is told or slowed on the way there; without "
    "one the policies rule that accounts share: of the feature, the product, the rate table or the deployment.",
    body=requests.AccountRequest,
    problems=["unknown_account", "unknown_reference", "no_rate", "conflict"],
    path_values=_BY_ACCOUNT,
    body_example=examples.ACCOUNT_REQUEST,
)
SHOW_ACCOUNT = Plain(
    "account",
    ACCOUNTS,
    "Show an account",
    [Answer(200, "The account.", answers.Account, example=examples.ACCOUNT_SHOWN)],
    scope="read",
    problems=["not_found"],
    path_values=_BY_ACCOUNT,
)
BALANCE = Operation[NoBody, requests.BalanceQuery](
    "balance",
    ACCOUNTS,
    "Show a balance",
    [Answer(200, "What can be spent.", answers.Balance, example=examples.BALANCE)],
    scope="read",
    description="With `as_of`, what the call would have answered at that instant; 404 before the account was opened.",
    query=requests.BalanceQuery,
    problems=["not_found", "unknown_reference"],
    path_values=_BY_ACCOUNT,
)
LEDGER = Operation[NoBody, requests.LedgerQuery](
    "ledger",
    ACCOUNTS,
    "List movements",
    [Answer(200, "Every movement, newest first.", answers.Ledger, example=lists.LEDGER)],
    scope="read",
    query=requests.LedgerQuery,
    problems=["not_found", "unknown_reference"],
    path_values=_BY_ACCOUNT,
)
TRANSFER = Operation[requests.TransferRequest, NoParameters](
    "transfer",
    ACCOUNTS,
    "Move tokens to a sub-account, or back",
    [Answer(201, "Moved.", answers.Transfer, example=examples.TRANSFER)],
    scope="provision",
    description="Between a parent and its sub-accounts, taken in draw order; kind, expiry, priority, features and cost "
    "go along.",
    body=requests.TransferRequest,
    needs_key=True,
    problems=["not_found", "unknown_account", "insufficient_tokens", "conflict"],
    path_values=_BY_ACCOUNT,
    body_example=examples.TRANSFER_REQUEST,
)
GRANT = Operation[requests.GrantRequest, NoParameters](
    "grant",
    GRANTS,
    "Hand out tokens",
    [Answer(201, "Granted.", answers.Grant, example=examples.GRANT)],
    scope="provision",
    description="`token` is the unit, by default the default one. `effective_at` is now by default and may lie 35 "
    "days back; without `expires_at` the grant never expires. An `external_id` seen before on this account "
    "under another key is a conflict.",
    body=requests.GrantRequest,
    needs_key=True,
    problems=["not_found", "unknown_reference", "conflict"],
    path_values=_BY_ACCOUNT,
    body_example=examples.GRANT_REQUEST,
)
GRANTS_OF_ACCOUNT = Operation[NoBody, requests.PageQuery](
    "grants",
    GRANTS,
    "List grants",
    [Answer(200, "The account's grants, newest first.", answers.Grants, example=lists.GRANTS)],
    scope="read",
    query=requests.PageQuery,
    problems=["not_found"],
    path_values=_BY_ACCOUNT,
)
SHOW_GRANT = Plain(
    "grant_shown",
    GRANTS,
    "Show a grant",
    [Answer(200, "The grant.", answers.Grant, example=examples.GRANT)],
    scope="read",
    problems=["not_found"],
    path_values=_BY_GRANT,
)
VOID = Operation[requests.VoidRequest, NoParameters](
    "void",
    GRANTS,
    "Take back what is left of a grant",
    [Answer(200, "The grant, with nothing left that is not held.", answers.Grant, example=lists.VOIDED)],
    scope="provision",
    body=requests.VoidRequest,
    needs_key=True,
    problems=["not_found", "conflict"],
    path_values=_BY_GRANT,
    body_example={"reason": "Issued twice by mistake."},
)
RATES = Operation[NoBody, requests.RatesQuery](
    "rates",
    PRICES,
    "Show the price list",
    [Answer(200, "The prices in force for the account at that time.", Rates, example=lists.RATES)],
    scope="read",
    description="Without `account` the list of the default table; without `at` the one in force now.",
    query=requests.RatesQuery,
    problems=["unknown_account", "no_rate"],
    query_values={"account": examples.ACCOUNT},
)
SCHEMA = Plain(
    "schema",
    DESCRIPTION,
    "This API as OpenAPI 3.1",
    [Answer(200, "The description.", media_type="application/json")],
)
DOCS = Plain(
    "docs",
    DESCRIPTION,
    "This API as a page for people",
    [Answer(200, "The page.", media_type="text/html")],
)
PROBLEM = Plain(
    "problem",
    DESCRIPTION,
    "What a problem's type means",
    [Answer(302, "To the page, at that problem.", media_type="text/html")],
    problems=["not_found"],
    path_values={"slug": "insufficient-tokens"},
)
