"""Holds, to look at: what is kept for work under way; and the page by which a person lets go of one."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from config.desk.desks import ReadOnlyDesk
from config.desk.forms import DeskForm, ReasonField
from config.desk.lists import Between, Sought, identity_in
from config.desk.pages import DeskFormPage, DeskPage
from config.desk.templatetags.desk import badge, link_to, moment, tokens
from usage.models import Claim, HoldLine, HoldRequest, HoldStep
from usage.queries.claimed import effects_of
from usage.queries.rulings import rulings_of
from usage.rules import explaining_ladders
from usage.rules.holds import ReleaseOrder
from usage.services import holding
from usage.services.claims import Call
from wallets.models import Hold, HoldEntry, Pin
from wallets.queries.accounts import meant_by

STATES = [(state.value, state.label) for state in Hold.State]


class HoldPage(DeskPage):
    """What a hold was made for, what it pins of which grants, and what became of it."""

    permissions = ("usage.view_holdrequest",)
    template_name = "desk/usage/hold.html"

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        self.request_held = _hold_or_404(object_id)

    def title(self) -> str:
        return f"Hold of {tokens(self.request_held.tokens)} {self.request_held.unit}"

    def context(self) -> dict[str, Any]:
        row = self.request_held
        of_it = {"account_id": row.account_id, "hold_id": row.pk}
        lines = HoldLine.objects.filter(**of_it).select_related("feature", "rate")
        entries = HoldEntry.objects.filter(**of_it, kind=HoldEntry.Kind.EXTENDED)
        return {
            "row": row,
            "state": _state(row),
            "lines": lines.order_by("position"),
            "pins": Pin.objects.filter(**of_it).select_related("grant").order_by("position"),
            "steps": HoldStep.objects.filter(**of_it).order_by("id"),
            "extensions": entries.order_by("id"),
            "rulings": rulings_of(row.judged),
            "decided": explaining_ladders.of_a_hold(row.judged, row.floor) if row.judged else [],
            "may_release": _state(row) == Hold.State.HELD,
        }


class ReleaseForm(DeskForm):
    reason = ReasonField(help_text="Why the work will not be charged, or not to this hold.")
    form_token = forms.CharField(widget=forms.HiddenInput, max_length=64)


class ReleasePage(DeskFormPage):
    """Give back what a hold keeps, as its product would."""

    permissions = ("usage.view_holdrequest", "usage.release_holdrequest")
    template_name = "desk/usage/hold_release.html"
    form_class = ReleaseForm

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        self.request_held = _hold_or_404(object_id)

    def title(self) -> str:
        return "Release a hold"

    def initial(self) -> dict[str, Any]:
        return {"form_token": uuid4().hex}

    def context(self) -> dict[str, Any]:
        return {"row": self.request_held, "state": _state(self.request_held)}

    def act(self, asked: dict[str, Any]) -> str:
        row = self.request_held
        call = Call.at_the_desk(self.request.user, asked["form_token"], ("release", row.pk, asked["reason"]))
        told = holding.release(
            ReleaseOrder(
                hold_id=row.pk,
                product_id=call.product_id,
                key=call.key,
                fingerprint=call.fingerprint,
                reason=asked["reason"],
                recorded_by=call.by,
            )
        )
        said = (
            "The hold had expired already." if told.state == Hold.State.EXPIRED else "The hold is released."
        )
        messages.success(self.request, said)
        return reverse("admin:usage_holdrequest_change", args=[row.pk])


class StateFilter(admin.SimpleListFilter):
    """By what a hold is now: one past its end has expired, whether or not a sweep has noticed."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return STATES

    def queryset(self, request: HttpRequest, queryset: QuerySet[HoldRequest]) -> QuerySet[HoldRequest]:
        state = self.value()
        is_over = Q(hold__state=Hold.State.HELD, hold__expires_at__lte=timezone.now())
        if state == Hold.State.HELD:
            return queryset.filter(hold__state=state).exclude(is_over)
        if state == Hold.State.EXPIRED:
            return queryset.filter(Q(hold__state=state) | is_over)
        return queryset.filter(hold__state=state) if state in dict(STATES) else queryset


@admin.register(HoldRequest)
class HoldDesk(Sought, ReadOnlyDesk):
    purpose = (
        "Tokens that are kept for work under way. A hold is charged when the work is done, and what is left "
        "of it is free again at its end."
    )
    file_columns = {
        "recorded_at": "recorded_at",
        "account": "account__reference",
        "product": "product__code",
        "token": "unit__code",
        "tokens": "tokens",
        "overage": "overage",
        "available_after": "available_after",
        "expires_at": "expires_at",
        "subject": "subject",
        "metadata": "metadata",
        "key": "key",
        "id": "hold_id",
    }
    list_display = ["made", "customer", "how", "estimate", "kept", "ends", "product"]
    list_display_links = ["made"]
    list_filter = [("recorded_at", Between), StateFilter, "product"]
    list_select_related = ["hold", "account", "product", "unit"]
    search_fields = ["=account__reference"]
    search_help_text = "An account, a hold's id, or the call's idempotency key"
    ordering = ["-pk"]

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<uuid:object_id>/change/", HoldPage, "change"),
            self.page("<uuid:object_id>/release/", ReleasePage, "release"),
            *super().get_urls(),
        ]

    def sought(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        identity = identity_in(text)
        named = effects_of(text, Claim.Effect.HOLD) + ([identity] if identity else [])
        of_accounts = Q(account__in=meant_by(text))
        return rows.filter((of_accounts | Q(pk__in=named)) if named else of_accounts)

    @admin.display(description="Made")
    def made(self, row: HoldRequest) -> str:
        return moment(row.recorded_at)

    @admin.display(description="Account")
    def customer(self, row: HoldRequest) -> SafeString:
        return link_to("wallets_account", row.account_id, row.account)

    @admin.display(description="State")
    def how(self, row: HoldRequest) -> SafeString:
        return badge(_state(row), "wait" if _state(row) == Hold.State.HELD else "plain")

    @admin.display(description="Tokens held")
    def estimate(self, row: HoldRequest) -> str:
        return f"{tokens(row.tokens)} {row.unit}"

    @admin.display(description="Left")
    def kept(self, row: HoldRequest) -> str:
        is_over = _state(row) != Hold.State.HELD
        return tokens(row.hold.held * 0 if is_over else row.hold.held + row.hold.overage_held)

    @admin.display(description="Expires")
    def ends(self, row: HoldRequest) -> str:
        return moment(row.hold.expires_at)


def _state(row: HoldRequest) -> str:
    is_over = row.hold.state == Hold.State.HELD and row.hold.expires_at <= timezone.now()
    return Hold.State.EXPIRED.value if is_over else row.hold.state


def _hold_or_404(object_id: Any) -> HoldRequest:
    rows = HoldRequest.objects.select_related(
        "hold", "account", "product", "api_key", "table", "version", "unit"
    )
    return get_object_or_404(rows, pk=object_id)
