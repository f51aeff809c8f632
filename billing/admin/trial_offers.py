"""What sellers may issue: offers, and how much of them in a month."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.db.models import Q
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from billing.models import SellerAllowance, Trial, TrialOffer
from billing.queries.seller_allowances import months_of
from billing.services import seller_allowances
from config.desk.desks import Desk, ReadOnlyDesk, amount
from config.desk.forms import AmountField, DeskForm, ReasonField
from config.desk.pages import DeskFormPage, DeskPage
from config.desk.templatetags.desk import badge
from wallets.models import TokenUnit

OF_ITS_OWN, NO_LIMIT, OF_ALL = "own", "none", "all"


@admin.register(TrialOffer)
class TrialOfferDesk(Desk):
    purpose = (
        "What sales may hand out to try: so many tokens for so many days, once an account or a domain. "
        "Begin with one, such as Pilot, 500 tokens for 30 days; then issue it from an account's page."
    )
    list_display = ["name", "tokens_shown", "unit", "lasts", "once_shown", "extension", "state"]
    list_filter = ["is_on", "starts", "once_per"]
    list_select_related = ["unit"]
    search_fields = ["name"]
    formfield_overrides = {ArrayField: {"widget": UnfoldAdminTextInputWidget}}
    fieldsets = [
        (None, {"fields": ["name", "tokens", "unit", "features", "priority"]}),
        ("Life", {"fields": ["days", "starts", "activate_within", "extension_days", "remind_days"]}),
        ("To whom", {"fields": ["once_per", "is_on"]}),
    ]

    tokens_shown = amount("tokens")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        usual = TokenUnit.objects.filter(is_default=True).values_list("pk", flat=True).first()
        return {"unit": usual, **super().get_changeform_initial_data(request)}

    @admin.display(description="Lasts", ordering="days")
    def lasts(self, offer: TrialOffer) -> str:
        begins = " from the first use" if offer.starts == TrialOffer.Starts.FIRST_USE else ""
        return f"{offer.days} days{begins}"

    @admin.display(description="Once", ordering="once_per")
    def once_shown(self, offer: TrialOffer) -> str:
        return offer.get_once_per_display()

    @admin.display(description="Extension", ordering="extension_days")
    def extension(self, offer: TrialOffer) -> str:
        return f"{offer.extension_days} days, once" if offer.extension_days else "–"

    @admin.display(description="State", ordering="is_on")
    def state(self, offer: TrialOffer) -> SafeString:
        return badge("offered", "good") if offer.is_on else badge("switched off")


class AllowancesPage(DeskPage):
    """What each seller may issue in a month, and has issued of it in this one."""

    permissions = ("billing.view_sellerallowance",)
    template_name = "desk/trials/allowances.html"

    def title(self) -> str:
        return "Sellers' allowances"

    def context(self) -> dict[str, Any]:
        now = timezone.now()
        of_all = SellerAllowance.objects.filter(seller=None).select_related("unit")
        told = list(of_all.order_by("unit_id", "-pk").distinct("unit_id"))
        units = TokenUnit.objects.filter(
            Q(pk__in=TrialOffer.objects.values("unit")) | Q(pk__in=SellerAllowance.objects.values("unit"))
        ).order_by("code")
        people = _sellers()
        told_of = months_of([who.pk for who in people], [unit.pk for unit in units], now)
        months = [(who, unit, told_of[who.pk, unit.pk]) for who in people for unit in units]
        newest = SellerAllowance.objects.select_related("seller", "unit", "recorded_by")[:30]
        return {"of_all": told, "months": months, "newest": newest}


def _sellers() -> list[User]:
    """Who may issue trials, or has issued one; an administrator who never did is left out."""
    may = Q(groups__permissions__codename="issue_trial") | Q(user_permissions__codename="issue_trial")
    rows = User.objects.filter(Q(may, is_active=True) | Q(pk__in=Trial.objects.values("seller")))
    return list(rows.distinct().order_by("username")[:200])


class AllowanceForm(DeskForm):
    seller = forms.ModelChoiceField(
        User.objects.none(), required=False, label="Seller", empty_label="all who have none of their own"
    )
    unit = forms.ModelChoiceField(
        TokenUnit.objects.order_by("-is_default", "code"), label="Token unit", empty_label=None
    )
    how = forms.ChoiceField(
        label="A month",
        choices=[
            (OF_ITS_OWN, "so many tokens"),
            (NO_LIMIT, "without limit"),
            (OF_ALL, "what all may: the seller has none of his own"),
        ],
        widget=forms.RadioSelect,
        initial=OF_ITS_OWN,
    )
    tokens = AmountField(
        label="Tokens", least=Decimal(0), required=False, help_text="In a calendar month of UTC, from now on."
    )
    reason = ReasonField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seller"].queryset = User.objects.filter(pk__in=[user.pk for user in _sellers()])

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        if asked.get("how") == OF_ITS_OWN and asked.get("tokens") is None and not self.has_error("tokens"):
            self.add_error("tokens", "Say how many.")
        if asked.get("how") == OF_ALL and asked.get("seller") is None:
            self.add_error("seller", "Say whose own allowance ends.")
        return asked


class AllowPage(DeskFormPage):
    """Let a seller, or all of them, issue so much a month."""

    permissions = ("billing.add_sellerallowance",)
    template_name = "desk/trials/allow.html"
    form_class = AllowanceForm

    def title(self) -> str:
        return "Set an allowance"

    def act(self, asked: dict[str, Any]) -> str:
        seller_allowances.allow(
            seller=asked["seller"],
            unit_id=asked["unit"].pk,
            tokens=asked["tokens"] if asked["how"] == OF_ITS_OWN else None,
            follows_all=asked["how"] == OF_ALL,
            reason=asked["reason"],
            user=self.request.user,
        )
        messages.success(self.request, "It holds from now on; what was issued this month counts.")
        return reverse("admin:billing_sellerallowance_changelist")


@admin.register(SellerAllowance)
class SellerAllowanceDesk(ReadOnlyDesk):
    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("", AllowancesPage, "changelist"),
            self.page("add/", AllowPage, "add"),
            *super().get_urls(),
        ]
