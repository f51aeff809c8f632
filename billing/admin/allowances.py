"""Units that an account has included before any tokens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404

from billing.admin.limit_pages import SPANS, LimitFormPage, SeenForm, SeenFormPage
from config.desk.forms import AmountField, DeskForm, MomentField, ReasonField
from config.desk.templatetags.desk import tokens
from config.kernel.amounts import QUANTITY_PLACES
from usage.queries.limits_shown import allowances_of
from usage.rules.limits_shown import AllowanceShown
from usage.services import limiting
from usage.services.limiting import AllowanceOrder


class IncludeForm(DeskForm):
    pattern = forms.CharField(
        label="Feature or pattern", max_length=128, help_text="A code such as chat.input, or chat.* or *."
    )
    units = AmountField(
        label="Units", places=QUANTITY_PLACES, help_text="Of the feature, not tokens: so many a period."
    )
    period = forms.ChoiceField(label="Counts anew", choices=SPANS, initial="month")
    anchor = forms.DateField(
        label="A period begins on the day of",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Only for months and years, such as the day of the contract; empty is the first.",
    )
    carries = AmountField(
        label="Unused units that go on",
        places=QUANTITY_PLACES,
        required=False,
        help_text="At most so many go into the next period; empty is none.",
    )
    effective_from = MomentField(label="From", required=False, help_text="In UTC; empty is now.")
    effective_until = MomentField(label="Until", required=False, help_text="In UTC; empty is without end.")
    reason = ReasonField(help_text="The contract or promise behind it; it stands in the books.")


class IncludePage(LimitFormPage):
    """Include units of a feature, or another number of them."""

    permissions = ("usage.add_allowance",)
    template_name = "desk/limits/include.html"
    form_class = IncludeForm

    def title(self) -> str:
        return "Include units"

    def initial(self) -> dict[str, Any]:
        """What the pattern of the address has now."""
        pattern = self.request.GET.get("pattern", "")
        for each in allowances_of(self.account.pk, self.now).present if pattern else ():
            if each.pattern == pattern:
                return {
                    "pattern": pattern,
                    "units": each.units,
                    "period": each.period,
                    "anchor": each.anchor,
                    "carries": each.carries or None,
                }
        return {}

    def act(self, asked: dict[str, Any]) -> str:
        order = AllowanceOrder(
            pattern=asked["pattern"].strip(),
            units=asked["units"],
            period=asked["period"],
            anchor=asked["anchor"],
            carries=asked["carries"],
            effective_from=asked["effective_from"],
            effective_until=asked["effective_until"],
        )
        made = limiting.include(account_id=self.account.pk, order=order, author=self.author(asked["reason"]))
        return self.done(
            f"{tokens(made.units)} units of {made.pattern} are included "
            f"from {made.effective_from:%-d %b %Y %H:%M} UTC."
        )


class EndIncludedForm(SeenForm):
    effective_from = MomentField(label="From", required=False, help_text="In UTC; empty is now.")
    reason = ReasonField()


class EndIncludedPage(SeenFormPage):
    """Include nothing of a pattern any more, from now or later on."""

    permissions = ("usage.add_allowance",)
    template_name = "desk/limits/include_end.html"
    form_class = EndIncludedForm

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        super().find(object_id)
        told = allowances_of(self.account.pk, self.now)
        pattern = self.request.GET.get("pattern", "")
        found = [each for each in (*told.present, *told.scheduled) if each.pattern == pattern and each.units]
        if not found:
            raise Http404
        self.facts: list[AllowanceShown] = found

    def title(self) -> str:
        return f"End what is included of {self.facts[0].pattern}"

    def initial(self) -> dict[str, Any]:
        return {"seen": max(each.recorded_at for each in self.facts).isoformat()}

    def context(self) -> dict[str, Any]:
        return {**super().context(), "facts": self.facts}

    def act(self, asked: dict[str, Any]) -> str:
        present = self.facts[0]
        order = AllowanceOrder(
            pattern=present.pattern,
            units=None,
            period=present.period,
            anchor=present.anchor,
            effective_from=asked["effective_from"],
        )
        made = limiting.include(
            account_id=self.account.pk,
            order=order,
            author=self.author(asked["reason"]),
            seen=asked["seen"],
        )
        return self.done(
            f"Nothing of {made.pattern} is included from {made.effective_from:%-d %b %Y %H:%M} UTC on."
        )
