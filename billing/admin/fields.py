"""Form fields that several pages of an account share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from config.desk.forms import AmountField, DeskForm
from pricing.models import RateTable
from usage.models import Segment
from usage.rules.enrolment import PolicyChoice


class ExternalIdsField(forms.Field):
    """References in other systems, one `system = id` a line."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("label", "Ids in other systems")
        options.setdefault("help_text", "One a line, such as salesforce = 0015g00000XyZ.")
        options.setdefault(
            "widget", forms.Textarea(attrs={"rows": 3, "placeholder": "salesforce = 0015g00000XyZ"})
        )
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        found: dict[str, str] = {}
        if not str(value or "").replace("\n", "").replace("\r", "").isprintable():
            raise forms.ValidationError("There are characters in it that cannot be shown.")
        for line in str(value or "").splitlines():
            system, sign, reference = (part.strip() for part in line.partition("="))
            if not line.strip():
                continue
            if not sign or not system or not reference:
                raise forms.ValidationError(f"“{line.strip()}” is not of the form system = id.")
            found[system] = reference
        return found

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return "\n".join(f"{system} = {reference}" for system, reference in sorted(value.items()))
        return value


class PolicyFields(DeskForm):
    """How far below zero an account may go."""

    mode = forms.ChoiceField(
        label="When tokens run out",
        choices=[
            ("shared", "No policy of its own: the nearest one that accounts share, else block"),
            ("block", "Block: refuse what the tokens don't cover"),
            ("limited", "Overage up to a limit"),
            ("unlimited", "Overage without limit"),
        ],
        widget=forms.RadioSelect,
        initial="shared",
    )
    limit = AmountField(
        label="Overage limit",
        required=False,
        least=Decimal(0),
        help_text="Tokens; only for overage up to a limit.",
    )

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        mode, limit = asked.get("mode"), asked.get("limit")
        if mode == "limited" and limit is None and not self.has_error("limit"):
            self.add_error("limit", "Say how many tokens.")
        asked["policy"] = None
        if mode == "block":
            asked["policy"] = PolicyChoice("block")
        elif mode != "shared":
            asked["policy"] = PolicyChoice("overage", limit if mode == "limited" else None)
        return asked


def policy_as_fields(policy: PolicyChoice | None) -> dict[str, Any]:
    """The initial values that show a policy; None is none of its own."""
    if policy is None:
        return {"mode": "shared"}
    if policy.mode == "block":
        return {"mode": "block"}
    return {"mode": "unlimited" if policy.limit is None else "limited", "limit": policy.limit}


SEGMENT = "segment "
"""Before the code of a segment among the tables to choose from; no code has a blank in it."""


def segment_choices() -> list[tuple[str, str]]:
    """The segments whose table an account may pay by."""
    return [(f"{SEGMENT}{each.code}", f"By its segment: {each}") for each in Segment.objects.order_by("name")]


def table_choices() -> list[tuple[str, str]]:
    """The rate tables an account may pay by; none of its own is the default one."""
    tables = RateTable.objects.order_by("name", "code")
    return [
        ("", "The default table"),
        *((table.code, f"{table} ({table.code}, in {table.token})") for table in tables),
    ]
