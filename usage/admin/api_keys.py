"""Keys of products: made and shown once, revoked for good."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from config.desk.desks import Desk
from config.desk.forms import DeskForm, ReasonField, WhyForm
from config.desk.pages import DeskFormPage
from config.desk.refusals import told
from config.desk.templatetags.desk import badge, moment
from pricing.models import Product
from usage.models import ApiKey
from usage.services import keys

SCOPES = [
    ("debit", "debit: charge usage and reverse it"),
    ("events", "events: report usage after the fact"),
    ("read", "read: balances, ledgers, prices and quotes"),
    ("provision", "provision: open accounts, grant and void tokens"),
]


class KeyForm(DeskForm):
    product = forms.ChoiceField(help_text="A key charges the features of one product.")
    name = forms.CharField(max_length=80, required=False, help_text="Where it is used, such as production.")
    scopes = forms.MultipleChoiceField(
        choices=SCOPES, widget=forms.CheckboxSelectMultiple, initial=["debit", "read"]
    )
    reason = ReasonField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].choices = [
            (each.code, f"{each} ({each.code})") for each in Product.objects.all()
        ]


class CreateKey(DeskFormPage):
    """Make a key and show it once: only its hash is kept."""

    permissions = ("usage.add_apikey",)
    template_name = "desk/keys/create.html"
    form_class = KeyForm

    def title(self) -> str:
        return "Create an API key"

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.shown(form=form)
        asked = form.cleaned_data
        with told(request):
            issued = keys.create(
                product_code=asked["product"],
                scopes=asked["scopes"],
                name=asked["name"],
                user=request.user,
                reason=asked["reason"],
            )
            response = self.shown(issued=issued)
            response["Cache-Control"] = "no-store"
            return response
        return self.shown(form=form)

    def context(self) -> dict[str, Any]:
        return {"has_products": Product.objects.exists()}


class RevokeKey(DeskFormPage):
    """Take a key back."""

    permissions = ("usage.revoke_apikey",)
    template_name = "desk/keys/revoke.html"
    form_class = WhyForm

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.key = get_object_or_404(ApiKey.objects.select_related("product"), pk=object_id)

    def title(self) -> str:
        return "Revoke an API key"

    def context(self) -> dict[str, Any]:
        return {"key": self.key}

    def act(self, asked: dict[str, Any]) -> str:
        keys.revoke(prefix=self.key.prefix, user=self.request.user, reason=asked["reason"])
        messages.success(self.request, f"The key {self.key.prefix} opens nothing any more.")
        return reverse("admin:usage_apikey_changelist")


@admin.register(ApiKey)
class ApiKeyDesk(Desk):
    purpose = (
        "What products call the API with. A key says for which product and what it may do; it is shown once, "
        "when it is made."
    )
    list_display = ["begins_with", "name", "product", "may", "state", "made"]
    list_display_links = ["begins_with"]
    list_filter = ["product"]
    list_select_related = ["product"]
    search_fields = ["prefix", "name"]
    readonly_fields = ["product", "begins_with", "may", "state", "made", "revoked"]
    fieldsets = [(None, {"fields": ["begins_with", "name", "product", "may", "state", "made", "revoked"]})]
    actions = None
    change_form_after_template = "desk/keys/below.html"

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("add/", CreateKey, "add"),
            self.page("<int:object_id>/revoke/", RevokeKey, "revoke"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("usage.add_apikey")

    @admin.display(description="Key", ordering="prefix")
    def begins_with(self, key: ApiKey) -> str:
        return f"td_{key.prefix}_…"

    @admin.display(description="Scopes")
    def may(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @admin.display(description="State", ordering="revoked_at")
    def state(self, key: ApiKey) -> str:
        return badge("revoked", "bad") if key.revoked_at else badge("valid", "good")

    @admin.display(description="Created", ordering="created_at")
    def made(self, key: ApiKey) -> str:
        return moment(key.created_at)

    @admin.display(description="Revoked")
    def revoked(self, key: ApiKey) -> str:
        return moment(key.revoked_at)
