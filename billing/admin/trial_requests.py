"""Requests for trials beyond an allowance: what waits, what was decided, and deciding."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils import timezone

from billing.models import TrialRequest
from billing.queries import trials
from billing.queries.seller_allowances import month_of_seller
from billing.queries.trial_costs import cost_of
from billing.services import trial_requests
from config.desk.desks import ReadOnlyDesk
from config.desk.forms import DeskForm, ReasonField
from config.desk.pages import DeskFormPage, DeskPage
from config.desk.templatetags.desk import tokens
from usage.queries.terms import table_at

SHOWN = 100


class RequestsPage(DeskPage):
    """What waits for a manager, and what was decided lately."""

    permissions = ("billing.view_trialrequest",)
    template_name = "desk/trials/requests.html"

    def title(self) -> str:
        return "Trial requests"

    def context(self) -> dict[str, Any]:
        rows = TrialRequest.objects.select_related("offer__unit", "customer", "seller", "decided_by", "trial")
        return {
            "waiting": rows.waiting().order_by("asked_at")[:SHOWN],
            "decided": rows.exclude(verdict="").order_by("-decided_at")[:SHOWN],
        }


class DecideForm(DeskForm):
    reason = ReasonField(required=False, help_text="Needed to decline: the seller reads it.")
    verdict = forms.ChoiceField(choices=[("approve", ""), ("decline", "")], widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        if asked.get("verdict") == "decline" and not asked.get("reason"):
            self.add_error("reason", "Say why it is declined.")
        return asked


class DecidePage(DeskFormPage):
    """Approve what a seller asks for, or decline it."""

    permissions = ("billing.approve_trialrequest",)
    template_name = "desk/trials/decide.html"
    form_class = DecideForm

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        rows = TrialRequest.objects.select_related("offer__unit", "customer", "seller", "decided_by")
        self.asked_for = get_object_or_404(rows, pk=object_id)
        self.now = timezone.now()

    def title(self) -> str:
        return f"Decide on {self.asked_for}"

    def context(self) -> dict[str, Any]:
        asked = self.asked_for
        before = trials.earlier(asked.customer, asked.domain)
        return {
            "asked": asked,
            "cost": cost_of(asked.offer, table_at(asked.customer_id, self.now), self.now),
            "month": month_of_seller(asked.seller_id, asked.offer.unit_id, self.now),
            "earlier": trials.stands(before, self.now),
            "is_own": asked.seller_id == self.request.user.pk,
        }

    def act(self, asked: dict[str, Any]) -> str:
        if asked["verdict"] == "decline":
            trial_requests.decline(
                request_id=self.asked_for.pk, user=self.request.user, reason=asked["reason"]
            )
            messages.success(self.request, "The request is declined.")
        else:
            trial = trial_requests.approve(
                request_id=self.asked_for.pk, user=self.request.user, reason=asked["reason"]
            )
            messages.success(
                self.request, f"{tokens(trial.tokens)} trial tokens for {trial.customer} are issued."
            )
        return reverse("admin:billing_trialrequest_changelist")


@admin.register(TrialRequest)
class TrialRequestDesk(ReadOnlyDesk):
    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("", RequestsPage, "changelist"),
            self.page("<uuid:object_id>/decide/", DecidePage, "decide"),
            *super().get_urls(),
        ]
