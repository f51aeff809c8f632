"""Acts at the desk: what was done by whom, what waits for a second person, and when one is needed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString

from billing.models import ActRule, HandAct
from billing.queries.orders import order_named
from billing.rules.hand_acts import prices_said, read_order
from billing.rules.orders import OrderAsked
from billing.services import hand_acts
from config.desk.desks import Desk, ReadOnlyDesk, amount
from config.desk.forms import DeskForm, ReasonField
from config.desk.lists import Between, Sought
from config.desk.pages import DeskFormPage
from config.desk.templatetags.desk import badge, link_to, moment
from config.desk.whom import groups_that_may
from wallets.models import Grant
from wallets.queries.accounts import meant_by

TONES = {"done": "plain", "waiting": "wait", "approved": "good", "declined": "bad"}


class DecisionForm(DeskForm):
    verdict = forms.ChoiceField(
        choices=[("approve", "Approve: it is done at once, in both names"), ("decline", "Decline")],
        widget=forms.RadioSelect,
    )
    reason = ReasonField(required=False, help_text="Needed to decline; whoever asked reads it.")


class ActPage(DeskFormPage):
    """One act: what it moves, who asked for it, why it waits, and what became of it."""

    permissions = ("billing.view_handact",)
    template_name = "desk/acts/act.html"
    form_class = DecisionForm

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        rows = HandAct.objects.select_related("account", "asked_by", "decided_by")
        self.act_shown = get_object_or_404(rows, pk=object_id)

    def title(self) -> str:
        return str(self.act_shown)

    def context(self) -> dict[str, Any]:
        act, user = self.act_shown, self.request.user
        may, order = user.has_perm("billing.approve_handact"), _order_of(act)
        return {
            "act": act,
            "tone": TONES[act.state],
            "begins": act.decided_at or act.asked_at,
            "grant": Grant.objects.filter(pk=act.grant_id).first() if act.grant_id else None,
            "ordered": order_named(order.external_id) if order else None,
            "lines": list(zip(order.lines, prices_said(order), strict=True)) if order else [],
            "may_decide": act.is_waiting and may and act.asked_by_id != user.pk,
            "is_own": act.asked_by_id == user.pk,
            "deciders": groups_that_may("billing.approve_handact"),
            "back": reverse("admin:billing_handact_changelist"),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("billing.approve_handact"):
            raise PermissionDenied(f"It is decided by {groups_that_may('billing.approve_handact')}.")
        return super().post(request, **kwargs)

    def act(self, asked: dict[str, Any]) -> str:
        decide = hand_acts.approve if asked["verdict"] == "approve" else hand_acts.decline
        done = decide(act_id=self.act_shown.pk, user=self.request.user, reason=asked["reason"])  # type: ignore[arg-type]
        messages.success(self.request, f"It is {done.state}.")
        return reverse("admin:billing_handact_change", args=[done.pk])


def _order_of(act: HandAct) -> OrderAsked | None:
    return read_order(act.order) if act.order.get("asked") else None


@admin.register(HandAct)
class HandActDesk(Sought, ReadOnlyDesk):
    purpose = (
        "What people did by hand, each with its author: grants, adjustments, orders, moved expiries, "
        "and what was taken or given back. Those over a limit wait here for a second person. "
        "They are made on the accounts' pages."
    )
    begins_at_an_account = True
    file_columns = {
        "asked_at": "asked_at",
        "account": "account__reference",
        "kind": "kind",
        "token": "unit",
        "tokens": "tokens",
        "state": "state",
        "asked_by": "asked_by__username",
        "why": "why",
        "decided_at": "decided_at",
        "decided_by": "decided_by__username",
        "decision": "decision",
        "id": "id",
    }
    list_display = ["asked", "what", "moved", "unit", "customer", "who", "stands"]
    list_display_links = ["asked"]
    list_filter = [("asked_at", Between), "state", "kind"]
    list_select_related = ["account", "asked_by", "decided_by"]
    search_fields = ["=account__reference", "=asked_by__username"]
    search_help_text = "An account, or the name of the person who asked"

    moved = amount("tokens")

    def get_urls(self) -> list[URLPattern]:
        return [self.page("<uuid:object_id>/change/", ActPage, "change"), *super().get_urls()]

    def sought(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.filter(Q(account__in=meant_by(text)) | Q(asked_by__username=text))

    @admin.display(description="Asked")
    def asked(self, act: HandAct) -> str:
        return moment(act.asked_at)

    @admin.display(description="Act")
    def what(self, act: HandAct) -> str:
        return act.kind

    @admin.display(description="Account")
    def customer(self, act: HandAct) -> SafeString:
        return link_to("wallets_account", act.account_id, act.account, query="?tab=grants")

    @admin.display(description="By")
    def who(self, act: HandAct) -> str:
        return f"{act.asked_by} and {act.decided_by}" if act.decided_by else str(act.asked_by)

    @admin.display(description="State")
    def stands(self, act: HandAct) -> SafeString:
        return badge(act.state, TONES[act.state])


@admin.register(ActRule)
class ActRuleDesk(Desk):
    purpose = (
        "Beyond how many tokens a day a person needs a second one: to grant, adjust, take or give back, move an "
        "expiry, or place or cancel an order, for which a list price can be a limit as well. A quotation that is "
        "accepted here and a top-up that is confirmed here are placed orders. "
        "Without a rule nobody does; begin with one for grants."
    )
    list_display = ["says", "state"]
    list_filter = ["kind", "is_active"]
    fieldsets = [(None, {"fields": ["kind", "limit", ("money", "currency"), "is_active"]})]

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.is_active and obj.allows.is_nothing:
            said = "neither tokens nor a list price is allowed alone, so each needs a second person"
            messages.warning(request, f"{obj.get_kind_display()}: {said}.")

    @admin.display(description="A second person is needed for", ordering="kind")
    def says(self, rule: ActRule) -> str:
        return str(rule)

    @admin.display(description="State", ordering="is_active")
    def state(self, rule: ActRule) -> SafeString:
        return badge("active") if rule.is_active else badge("switched off")
