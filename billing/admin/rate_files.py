"""Price lists as files: a dry run that shows the difference, then the same file again for good."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from billing.services import price_lists
from config.desk.forms import DeskForm, ReasonField
from config.desk.pages import DeskFormPage
from config.kernel.errors import InvalidRequest
from pricing.models import RateTable, Version
from pricing.queries.versions import as_file
from pricing.services import importing
from wallets.models import TokenUnit

LARGEST_FILE_BYTES = 8 * 1024 * 1024


class ImportForm(DeskForm):
    """A file chosen, or its text from the dry run sent back."""

    table = forms.CharField(
        label="Rate table", max_length=128, help_text="Its code. One that does not exist is made."
    )
    file = forms.FileField(
        label="CSV file", required=False, help_text="product, feature, name, unit, tokens, per, …"
    )
    text = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)
    reason = ReasonField(required=False)

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        sent = asked.get("file")
        if sent is not None:
            if sent.size > LARGEST_FILE_BYTES:
                raise forms.ValidationError("A file has at most 8 MiB.")
            try:
                asked["text"] = sent.read().decode()
            except UnicodeDecodeError:
                raise forms.ValidationError("The file is not UTF-8 text.") from None
        if not asked.get("text"):
            raise forms.ValidationError("Choose a file.")
        return asked


class ImportPage(DeskFormPage):
    """First what the file would change; the second button makes it the table's draft."""

    permissions = ("pricing.add_version", "pricing.change_version")
    template_name = "desk/prices/import.html"
    form_class = ImportForm
    table: RateTable | None = None

    def find(self, object_id: int | None = None, **_kwargs: Any) -> None:
        if object_id is not None:
            self.table = RateTable.objects.filter(pk=object_id).first()
            if self.table is None:
                raise Http404

    def title(self) -> str:
        return f"Import prices into {self.table}" if self.table else "Import prices"

    def initial(self) -> dict[str, Any]:
        return {"table": self.table.code if self.table else ""}

    def context(self) -> dict[str, Any]:
        return {"table": self.table}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if "carry_out" in request.POST:
            return super().post(request, **kwargs)
        form = self.form(request.POST, request.FILES)
        if not form.is_valid():
            return self.shown(form=form)
        try:
            planned = importing.plan(_order(form.cleaned_data))
        except InvalidRequest as refusal:
            form.add_error(None, refusal.detail)
            return self.shown(form=form, faults=refusal.errors)
        asked = {**form.cleaned_data, "file": None}
        return self.shown(form=ImportForm(initial=asked), planned=planned, asked=asked)

    def act(self, asked: dict[str, Any]) -> str:
        done = price_lists.import_rates(_order(asked), user=self.request.user, reason=asked["reason"])
        if done.version is None:
            messages.info(self.request, "The file says what is in force already; nothing had to be made.")
            return reverse("admin:pricing_ratetable_change", args=[done.table.pk])
        messages.success(self.request, f"{done.version} is now the draft of {done.table}, as the file says.")
        return reverse("admin:pricing_version_change", args=[done.version.pk])


def _order(asked: dict[str, Any]) -> importing.Order:
    default = TokenUnit.objects.order_by("-is_default", "code").values_list("code", flat=True).first()
    return importing.Order(table=asked["table"], text=asked["text"], token=default or "")


def file_of(version: Version) -> HttpResponse:
    """The version as a file to keep."""
    response = HttpResponse(as_file(version), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = (
        f'attachment; filename="{version.table.code.replace("/", "-")}-v{version.number}.csv"'
    )
    return response
