"""The pages of those who buy. Each account's lie below its own identity, for which its cookie is."""

from __future__ import annotations

from django.urls import URLPattern, path

from billing.portal import budgets, door, overview, packs, people, prices, statements

app_name = "my"


def _of(account_path: str, view: type, name: str) -> URLPattern:
    return path(f"<uuid:account_id>/{account_path}", view.as_view(), name=name)  # type: ignore[attr-defined]


OF_AN_ACCOUNT = [
    _of("", overview.Overview, "overview"),
    _of("usage/", overview.Usage, "usage"),
    _of("statements/", statements.Statements, "statements"),
    _of("statements/<int:year>-<int:month>/", statements.OneStatement, "statement"),
    _of("statements/<int:year>-<int:month>.pdf", statements.StatementFile, "statement_file"),
    _of("prices/", prices.Prices, "prices"),
    _of("estimate/", prices.Estimate, "estimate"),
    _of("budgets/", budgets.Budgets, "budgets"),
    _of("budgets/set/", budgets.OpenBudget, "budget_open"),
    _of("budgets/<uuid:budget_id>/", budgets.OneBudget, "budget"),
    _of("budgets/<uuid:budget_id>/change/", budgets.ChangeBudget, "budget_change"),
    _of("packs/", packs.Packs, "packs"),
    _of("packs/<path:sku>/", packs.OrderPack, "pack"),
    _of("alerts/", people.Alerts, "alerts"),
    _of("alerts/<int:alert_id>/remove/", people.RemoveAlert, "alert_remove"),
    _of("people/", people.People, "people"),
    _of("people/<int:contact_id>/", people.Person, "person"),
    _of("leave/", door.Leave, "leave"),
]

urlpatterns = [
    path("", door.Door.as_view(), name="door"),
    path("enter/<str:secret>/", door.Enter.as_view(), name="enter"),
    path("link/<str:secret>/", door.Follow.as_view(), name="link"),
    *OF_AN_ACCOUNT,
]
