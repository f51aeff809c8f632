"""Forms of the pages that no model carries, dressed as the rest of the admin."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.widgets import Input
from unfold import widgets

from config.kernel.amounts import TOKEN_PLACES, exact, plain

_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[, ][0-9]{3})+(?:\.[0-9]+)?", re.ASCII)

_DRESS: list[tuple[type[forms.Widget], list[str]]] = [
    (forms.Textarea, widgets.TEXTAREA_CLASSES),
    (forms.Select, widgets.SELECT_CLASSES),
    (forms.CheckboxInput, widgets.CHECKBOX_CLASSES),
    (forms.ClearableFileInput, widgets.INPUT_CLASSES),
    (Input, widgets.INPUT_CLASSES),
]


class DeskForm(forms.Form):
    """A plain form whose fields look like unfold's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field.widget)


def dress(widget: forms.Widget) -> None:
    """Give a widget the classes that unfold gives its own."""
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return
    if isinstance(widget, forms.Select):
        widget.template_name = "unfold/widgets/select.html"
    for kind, classes in _DRESS:
        if isinstance(widget, kind):
            widget.attrs.setdefault("class", " ".join(classes))
            return


class AmountField(forms.Field):
    """A decimal amount, read exactly; thousands may be apart by commas or blanks.

    places: digits after the point. least: the smallest amount taken.
    """

    def __init__(self, *, places: int = TOKEN_PLACES, least: Decimal | None = None, **options: Any) -> None:
        self.places, self.least = places, least
        super().__init__(**options)
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        if not text:
            return None
        if _THOUSANDS.fullmatch(text):
            text = text.replace(",", "").replace(" ", "")
        try:
            amount = exact(text, places=self.places)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if self.least is not None and amount < self.least:
            is_the_smallest = self.least == Decimal(1).scaleb(-self.places)
            bound = "above 0" if is_the_smallest else f"{plain(self.least)} or more"
            raise forms.ValidationError(f"This must be {bound}.")
        return amount

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value


class MomentInput(forms.DateTimeInput):
    """The browser's own picker of a date and a time."""

    input_type = "datetime-local"

    def format_value(self, value: Any) -> str | None:
        return value.strftime("%Y-%m-%dT%H:%M") if isinstance(value, datetime) else value


class MomentField(forms.DateTimeField):
    """A moment in UTC, to the minute."""

    widget = MomentInput

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", "In UTC.")
        super().__init__(**options)


class BeginningForm(DeskForm):
    """From when something holds: now, or a later time. `effective_from` is None for now."""

    when = forms.ChoiceField(
        label="Effective",
        choices=[("now", "Now, for all usage from this moment on"), ("at", "At a time in the future")],
        widget=forms.RadioSelect,
        initial="now",
    )
    effective_from = MomentField(
        label="From", required=False, help_text="In UTC. Until then the present prices hold."
    )

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        is_later = asked.get("when") == "at"
        if is_later and not asked.get("effective_from") and not self.has_error("effective_from"):
            self.add_error("effective_from", "Say when it begins.")
        if not is_later:
            asked["effective_from"] = None
            self.errors.pop("effective_from", None)
        return asked


class ReasonField(forms.CharField):
    """Why somebody does this; kept with what was done."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", "Reason")
        options.setdefault("max_length", 500)
        options.setdefault("widget", forms.Textarea(attrs={"rows": 2}))
        super().__init__(**options)


class SureForm(DeskForm):
    """Nothing is asked but to be sure."""


class WhyForm(DeskForm):
    """Nothing is asked but why."""

    reason = ReasonField()
