"""The filters of the usage page: what its address says, checked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from billing.queries.usage_scope import dimension_names, zone_of
from billing.rules.usage_view import MOST_DAYS, SPANS, UsageView
from config.desk.forms import DeskForm, dress
from pricing.models import Feature, Product
from usage.models import Segment
from usage.rules.enrolment import is_time_zone
from usage.rules.usage_asked import Clock
from wallets.models import TokenUnit

FIRST_YEAR, LAST_YEAR = 2000, 9000
MAIN = ("days", "account", "product", "feature")


class DayInput(forms.DateInput):
    input_type = "date"


def _fields_of_time() -> dict[str, forms.Field]:
    """`from` is no name in Python, and an address takes any."""
    clocks = [(Clock.OCCURRED.value, "When it occurred"), (Clock.RECORDED.value, "When it was recorded")]
    return {
        "from": forms.DateField(label="From", required=False, widget=DayInput),
        "to": forms.DateField(label="To", required=False, widget=DayInput),
        "tz": forms.CharField(label="Time zone", required=False, max_length=64),
        "by": forms.ChoiceField(label="Counted by", required=False, choices=clocks),
    }


def _with_its_days(data: QueryDict) -> QueryDict:
    """The days that are looked at said as such: two that are named win, and without any it is the usual."""
    said = data.copy()
    if said.get("from") and said.get("to"):
        said["days"] = ""
    elif not (said.get("days") or said.get("from") or said.get("to")):
        said["days"] = str(UsageView().days)
    return said


class UsageForm(DeskForm):
    """Whose usage, of what, over which time. Empty is the usual."""

    field_order = ("days", "from", "to", "tz", "by")
    days = forms.TypedChoiceField(
        label="Time", required=False, coerce=int, empty_value=None,
        choices=[*((each, f"Last {each} days") for each in SPANS), ("", "From … to")],
    )  # fmt: skip
    account = forms.CharField(label="Account", required=False, max_length=255)
    product = forms.ChoiceField(label="Product", required=False)
    feature = forms.ChoiceField(label="Feature", required=False)
    segment = forms.ChoiceField(label="Segment", required=False)
    token = forms.ChoiceField(label="Tokens", required=False)
    dimension = forms.ChoiceField(label="Money by", required=False)
    value = forms.CharField(label="Only where it is", required=False, max_length=255)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(_with_its_days(data))
        for name, field in _fields_of_time().items():
            dress(field.widget)
            self.fields[name] = field
        self.order_fields(self.field_order)
        self._offer("product", Product.objects.values_list("code", "name"), "All")
        self._offer("feature", Feature.objects.values_list("code", "name"), "All")
        self._offer("segment", Segment.objects.values_list("code", "name"), "All")
        units = TokenUnit.objects.order_by("-is_default", "code").values_list("code", flat=True)
        self._offer("token", [(each, each) for each in units], "")
        names = list(dict.fromkeys(["model", *dimension_names()]))
        self._offer("dimension", [(each, each) for each in names], "")

    @property
    def main(self) -> list[forms.BoundField]:
        return [self[name] for name in MAIN]

    @property
    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in MAIN]

    @property
    def has_more(self) -> bool:
        """Whether one of those out of sight says something."""
        return any(self.data.get(name) for name in self.fields if name not in MAIN)

    def _offer(self, field: str, choices: Any, every: str) -> None:
        found = list(choices)
        self.fields[field].choices = [("", every), *found] if every else found

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        first, last = asked.get("from"), asked.get("to")
        if bool(first) != bool(last):
            self.add_error("to" if first else "from", "Name both days, or neither.")
        elif first and last and not 0 <= (last - first).days < MOST_DAYS:
            self.add_error("to", f"It must not be before the first day, nor {MOST_DAYS} days after it.")
        elif first and last and (first.year < FIRST_YEAR or last.year > LAST_YEAR):
            self.add_error("from", f"Name days from {FIRST_YEAR} to {LAST_YEAR}.")
        if asked.get("tz") and not is_time_zone(asked["tz"]):
            self.add_error("tz", "This is not a time zone of IANA, such as Europe/Berlin.")
        return asked

    def view(self) -> UsageView:
        """What is asked, of a form that is valid."""
        asked = self.cleaned_data
        usual = UsageView()
        first, last = asked["from"], asked["to"]
        return UsageView(
            days=None if first else asked["days"] or usual.days,
            first=first,
            last=last,
            **{name: asked[name] for name in ("account", "product", "feature", "segment", "token", "value")},
            dimension=asked["dimension"] or usual.dimension,
            zone=asked["tz"] or zone_of(asked["account"]),
            clock=Clock(asked["by"] or usual.clock),
        )
