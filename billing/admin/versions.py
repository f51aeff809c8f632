"""One version of a price list and all that can be done with it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from billing.admin.publishing import PublishPage, UndoPage, WithdrawPage
from billing.admin.rate_files import csv_of, workbook_of
from billing.admin.reviews import AskPage, DecidePage
from billing.admin.version_page import ModelCosts, VersionPage, version_or_404
from config.desk.desks import Desk
from config.desk.pages import DeskPage
from config.desk.refusals import tell
from config.kernel.errors import DomainError
from pricing.errors import NotADraft
from pricing.models import Refusal, Version
from pricing.queries.versions import difference, version_before, version_in_force
from pricing.services import drafting
from pricing.services.on_record import record_refusal


class DiffPage(DeskPage):
    """What a version prices otherwise than the one it took over from, or would take over from."""

    permissions = ("pricing.view_version",)
    template_name = "desk/prices/diff.html"

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.version = version_or_404(object_id)
        asked = self.request.GET.get("against", "")
        others = self.version.table.versions.exclude(pk=self.version.pk)
        chosen = others.filter(number=int(asked)).first() if asked.isdigit() and len(asked) < 9 else None
        if self.version.is_draft:
            self.other = chosen or version_in_force(self.version.table_id, timezone.now())
        else:
            self.other = chosen or version_before(self.version)

    def title(self) -> str:
        return f"What {self.version} changes"

    def context(self) -> dict[str, Any]:
        numbers = self.version.table.versions.exclude(pk=self.version.pk).order_by("-number")
        return {
            "version": self.version,
            "other": self.other,
            "others": numbers,
            "changes": difference(self.other, self.version),
        }


class DiscardDraft(DeskPage):
    """The button "Throw the draft away"."""

    permissions = ("pricing.delete_version",)

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.version = version_or_404(object_id)

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:pricing_version_change", args=[self.version.pk]))

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        try:
            drafting.discard(draft=self.version, user=request.user, reason="Discarded")
        except DomainError as refusal:
            tell(request, refusal)
            return self.get(request)
        messages.success(request, f"The draft {self.version} is thrown away.")
        return HttpResponseRedirect(reverse("admin:pricing_ratetable_change", args=[self.version.table_id]))


class ExportVersion(DeskPage):
    """The version as a file: CSV, or XLSX by `?as=xlsx`."""

    permissions = ("pricing.view_version",)

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.version = version_or_404(object_id)

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return workbook_of(self.version) if request.GET.get("as") == "xlsx" else csv_of(self.version)


@admin.register(Version)
class VersionDesk(Desk):
    """Versions stand with their table; this desk has their pages."""

    def get_urls(self) -> list[URLPattern]:
        return [
            path("", self.admin_site.admin_view(_to_tables), name="pricing_version_changelist"),
            self.page("<int:object_id>/change/", VersionPage, "change"),
            self.page("<int:object_id>/costs/", ModelCosts, "costs"),
            self.page("<int:object_id>/diff/", DiffPage, "diff"),
            self.page("<int:object_id>/publish/", PublishPage, "publish"),
            self.page("<int:object_id>/undo/", UndoPage, "undo"),
            self.page("<int:object_id>/withdraw/", WithdrawPage, "withdraw"),
            self.page("<int:object_id>/ask/", AskPage, "ask"),
            self.page("<int:object_id>/decide/", DecidePage, "decide"),
            self.page("<int:object_id>/discard/", DiscardDraft, "discard"),
            self.page("<int:object_id>/export/", ExportVersion, "export"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def history_form_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """As every desk refuses to save a past state; here it is kept who tried."""
        if request.method == "POST":
            version = version_or_404(int(object_id))
            refusal = NotADraft(f"{version} is not changed from its history; make a new draft from it.")
            record_refusal(
                Refusal.Verb.REVERT, request.user, refusal, table_id=version.table_id, number=version.number
            )
            raise PermissionDenied(refusal.detail)
        return super().history_form_view(request, object_id, *args, **kwargs)


def _to_tables(request: HttpRequest) -> HttpResponse:
    """Versions have no list of their own, and nothing is done to many of them at once."""
    if request.method == "POST":
        refusal = NotADraft(
            "Versions are not changed in bulk: a published one never changes, a draft has its page."
        )
        record_refusal(Refusal.Verb.EDIT, request.user, refusal, table_id=None)
        tell(request, refusal)
    return HttpResponseRedirect(reverse("admin:pricing_ratetable_changelist"))
