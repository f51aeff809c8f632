"""Budgets inside an account: opening one, looking at it, changing and ending it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.utils import timezone

from billing.admin.account_limits import bars_of
from billing.admin.account_page import account_or_404
from billing.admin.limit_pages import SPANS, LimitFormPage, SeenForm, SeenFormPage
from billing.admin.own_prices import DimensionsField
from config.desk.forms import AmountField, DeskForm, ReasonField
from config.desk.pages import DeskPage
from config.desk.templatetags.desk import tokens
from usage.models import Budget
from usage.queries.limits_shown import budgets_of, history_of_budget
from usage.queries.terms import table_at
from usage.services import limiting
from usage.services.limiting import BudgetOrder
from wallets.models import TokenUnit

VALUES_LISTED = 200
BEYOND = [
    ("hard", "Refuse it: calls that would pass the budget are refused"),
    ("soft", "Let it pass: calls go on, and it is told once that the budget is used up"),
]


class BudgetForm(DeskForm):
    code = forms.CharField(
        label="Name", max_length=64, help_text="Such as team-research. It lasts: refusals and news name it."
    )
    tokens = AmountField(label="Tokens", help_text="How much one period may spend.")
    unit = forms.ChoiceField(label="Token unit")
    period = forms.ChoiceField(
        label="Counts anew",
        choices=[each for each in SPANS if each[0] != "year"],
        initial="month",
        help_text="By the midnights of the account's time zone.",
    )
    beyond = forms.ChoiceField(
        label="What would go beyond", choices=BEYOND, widget=forms.RadioSelect, initial="hard"
    )
    feature = forms.CharField(
        label="Feature or pattern", max_length=128, initial="*", help_text="A code, or chat.*; * is all."
    )
    dimensions = DimensionsField(
        label="Only usage with", help_text="What it says of itself, such as model=large; empty is any."
    )
    subject = DimensionsField(
        label="Only usage of", help_text="Whose it is, such as team=research; empty is everybody's."
    )
    per = forms.CharField(
        label="Each one apart",
        max_length=128,
        required=False,
        help_text="Such as user: each user has the whole budget. Empty: they share it.",
    )
    reason = ReasonField(help_text="Who asked for it, or what it guards against; it stands in the books.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = TokenUnit.objects.order_by("-is_default", "code")
        self.fields["unit"].choices = [(unit.code, f"{unit.code} · {unit.name}") for unit in units]


class OpenBudgetPage(LimitFormPage):
    """Count some of the account's usage, and refuse or tell what goes beyond."""

    permissions = ("usage.add_budget",)
    template_name = "desk/limits/budget_open.html"
    form_class = BudgetForm

    def title(self) -> str:
        return "Open a budget"

    def initial(self) -> dict[str, Any]:
        table = table_at(self.account.pk, self.now)
        return {"unit": table.token} if table else {}

    def act(self, asked: dict[str, Any]) -> str:
        order = BudgetOrder(
            code=asked["code"].strip(),
            period=asked["period"],
            tokens=asked["tokens"],
            is_hard=asked["beyond"] == "hard",
            feature=asked["feature"].strip(),
            dimensions=asked["dimensions"],
            subject=asked["subject"],
            per=asked["per"].strip(),
            token=asked["unit"],
        )
        budget = limiting.open_budget(
            account_id=self.account.pk, order=order, author=self.author(asked["reason"])
        )
        return self.done(f"The budget {budget.code} counts from now on.")


class BudgetPage(DeskPage):
    """One budget: each value of the present period, and every limit it has had."""

    permissions = ("usage.view_budget",)
    template_name = "desk/limits/budget.html"

    def find(self, object_id: Any, budget_id: Any = None, **_kwargs: Any) -> None:
        self.account = account_or_404(object_id)
        self.budget = budget_or_404(self.account.pk, budget_id)

    def title(self) -> str:
        return f"Budget {self.budget.code}"

    def context(self) -> dict[str, Any]:
        now = timezone.now()
        (shown,) = budgets_of(self.account.pk, now, codes=[self.budget.code], most=VALUES_LISTED)
        return {
            "account": self.account,
            "each": bars_of(shown),
            "history": history_of_budget(self.account.pk, self.budget.pk),
        }


class ChangeBudgetForm(SeenForm):
    tokens = AmountField(label="Tokens", help_text="How much one period may spend, this one included.")
    beyond = forms.ChoiceField(label="What would go beyond", choices=BEYOND, widget=forms.RadioSelect)
    reason = ReasonField()


class OneBudgetFormPage(SeenFormPage):
    """A form about one budget, with what holds now beside it."""

    permissions = ("usage.add_budget",)

    def find(self, object_id: Any, budget_id: Any = None, **_kwargs: Any) -> None:
        super().find(object_id)
        self.budget = budget_or_404(self.account.pk, budget_id)

    def initial(self) -> dict[str, Any]:
        limit = self._shown().limit
        return {
            "seen": limit.since.isoformat(),
            "tokens": limit.tokens,
            "beyond": "hard" if limit.is_hard else "soft",
        }

    def context(self) -> dict[str, Any]:
        return {**super().context(), "budget": self._shown()}

    def _shown(self) -> Any:
        return budgets_of(self.account.pk, self.now, codes=[self.budget.code], most=1)[0]


class ChangeBudgetPage(OneBudgetFormPage):
    """Let a budget allow more or less, or again."""

    template_name = "desk/limits/budget_change.html"
    form_class = ChangeBudgetForm

    def title(self) -> str:
        return f"Change the budget {self.budget.code}"

    def act(self, asked: dict[str, Any]) -> str:
        limit = limiting.change_budget(
            budget=self.budget,
            tokens=asked["tokens"],
            is_hard=asked["beyond"] == "hard",
            author=self.author(asked["reason"]),
            seen=asked["seen"],
        )
        return self.done(f"The budget {self.budget.code} allows {tokens(limit.tokens)} from now on.")


class EndBudgetForm(SeenForm):
    reason = ReasonField()


class EndBudgetPage(OneBudgetFormPage):
    """Let a budget refuse nothing any more."""

    template_name = "desk/limits/budget_end.html"
    form_class = EndBudgetForm

    def title(self) -> str:
        return f"End the budget {self.budget.code}"

    def act(self, asked: dict[str, Any]) -> str:
        limiting.change_budget(
            budget=self.budget,
            tokens=None,
            is_hard=self._shown().limit.is_hard,
            author=self.author(asked["reason"]),
            seen=asked["seen"],
        )
        return self.done(f"The budget {self.budget.code} is ended. What it counted stays.")


def budget_or_404(account_id: Any, budget_id: Any) -> Budget:
    return get_object_or_404(Budget, account_id=account_id, pk=budget_id)
