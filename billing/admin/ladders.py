"""The form of a policy: what becomes of what grants do not pay, and a row a step, added and removed as one likes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from billing.admin.fields import PolicyFields, policy_as_fields
from config.kernel.amounts import MONEY_PLACES, TOKEN_PLACES, exact, plain
from usage.rules.policies import MOST_STEPS, PolicyChoice, StepFact, choice_of, faults_of, steps_of


@dataclass(frozen=True)
class Kind:
    """A kind of step. takes: the columns that it has. amount: what its amount is of."""

    code: str
    label: str
    takes: tuple[str, ...]
    amount: str = ""


KINDS = (
    Kind("notify", "Tell", ("share",)),
    Kind("calls", "Throttle calls", ("amount", "share"), "Calls a minute"),
    Kind("tokens", "Throttle tokens", ("amount", "share"), "Tokens a minute"),
    Kind("grace", "Grace beyond zero", ("amount", "hours"), "Tokens, if limited"),
    Kind("percent", "Limit by the last purchase", ("amount",), "% of its tokens"),
    Kind("hold", "Limit each hold", ("amount",), "Tokens"),
    Kind("money", "Limit in money", ("amount", "currency", "price"), "Money"),
)
TAKEN = {kind.code: kind.takes for kind in KINDS}
COLUMNS = ("kind", "share", "amount", "hours", "price", "currency")
BLANKS = 3
"""Empty rows at the end, for browsers without scripts."""

Row = Mapping[str, str]


class StepsWidget(forms.Widget):
    """A table of steps. A row without a kind is none."""

    template_name = "desk/policies/steps.html"

    def get_context(self, name: str, value: Any, attrs: Mapping[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = [*(value or []), *({} for _ in range(BLANKS))]
        context["widget"] |= {"rows": rows, "kinds": KINDS, "blank": {}}
        return context

    def _render(self, template_name: str, context: Any, renderer: Any = None) -> SafeString:
        """By the templates of the admin's pages, where Django would look among those of forms."""
        return render_to_string(template_name, context)

    def value_from_datadict(self, data: Mapping[str, Any], _files: Any, name: str) -> list[dict[str, str]]:
        numbers = {
            int(found[1]) for key in data if (found := re.fullmatch(rf"{name}-([0-9]{{1,4}})-kind", key))
        }
        rows = [
            {column: str(data.get(f"{name}-{number}-{column}", "")).strip() for column in COLUMNS}
            for number in sorted(numbers)
        ]
        return [row for row in rows if row["kind"]]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return False


class StepsField(forms.Field):
    """Steps as their rows spell them; the answer is what the books would hold."""

    widget = StepsWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, label="Steps on the way there", **options)

    def to_python(self, value: Any) -> Any:
        facts, faults = [], []
        if len(value or ()) > MOST_STEPS:
            raise ValidationError(f"There are {MOST_STEPS} steps at most.")
        for number, row in enumerate(value or (), 1):
            try:
                facts.append(_fact(row))
            except ValueError as fault:
                faults.append(f"Step {number}: {fault}")
        for kind, name in (
            ("grace", "grace"),
            ("percent", "share of a purchase"),
            ("money", "limit in money"),
            ("hold", "limit of holds"),
        ):
            if sum(fact.kind == kind for fact in facts) > 1:
                faults.append(f"There is one {name} at most.")
        if faults:
            raise ValidationError(faults)
        return facts

    def prepare_value(self, value: Any) -> Any:
        return [_row(each) if isinstance(each, StepFact) else each for each in value or ()]


def _fact(row: Row) -> StepFact:
    kind = row["kind"]
    if kind not in TAKEN:
        raise ValueError("there is no such step.")
    share = _share(row["share"]) if "share" in TAKEN[kind] else None
    if kind == "notify":
        return StepFact("notify", share=share)
    places = 0 if kind == "calls" else MONEY_PLACES if kind == "money" else TOKEN_PLACES
    amount = _amount(row["amount"], places) if row["amount"] else None
    if kind == "grace":
        hours = _amount(row["hours"], 4) if row["hours"] else None
        return StepFact("grace", amount=amount, seconds=None if hours is None else Decimal(int(hours * 3600)))
    if amount is None:
        raise ValueError("an amount is missing.")
    if kind in ("calls", "tokens"):
        return StepFact("throttle", share=share or 0, measure=kind, amount=amount)
    if kind in ("percent", "hold"):
        return StepFact(kind, amount=amount)
    if not re.fullmatch("[A-Z]{3}", row["currency"]):
        raise ValueError("a currency has three capital letters, such as USD.")
    return StepFact(
        "money", amount=amount, price=_amount(row["price"], MONEY_PLACES), currency=row["currency"]
    )


def _share(text: str) -> int:
    if text and not re.fullmatch("[0-9]{1,3}", text):
        raise ValueError("a share is a whole number of per cent.")
    return int(text or 0)


def _amount(text: str, places: int) -> Decimal:
    return exact(text.replace(",", ""), places=places)


def _row(fact: StepFact) -> Row:
    """The step as its row shows it."""
    hours = None if fact.seconds is None else Decimal(fact.seconds) / 3600
    return {
        "kind": fact.measure if fact.kind == "throttle" else fact.kind,
        "share": "" if fact.share is None else str(fact.share),
        "amount": "" if fact.amount is None else plain(fact.amount),
        "hours": "" if hours is None else plain(hours),
        "price": "" if fact.price is None else plain(fact.price),
        "currency": fact.currency,
    }


class LadderFields(PolicyFields):
    """A policy with its steps."""

    steps = StepsField()

    field_order: Sequence[str] = ("mode", "limit", "steps")

    def clean(self) -> dict[str, Any]:
        asked = super().clean()
        plainly: PolicyChoice | None = asked["policy"]
        if self.errors:
            return asked
        if plainly is None:
            if asked["steps"]:
                self.add_error("steps", "Without a policy of its own there are no steps.")
            return asked
        policy = choice_of(plainly.mode, plainly.overage_limit, asked["steps"])
        for fault in faults_of(policy):
            self.add_error("steps", _said(fault.pointer, fault.detail))
        asked["policy"] = policy
        return asked


def _said(pointer: str, detail: str) -> str:
    """A fault with the step it is of."""
    step = pointer.removeprefix("/policy/").partition("/")[0]
    return f"{step.replace('_', ' ').capitalize()}: {detail}"


def ladder_as_fields(policy: PolicyChoice | None) -> dict[str, Any]:
    """The initial values that show a policy."""
    return {**policy_as_fields(policy), "steps": list(_facts(policy))}


def _facts(policy: PolicyChoice | None) -> Iterator[StepFact]:
    return steps_of(policy) if policy is not None else iter(())
