"""Trials issued by a file: first what it would do, then that."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from billing.admin.cost_files import packed, unpacked
from billing.rules.trial_rows import COLUMNS, MOST_ROWS
from billing.services import trial_files
from billing.services.trial_files import Filed
from config.desk.forms import DeskForm
from config.desk.pages import DeskFormPage
from config.desk.templatetags.desk import tokens
from config.kernel.errors import InvalidRequest

LARGEST_FILE_BYTES = 1024 * 1024


class TrialFileForm(DeskForm):
    """A file, or the one that a dry run has looked at. form_token: the same file under it is issued once."""

    file = forms.FileField(
        label="CSV file",
        help_text=f"Columns {', '.join(COLUMNS)}; at most {MOST_ROWS} trials.",
    )
    packed = forms.CharField(required=False, widget=forms.HiddenInput)
    form_token = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not self.data.get("packed")

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        sent = asked.get("file")
        try:
            if sent is not None:
                if sent.size > LARGEST_FILE_BYTES:
                    raise forms.ValidationError("A file has at most 1 MiB.")
                asked["text"] = sent.read().decode()
                asked["packed"] = packed(asked["text"])
            elif asked.get("packed"):
                asked["text"] = unpacked(asked["packed"])
        except UnicodeDecodeError:
            raise forms.ValidationError("The file is not UTF-8 text.") from None
        return asked


class FilePage(DeskFormPage):
    """A dry run by the same door, and the second button that issues."""

    permissions = ("wallets.issue_trial",)
    template_name = "desk/trials/file.html"
    form_class = TrialFileForm

    def title(self) -> str:
        return "Issue trials by a file"

    def initial(self) -> dict[str, Any]:
        return {"form_token": f"file-{uuid4().hex}"}

    def context(self) -> dict[str, Any]:
        return {"columns": COLUMNS}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST, request.FILES)
        if not form.is_valid():
            return self.shown(form=form)
        is_dry = "carry_out" not in request.POST
        asked = form.cleaned_data
        try:
            filed = trial_files.issue_file(
                text=asked["text"], key=asked["form_token"], seller=request.user, is_dry=is_dry
            )
        except InvalidRequest as refusal:
            form.add_error(None, refusal.detail)
            return self.shown(
                form=form, faults=[each for each in refusal.errors if each.detail != refusal.detail]
            )
        if is_dry:
            return self.shown(form=form, filed=filed, asked=asked)
        messages.success(request, _told(filed))
        return self.gone()

    def gone(self) -> HttpResponse:
        return HttpResponse(status=302, headers={"Location": reverse("admin:billing_trial_changelist")})


def _told(filed: Filed) -> str:
    """What was done, in a sentence."""
    said = [f"{filed.issued} trial{'' if filed.issued == 1 else 's'} issued, {tokens(filed.tokens)} tokens"]
    if filed.asked:
        said.append(f"{filed.asked} asked of a manager")
    if filed.known:
        said.append(f"{filed.known} there already")
    return "; ".join(said) + "."
