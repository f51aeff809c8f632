"""The paths below /api/v1/."""

from django.urls import path

from usage.api import debits, description

app_name = "api"

urlpatterns = [
    path("debits", debits.Debits.as_view(), name="debits"),
    path("debits/batch", debits.DebitBatch.as_view()),
    path("quotes", debits.Quotes.as_view()),
    path("debits/<str:id>", debits.OneDebit.as_view()),
    path("debits/<str:id>/reversals", debits.Reversals.as_view()),
    path("schema", description.Schema.as_view(), name="schema"),
    path("docs", description.Docs.as_view(), name="docs"),
    path("problems/<str:slug>", description.ProblemType.as_view(), name="problem"),
]
