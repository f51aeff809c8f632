"""Price lists as files: a dry run that shows the difference, then the same file again for good."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from billing.queries.margins import margins_of
from billing.services import price_lists
from config.desk.forms import DeskForm, ReasonField
from config.desk.pages import DeskFormPage
from config.kernel.errors import InvalidRequest
from pricing.models import RateTable, Version
from pricing.queries.versions import as_file, as_workbook
from pricing.rules.ratefiles import LARGEST_FILE_BYTES, TOO_LARGE, text_of
from pricing.services import importing
from wallets.models import TokenUnit

SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ImportForm(DeskForm):
    """A file chosen, or its text from the dry run sent back."""

    table = forms.CharField(
        label="Rate table", max_length=128, help_text="Its code. One that does not exist is made."
    )
    file = forms.FileField(
        label="CSV or XLSX file",
        required=False,
        help_text="product, feature, name, unit, tokens, per, …",
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )
    text = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)
    reason = ReasonField(required=False)

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        sent = asked.get("file")
        if sent is not None and sent.size > LARGEST_FILE_BYTES:
            raise forms.ValidationError(TOO_LARGE)
        if sent is None and not asked.get("text"):
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
            self.table = get_object_or_404(RateTable, pk=object_id)

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
            order = _order(form.cleaned_data)
            planned = importing.plan(order, margins_of(order.table, order.token))
        except InvalidRequest as refusal:
            form.add_error(None, refusal.detail)
            return self.shown(form=form, faults=refusal.errors)
        asked = {**form.cleaned_data, "file": None, "text": order.text}
        return self.shown(form=ImportForm(initial=asked), planned=planned, asked=asked)

    def act(self, asked: dict[str, Any]) -> str:
        done = price_lists.import_rates(_order(asked), user=self.request.user, reason=asked["reason"])
        if done.version is None:
            messages.info(self.request, "The file says what is in force already; nothing had to be made.")
            return reverse("admin:pricing_ratetable_change", args=[done.table.pk])
        messages.success(self.request, f"{done.version} is now the draft of {done.table}, as the file says.")
        return reverse("admin:pricing_version_change", args=[done.version.pk])


def _order(asked: dict[str, Any]) -> importing.Order:
    """Raises ImportRefused where the file is neither CSV nor a workbook, or has cells that can't be read."""
    default = TokenUnit.objects.order_by("-is_default", "code").values_list("code", flat=True).first()
    text = text_of(asked["file"].read()) if asked.get("file") else asked["text"]
    return importing.Order(table=asked["table"], text=text, token=default or "")


def csv_of(version: Version) -> HttpResponse:
    """The version as CSV to keep."""
    return _kept(version, "csv", as_file(version).encode(), "text/csv; charset=utf-8")


def workbook_of(version: Version) -> HttpResponse:
    """The version as XLSX to keep."""
    return _kept(version, "xlsx", as_workbook(version), SPREADSHEET)


def _kept(version: Version, suffix: str, content: bytes, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    name = f"{version.table.code.replace('/', '-')}-v{version.number}.{suffix}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
