"""Budgets: all of them to look at, those of the account's own people to open, change and end."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404

from billing.portal.frame import BuyerForm, BuyerPage
from billing.queries.buyer_budgets import is_theirs, theirs
from billing.queries.job_estimates import priced_for
from billing.services import buyer_budgets
from config.desk.forms import AmountField
from usage.models import Budget
from usage.queries.limits_shown import budgets_of, history_of_budget
from usage.queries.terms import table_at
from usage.services.limiting import BudgetOrder

BEYOND = [
    ("hard", "Refuse it: calls that would pass the budget are refused"),
    ("soft", "Let it pass, and have it told"),
]
PERIODS = [("day", "Each day"), ("week", "Each week"), ("month", "Each month"), ("total", "Once and for all")]
EACH = [("", "Everybody shares it"), ("user", "Each user has it"), ("team", "Each team has it")]


class Budgets(BuyerPage):
    name, title, template_name = "budgets", "Budgets", "my/budgets.html"

    def context(self) -> dict[str, Any]:
        return {
            "budgets": budgets_of(self.account.pk, self.now),
            "theirs": theirs(self.account.pk),
            "rule": self.rule,
            "may_set": self.rule.budget_most is not None and self.visitor.may("manager"),
        }


class BudgetForm(forms.Form):
    code = forms.CharField(label="Name", max_length=64, help_text="Such as team-research; it stays as it is.")
    tokens = AmountField(label="Tokens", help_text="How much one period may spend.")
    period = forms.ChoiceField(label="Counts anew", choices=PERIODS, initial="month")
    beyond = forms.ChoiceField(
        label="What would go beyond", choices=BEYOND, widget=forms.RadioSelect, initial="hard"
    )
    team = forms.CharField(label="Only of this team", max_length=128, required=False)
    user = forms.CharField(label="Only of this user", max_length=128, required=False)
    per = forms.ChoiceField(label="Who has it", choices=EACH, required=False)
    feature = forms.CharField(
        label="Only of this feature",
        max_length=128,
        required=False,
        widget=forms.TextInput(attrs={"list": "features"}),
        help_text="Its code; chat.* stands for all that begin with chat.",
    )
    reason = forms.CharField(label="Why", max_length=500, required=False)


class OpenBudget(BuyerForm):
    name, title, template_name = "budgets", "Set a budget", "my/budget_open.html"
    least = "manager"
    form_class = BudgetForm

    def context(self) -> dict[str, Any]:
        features = {each.feature: each.name for each in priced_for(self.account, self.now)}
        return {"rule": self.rule, "features": sorted(features.items())}

    def act(self, asked: dict[str, Any]) -> str:
        table = table_at(self.account.pk, self.now)
        subject = {name: asked[name].strip() for name in ("team", "user") if asked[name].strip()}
        order = BudgetOrder(
            code=asked["code"].strip(),
            period=asked["period"],
            tokens=asked["tokens"],
            is_hard=asked["beyond"] == "hard",
            feature=asked["feature"].strip() or "*",
            subject=subject,
            per=asked["per"],
            token=table.token if table else None,
        )
        buyer_budgets.open_budget(
            account_id=self.account.pk, order=order, author=self.author(asked["reason"])
        )
        return f"{self.address('budgets')}?done=budget"


class ChangeForm(forms.Form):
    seen = forms.DateTimeField(widget=forms.HiddenInput)
    tokens = AmountField(
        label="Tokens", required=False, help_text="Of one period, this one included. Empty ends the budget."
    )
    beyond = forms.ChoiceField(label="What would go beyond", choices=BEYOND, widget=forms.RadioSelect)
    reason = forms.CharField(label="Why", max_length=500, required=False)


class OneBudget(BuyerPage):
    name, template_name = "budgets", "my/budget.html"

    def find(self, budget_id: Any = None, **_kwargs: Any) -> None:
        row = Budget.objects.filter(account=self.account, pk=budget_id).first()
        if row is None:
            raise Http404
        self.title = f"Budget {row.code}"  # type: ignore[misc]
        (self.budget,) = budgets_of(self.account.pk, self.now, codes=[row.code], most=200)

    def context(self) -> dict[str, Any]:
        return {
            "budget": self.budget,
            "limits": history_of_budget(self.account.pk, self.budget.id),
            "may_change": self.visitor.may("manager")
            and self.rule.budget_most is not None
            and is_theirs(self.account.pk, self.budget.id),
        }


class ChangeBudget(OneBudget, BuyerForm):
    template_name = "my/budget_change.html"
    least = "manager"
    form_class = ChangeForm

    def context(self) -> dict[str, Any]:
        return {**super().context(), "rule": self.rule}

    def initial(self) -> dict[str, Any]:
        limit = self.budget.limit
        return {
            "seen": limit.since.isoformat(),
            "tokens": limit.tokens,
            "beyond": "hard" if limit.is_hard else "soft",
        }

    def act(self, asked: dict[str, Any]) -> str:
        buyer_budgets.change_budget(
            account_id=self.account.pk,
            budget_id=self.budget.id,
            tokens=asked["tokens"],
            is_hard=asked["beyond"] == "hard",
            seen=asked["seen"],
            author=self.author(asked["reason"]),
        )
        done = "budget-ended" if asked["tokens"] is None else "budget-changed"
        return f"{self.address('budgets')}?done={done}"
