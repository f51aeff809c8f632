"""What models cost now against what rates bring: who loses, and the price that would mend it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from billing.queries.cost_review import Target, review_margins
from billing.services import repricing
from config.desk.forms import AmountField, DeskForm, ReasonField
from config.desk.pages import DeskPage
from config.desk.refusals import tell
from config.kernel.errors import DomainError
from pricing.models import RateTable

FINDINGS_SHOWN = 100
HUNDRED = Decimal(100)


class TargetForm(DeskForm):
    """Margins in percent."""

    under = AmountField(
        label="Rates under a margin of", places=1, required=False, help_text="In %; 0 is a loss."
    )
    match = AmountField(label="Propose a margin of", places=1, required=False, help_text="In %.")
    digits = forms.IntegerField(
        label="Significant digits",
        required=False,
        min_value=1,
        max_value=12,
        help_text="Of a price, rounded up.",
    )

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        for name in ("under", "match"):
            if asked.get(name) is not None and asked[name] >= HUNDRED:
                self.add_error(name, "A margin is less than 100 %.")
        return asked

    def target(self) -> Target:
        """What is asked, and where nothing or nonsense is, the usual."""
        if not self.is_valid():
            return Target()
        asked = self.cleaned_data
        return Target(asked["under"] / HUNDRED, asked["match"] / HUNDRED, asked["digits"])


class CostReviewPage(DeskPage):
    """Every rate in force, scheduled or in draft that earns too little, the worst first, table by table."""

    permissions = ("pricing.view_costrate", "pricing.view_version")
    template_name = "desk/costs/review.html"

    def title(self) -> str:
        return "Margins at present costs"

    def context(self) -> dict[str, Any]:
        usual = Target()
        shown = {"under": usual.under * HUNDRED, "match": usual.match * HUNDRED, "digits": usual.digits}
        form = TargetForm(self.request.GET or None, initial=shown)
        target = form.target()
        return {
            "form": form,
            "target": target,
            "review": review_margins(timezone.now(), target),
            "shown": FINDINGS_SHOWN,
            "today": timezone.now().date(),
        }


class MatchForm(TargetForm):
    reason = ReasonField(required=False)


class MatchMargin(DeskPage):
    """The button "Draft these prices"."""

    permissions = ("pricing.view_costrate", "pricing.add_version", "pricing.change_version")

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.table = RateTable.objects.filter(pk=object_id).first()

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:pricing_costrate_review"))

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        form = MatchForm(request.POST)
        if self.table is None or not form.is_valid():
            messages.error(request, "Nothing was drafted: look at the margins again.")
            return self.get(request)
        reason = form.cleaned_data["reason"] or "Matched to what models cost"
        try:
            draft, count = repricing.match_margin(
                table=self.table,
                target=form.target(),
                moment=timezone.now(),
                user=request.user,
                reason=reason,
            )
        except DomainError as refusal:
            tell(request, refusal)
            return self.get(request)
        rates = "rate" if count == 1 else "rates"
        messages.success(
            request, f"{draft} prices {count:,} {rates} anew. Nothing changes until it is published."
        )
        return HttpResponseRedirect(reverse("admin:pricing_version_change", args=[draft.pk]))
