"""The paths below /api/v1/."""

from django.urls import path

from usage.api import (
    accounts,
    debits,
    description,
    entitlements,
    events,
    explaining,
    grants,
    holds,
    limits,
    prices,
    seats,
)

app_name = "api"

urlpatterns = [
    path("debits", debits.Debits.as_view(), name="debits"),
    path("debits/batch", debits.DebitBatch.as_view()),
    path("quotes", debits.Quotes.as_view()),
    path("debits/<str:id>", debits.OneDebit.as_view()),
    path("debits/<str:id>/explanation", explaining.Explanation.as_view()),
    path("debits/<str:id>/reversals", debits.Reversals.as_view()),
    path("holds", holds.Holds.as_view()),
    path("holds/<str:id>", holds.OneHold.as_view()),
    path("holds/<str:id>/capture", holds.Capture.as_view()),
    path("holds/<str:id>/release", holds.Release.as_view()),
    path("holds/<str:id>/extend", holds.Extend.as_view()),
    path("denials/<str:id>", explaining.OneDenial.as_view()),
    path("checkouts", seats.Checkouts.as_view()),
    path("checkouts/<str:id>", seats.OneCheckout.as_view()),
    path("checkouts/<str:id>/heartbeat", seats.Heartbeat.as_view()),
    path("checkouts/<str:id>/checkin", seats.Checkin.as_view()),
    path("events", events.Events.as_view()),
    path("accounts/<str:ref>", accounts.OneAccount.as_view()),
    path("accounts/<str:ref>/transfers", grants.Transfers.as_view()),
    path("accounts/<str:ref>/grants", grants.AccountGrants.as_view()),
    path("grants/<str:id>", grants.OneGrant.as_view()),
    path("grants/<str:id>/void", grants.Void.as_view()),
    path("accounts/<str:ref>/balance", accounts.Balance.as_view()),
    path("accounts/<str:ref>/ledger", accounts.Ledger.as_view()),
    path("accounts/<str:ref>/entitlements", entitlements.Entitlements.as_view()),
    path("accounts/<str:ref>/entitlements/<path:feature>", entitlements.OneEntitlement.as_view()),
    path("accounts/<str:ref>/budgets", limits.Budgets.as_view()),
    path("accounts/<str:ref>/budgets/<path:code>", limits.OneBudget.as_view()),
    path("accounts/<str:ref>/allowances", limits.Allowances.as_view()),
    path("accounts/<str:ref>/allowances/<path:pattern>", limits.OneAllowance.as_view()),
    path("accounts/<str:ref>/access", limits.Access.as_view()),
    path("accounts/<str:ref>/access/<path:pattern>", limits.OneAccess.as_view()),
    path("entitlements/query", entitlements.EntitlementMatrix.as_view()),
    path("rates", prices.Rates.as_view()),
    path("schema", description.Schema.as_view(), name="schema"),
    path("docs", description.Docs.as_view(), name="docs"),
    path("problems/<str:slug>", description.ProblemType.as_view(), name="problem"),
]
