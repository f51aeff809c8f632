"""Putting prices into force, and taking them back: pages that say the whole sentence before it happens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from billing.admin.rehearsal_pages import newest
from billing.queries.margins import margins_at, worth_of
from billing.queries.reach import reach
from billing.rules.margins import losses
from billing.rules.repricing import present_losses
from billing.services import price_lists
from config.desk.forms import BeginningForm, DeskForm, ReasonField
from config.desk.pages import DeskFormPage
from pricing.models import Version, VersionState
from pricing.queries.reviews import reasons_for_review, rules_about, standing_of
from pricing.queries.versions import difference, preview, takeover, version_before, version_in_force
from pricing.services import publishing


class PublishForm(BeginningForm):
    """When, and why. revision: the draft as this page showed it."""

    reason = ReasonField(help_text="Customers never see it; it stands in the history.")
    revision = forms.IntegerField(widget=forms.HiddenInput)


class PublishPage(DeskFormPage):
    """The difference, what speaks against it, when, why; and a button that says the sentence."""

    permissions = ("pricing.publish_version",)
    template_name = "desk/prices/publish.html"
    form_class = PublishForm

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.version = _version(object_id)
        self.now = timezone.now()

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not self.version.is_draft:
            messages.info(request, f"{self.version} is published already.")
            return HttpResponseRedirect(self._page())
        return super().get(request, **kwargs)

    def title(self) -> str:
        return f"Publish {self.version.table} {self.version}"

    def initial(self) -> dict[str, Any]:
        return {"revision": self.version.revision, "when": "now"}

    def context(self) -> dict[str, Any]:
        version = self.version
        worth, asked = worth_of(version.table.token), takeover(version, self.now)
        return {
            "version": version,
            "table": version.table,
            "worth": worth,
            "losses": losses(asked.rows, worth, asked.costs),
            "present_losses": present_losses(asked.rows, worth, asked.costs),
            "preview": preview(asked),
            "reasons": reasons_for_review(asked, margins_at(version.table.token)),
            "standing": standing_of(version),
            "accounts": reach(self.now).of(version.table_id),
            "scheduled": version.table.versions.scheduled(self.now).order_by("effective_from"),
            "rate_count": len(asked.rows),
            "rehearsed": newest(version),
        }

    def act(self, asked: dict[str, Any]) -> str:
        published = price_lists.publish(
            version=self.version,
            effective_from=asked["effective_from"],
            reason=asked["reason"],
            user=self.request.user,
            revision=asked["revision"],
        )
        when = (
            f"takes over on {published.effective_from:%-d %b %Y %H:%M} UTC"
            if asked["effective_from"]
            else "is in force"
        )
        messages.success(self.request, f"{published.table} {published} {when}.")
        return self._page()

    def _page(self) -> str:
        return reverse("admin:pricing_version_change", args=[self.version.pk])


class UndoForm(DeskForm):
    reason = ReasonField(help_text="Why the prices before it are right after all.")


class UndoPage(DeskFormPage):
    """Publish again what was in force before: a new version, for nothing published ever changes."""

    permissions = ("pricing.publish_version",)
    template_name = "desk/prices/undo.html"
    form_class = UndoForm

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.version = _version(object_id)
        self.former = version_before(self.version)
        self.now = timezone.now()

    def title(self) -> str:
        return f"Undo {self.version.table} {self.version}"

    def context(self) -> dict[str, Any]:
        newest = self.version.table.versions.order_by("-number").first()
        live = version_in_force(self.version.table_id, self.now)
        return {
            "version": self.version,
            "table": self.version.table,
            "former": self.former,
            "is_live": live is not None and live.pk == self.version.pk,
            "next_number": newest.number + 1 if newest else 1,
            "changes": difference(self.version, self.former) if self.former else [],
            "has_rules": bool(rules_about(self.version.table_id)),
            "accounts": reach(self.now).of(self.version.table_id),
        }

    def act(self, asked: dict[str, Any]) -> str:
        again = price_lists.undo(version=self.version, reason=asked["reason"], user=self.request.user)
        messages.success(self.request, f"{again} is in force: it says what {self.former} said.")
        return reverse("admin:pricing_version_change", args=[again.pk])


class WithdrawForm(DeskForm):
    reason = ReasonField(help_text="Why these prices are not to come.")


class WithdrawPage(DeskFormPage):
    """Take a scheduled version back before it begins."""

    permissions = ("pricing.publish_version",)
    template_name = "desk/prices/withdraw.html"
    form_class = WithdrawForm

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.version = _version(object_id)
        self.now = timezone.now()

    def title(self) -> str:
        return f"Withdraw {self.version.table} {self.version}"

    def context(self) -> dict[str, Any]:
        version = self.version
        others = version.table.versions.lasting().exclude(pk=version.pk)
        return {
            "version": version,
            "table": version.table,
            "is_scheduled": version.state_at(self.now) == VersionState.SCHEDULED,
            "goes_on": version_before(version),
            "next": others.filter(effective_from=version.effective_until).first(),
            "accounts": reach(self.now).of(version.table_id),
        }

    def act(self, asked: dict[str, Any]) -> str:
        publishing.withdraw(version=self.version, reason=asked["reason"], user=self.request.user)
        messages.success(
            self.request, f"{self.version} is withdrawn: it will never price anything. It stays on record."
        )
        return reverse("admin:pricing_version_change", args=[self.version.pk])


def _version(object_id: int) -> Version:
    return get_object_or_404(Version.objects.select_related("table"), pk=object_id)
