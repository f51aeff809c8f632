"""Lists of costs as files: a dry run that shows the difference, then the same file again for good."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from config.desk.forms import DeskForm, MomentField, ReasonField
from config.desk.pages import DeskFormPage
from config.kernel.errors import InvalidRequest
from pricing.models import CostImport
from pricing.services import costing
from pricing.services.costing import CostOrder

LARGEST_FILE_BYTES = 16 * 1024 * 1024
CHANGES_SHOWN = 200


class CostFileForm(DeskForm):
    """A file chosen, or the file of the dry run sent back, packed."""

    file = forms.FileField(
        label="JSON file", required=False, help_text="LiteLLM's model_prices_and_context_window.json."
    )
    packed = forms.CharField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(required=False, max_length=255, widget=forms.HiddenInput)
    effective_from = MomentField(
        label="From", required=False, help_text="In UTC; empty is now. What held before stays in the past."
    )
    is_partial = forms.BooleanField(
        label="It is a part of a list",
        required=False,
        help_text="What it does not name stays as it is. Otherwise that ends.",
    )
    reason = ReasonField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not self.data.get("packed")

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        sent = asked.get("file")
        try:
            if sent is not None:
                if sent.size > LARGEST_FILE_BYTES:
                    raise forms.ValidationError("A file has at most 16 MiB.")
                asked["text"], asked["name"] = sent.read().decode(), sent.name[:255]
                asked["packed"] = packed(asked["text"])
            elif asked.get("packed"):
                asked["text"] = unpacked(asked["packed"])
        except UnicodeDecodeError:
            raise forms.ValidationError("The file is not UTF-8 text.") from None
        if not asked.get("text") and not self.has_error("file"):
            raise forms.ValidationError("Choose a file.")
        return asked


class CostImportPage(DeskFormPage):
    """First what the list would change; the second button lets it."""

    permissions = ("pricing.add_costrate",)
    template_name = "desk/costs/import.html"
    form_class = CostFileForm

    def title(self) -> str:
        return "Read a list of costs"

    def context(self) -> dict[str, Any]:
        return {"last_import": CostImport.objects.order_by("-pk").first(), "shown": CHANGES_SHOWN}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if "carry_out" in request.POST:
            return super().post(request, **kwargs)
        form = self.form(request.POST, request.FILES)
        if not form.is_valid():
            return self.shown(form=form)
        try:
            planned = costing.plan(_order(form.cleaned_data))
        except InvalidRequest as refusal:
            form.add_error(None, refusal.detail)
            return self.shown(form=form, faults=refusal.errors)
        return self.shown(form=CostFileForm(), planned=planned, asked=form.cleaned_data)

    def act(self, asked: dict[str, Any]) -> str:
        done = costing.import_costs(_order(asked), user=self.request.user, reason=asked["reason"])
        if done.made is None:
            messages.info(self.request, "The list says what holds already; nothing had to be written.")
        else:
            changes = done.plan.changes
            messages.success(
                self.request,
                f"{done.made} is read: {len(changes.new):,} new, {len(changes.changed):,} changed, "
                f"{len(changes.gone):,} ended.",
            )
        return reverse("admin:pricing_costrate_changelist")


def _order(asked: dict[str, Any]) -> CostOrder:
    return CostOrder(
        text=asked["text"],
        file=asked["name"] or "list.json",
        effective_from=asked["effective_from"],
        is_partial=asked["is_partial"],
    )


def packed(text: str) -> str:
    """The text small enough to go through a page and back."""
    return b64encode(zlib.compress(text.encode())).decode()


def unpacked(text: str) -> str:
    """What `packed` packed.

    Raises ValidationError where it is something else, or longer than a file may be.
    """
    try:
        content = zlib.decompressobj()
        found = content.decompress(b64decode(text, validate=True), LARGEST_FILE_BYTES)
        if content.unconsumed_tail or not content.eof:
            raise forms.ValidationError("A file has at most 16 MiB.")
        return found.decode()
    except (ValueError, zlib.error):
        raise forms.ValidationError("Choose the file again.") from None
