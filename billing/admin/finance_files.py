"""Files of a month for finance: charges by FOCUS, and the lines of the ledger."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from billing.admin.months import month_asked
from billing.queries.finance_files import FOCUS, LEDGER, lines_of
from config.desk.files import csv_file
from config.desk.pages import DeskPage
from config.kernel.errors import DomainError
from wallets.models import Account


class FocusFile(DeskPage):
    """The charges of a month, sent as they are read. account: a reference, for one account alone."""

    permissions = ("billing.export_revenuemonth",)
    kind = FOCUS
    month: date

    def find(self, month: str, **_kwargs: Any) -> None:
        self.month = month_asked(month)
        reference = self.request.GET.get("account", "").strip()
        self.account = get_object_or_404(Account, reference=reference) if reference else None

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        try:
            lines = lines_of(self.kind, self.month, self.account)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return HttpResponseRedirect(reverse("admin:billing_revenuemonth_changelist"))
        of_account = f"-{self.account.reference}" if self.account else ""
        return csv_file(f"{self.kind}-{self.month:%Y-%m}{_plain(of_account)}", lines)


class LedgerFile(FocusFile):
    """Each movement of tokens of a month."""

    kind = LEDGER


def _plain(text: str) -> str:
    """A part of a file's name."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in text)
