"""Policies that accounts share: of a feature, a product, a rate table, or of the deployment."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils import timezone

from billing.admin.ladders import LadderFields, ladder_as_fields
from billing.admin.policy_rehearsals import Rehearsal, RehearsingPage, rehearsal_of
from config.desk.desks import ReadOnlyDesk
from config.desk.forms import ReasonField
from config.desk.pages import DeskPage
from config.kernel.errors import InvalidRequest
from pricing.models import Feature, Product, RateTable
from usage.models import SharedPolicy
from usage.queries.policies import Scope, choice, scope_of, shared_now
from usage.queries.rulings import next_ruling, rungs_of
from usage.services import policies
from usage.services.authors import Author
from wallets.models import Account

HISTORY_SHOWN = 100


class SharedPoliciesPage(DeskPage):
    """Every scope that has a policy, and what it says."""

    permissions = ("usage.view_sharedpolicy",)
    template_name = "desk/policies/shared.html"

    def title(self) -> str:
        return "Shared policies"

    def context(self) -> dict[str, Any]:
        return {"policies": [(scope_of(each), each, rungs_of(each)) for each in shared_now()]}


class SharedPolicyPage(DeskPage):
    """What holds for one scope, and what held before."""

    permissions = ("usage.view_sharedpolicy",)
    template_name = "desk/policies/one.html"

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        self.policy = policy_or_404(object_id)

    def title(self) -> str:
        return f"Policy of the {scope_of(self.policy)}"

    def context(self) -> dict[str, Any]:
        rows = SharedPolicy.objects.filter(scope_named(self.policy).rows()).prefetch_related("steps")
        history = [(each, rungs_of(each)) for each in rows.order_by("-recorded_at", "-pk")[:HISTORY_SHOWN]]
        return {"policy": self.policy, "history": history, "latest": history[0]}


class SharedForm(LadderFields):
    """mode: `shared` ends the policy of the scope."""

    account = forms.CharField(
        label="Rehearse on",
        required=False,
        max_length=128,
        help_text="The reference of an account. Only the button Rehearse looks at it.",
    )
    reason = ReasonField()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        ended = ("shared", "No policy here any more: the next nearest one rules")
        self.fields["mode"].choices = [ended, *self.fields["mode"].choices[1:]]

    def clean_account(self) -> Account | None:
        reference = self.cleaned_data["account"].strip()
        found = Account.objects.filter(reference=reference).first() if reference else None
        if "rehearse" in self.data and found is None:
            raise forms.ValidationError("There is no such account." if reference else "Name an account.")
        return found


class ScopedForm(SharedForm):
    """The form of a policy for a scope that is still to be named."""

    scope = forms.ChoiceField(
        choices=[
            ("feature", "A feature"),
            ("product", "A product"),
            ("table", "A rate table"),
            ("deployment", "All usage"),
        ],
        label="For",
    )
    code = forms.CharField(label="Its code", required=False, max_length=128, help_text="Empty for all usage.")

    field_order = ("scope", "code", "mode", "limit", "steps", "account", "reason")

    def clean(self) -> dict[str, Any]:
        asked = super().clean()
        models: dict[str, Any] = {"feature": Feature, "product": Product, "table": RateTable}
        kind, code = asked.get("scope"), (asked.get("code") or "").strip()
        asked["named"] = Scope()
        if kind in models:
            row = models[kind].objects.filter(code=code).first()
            if row is None:
                self.add_error(
                    "code", f"There is no {dict(self.fields['scope'].choices)[kind][2:]} of this code."
                )
            asked["named"] = Scope(**{kind: row})
        elif code and kind:
            self.add_error("code", "All usage has no code.")
        return asked


class SharePage(RehearsingPage):
    """Set the policy of a scope from now on."""

    permissions = ("usage.add_sharedpolicy",)
    template_name = "desk/policies/share.html"
    form_class = SharedForm

    def scope(self, asked: dict[str, Any]) -> Scope:
        raise NotImplementedError

    def rehearsal(self, asked: dict[str, Any]) -> Rehearsal:
        account, scope, now = asked["account"], self.scope(asked), timezone.now()
        policy = asked["policy"] or next_ruling(account.pk, now, scope).policy
        return rehearsal_of(account, policy, now, scope)

    def act(self, asked: dict[str, Any]) -> str:
        scope = self.scope(asked)
        author = Author.of(self.request.user, asked["reason"])
        is_new = policies.share(scope=scope, policy=asked["policy"], author=author)
        row = SharedPolicy.objects.filter(scope.rows()).order_by("-pk").first()
        if row is None:
            raise InvalidRequest("There is no policy here that could end.")
        said = "holds from the next call on" if is_new else "did so already"
        messages.success(self.request, f"The policy of the {scope_of(row)} {said}.")
        return reverse("admin:usage_sharedpolicy_change", args=[row.pk])


class ShareNewPage(SharePage):
    """The first policy of a scope."""

    form_class = ScopedForm

    def title(self) -> str:
        return "Share a policy"

    def initial(self) -> dict[str, Any]:
        return {"mode": "block"}

    def scope(self, asked: dict[str, Any]) -> Scope:
        named: Scope = asked["named"]
        return named


class ShareAgainPage(SharePage):
    """Another policy for the same scope, or none any more."""

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        found = policy_or_404(object_id)
        latest = SharedPolicy.objects.filter(scope_named(found).rows()).order_by("-recorded_at", "-pk")
        self.policy = latest.select_related("feature", "product", "table").prefetch_related("steps")[0]

    def title(self) -> str:
        return f"Change the policy of the {scope_of(self.policy)}"

    def initial(self) -> dict[str, Any]:
        is_over = self.policy.mode == SharedPolicy.Mode.NONE
        return ladder_as_fields(None if is_over else choice(self.policy))

    def context(self) -> dict[str, Any]:
        return {"policy": self.policy}

    def scope(self, asked: dict[str, Any]) -> Scope:
        return scope_named(self.policy)


@admin.register(SharedPolicy)
class SharedPolicyDesk(ReadOnlyDesk):
    """Dated facts: a change is another row."""

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("", SharedPoliciesPage, "changelist"),
            self.page("add/", ShareNewPage, "add"),
            self.page("<int:object_id>/change/", SharedPolicyPage, "change"),
            self.page("<int:object_id>/replace/", ShareAgainPage, "replace"),
            *super().get_urls(),
        ]


def policy_or_404(object_id: Any) -> SharedPolicy:
    rows = SharedPolicy.objects.select_related("feature", "product", "table")
    return get_object_or_404(rows, pk=object_id)


def scope_named(policy: SharedPolicy) -> Scope:
    return Scope(policy.feature, policy.product, policy.table)
