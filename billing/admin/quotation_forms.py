"""The form of a quotation that is a draft: its head, its lines, and what they come to before anything is saved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from billing.admin.account_page import account_or_404
from billing.admin.quotation_fields import EMPTY_ROWS, HeadForm, LinesForm, offer_choices, promotion_choices
from billing.admin.quotation_pages import OfQuotation
from billing.queries.quotation_days import usual_last_day
from billing.queries.quotation_lines import Reckoned, reckoned
from billing.queries.quotation_paper import EVERY
from billing.queries.quotations import asked_of
from billing.rules.money import written
from billing.rules.quotations import Discount, LineQuoted, QuotationAsked
from billing.services import quoting
from config.desk.pages import DeskPage
from config.desk.refusals import refusal_of
from config.kernel.errors import DomainError


class DraftPage(DeskPage):
    """The form. `Reckon` shows what it comes to, `More lines` gives empty rows, `Save` writes it down."""

    template_name = "desk/quotations/form.html"

    def initial(self) -> QuotationAsked | None:
        """What the form begins with."""
        return None

    def save(self, asked: QuotationAsked, edits: int) -> Any:
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        return {"account": self.account, "back": self.address()}

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        asked = self.initial()
        head = HeadForm(initial=self.head_of(asked))
        lines = self.lines(initial=[_row_of(line) for line in asked.lines] if asked else None)
        return self.shown(form=head, lines=lines, totals=self.totals(asked) if asked else None)

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        sent = request.POST.copy()
        if "more" in sent:
            rows = sent.get("lines-TOTAL_FORMS", "")
            sent["lines-TOTAL_FORMS"] = (
                str(int(rows) + EMPTY_ROWS) if rows.isdecimal() and len(rows) < 4 else rows
            )
        head, lines = HeadForm(sent), self.lines(sent)
        if not (head.is_valid() and lines.is_valid()):
            return self.shown(form=head, lines=lines, totals=None)
        rows = [
            row for row in lines.forms if row.cleaned_data.get("sku") and not row.cleaned_data.get("DELETE")
        ]
        asked = _asked(head.cleaned_data, [row.cleaned_data for row in rows])
        try:
            totals = reckoned(self.account.pk, asked, timezone.now())
            if "save" in sent:
                return HttpResponseRedirect(self.saved(asked, head.cleaned_data.get("edits") or 0))
        except DomainError as refusal:
            _explain(head, rows, refusal)
            return self.shown(form=head, lines=lines, totals=None)
        return self.shown(form=head, lines=lines, totals=totals_told(totals))

    def saved(self, asked: QuotationAsked, edits: int) -> str:
        try:
            quotation = self.save(asked, edits)
        except IntegrityError as error:
            raise refusal_of(error) from error
        messages.success(
            self.request, f"Saved: {written(quotation.amount, quotation.currency)} to pay. Nobody has it yet."
        )
        return reverse("admin:billing_quotation_change", args=[quotation.pk])

    def lines(self, data: Any = None, initial: Any = None) -> Any:
        choices = {"offers": offer_choices(), "promotions": promotion_choices(self.account.pk)}
        return LinesForm(data, initial=initial, prefix="lines", form_kwargs=choices)

    def head_of(self, asked: QuotationAsked | None) -> dict[str, Any]:
        if asked is None:
            return {"last_day": usual_last_day(self.account.pk, timezone.now())}
        return {
            "currency": asked.currency,
            "last_day": asked.last_day,
            "first_day": asked.first_day,
            "discount_share": asked.discount.share,
            "discount_amount": asked.discount.amount,
            "discount_reason": asked.discount.reason,
            "note": asked.note,
        }

    def totals(self, asked: QuotationAsked) -> Any:
        try:
            return totals_told(reckoned(self.account.pk, asked, timezone.now()))
        except DomainError:
            return None


class AddQuotationPage(DraftPage):
    """Write a quotation to an account."""

    permissions = ("billing.add_quotation",)

    def find(self, account_id: Any = None, **_kwargs: Any) -> None:
        self.account = account_or_404(account_id)

    def address(self) -> str:
        return reverse("admin:wallets_account_change", args=[self.account.pk])

    def title(self) -> str:
        return f"Quotation to {self.account}"

    def save(self, asked: QuotationAsked, edits: int) -> Any:
        return quoting.draft(account_id=self.account.pk, asked=asked, user=self.request.user)


class EditQuotationPage(DraftPage, OfQuotation):
    """Let a draft say something else."""

    permissions = ("billing.change_quotation",)

    def title(self) -> str:
        return f"Quotation to {self.account}"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if self.quotation.is_sent:
            messages.info(request, "It was sent and never changes: write a revision of it.")
            return HttpResponseRedirect(self.address())
        return super().get(request, **kwargs)

    def initial(self) -> QuotationAsked:
        return asked_of(self.quotation)

    def head_of(self, asked: QuotationAsked | None) -> dict[str, Any]:
        return {**super().head_of(asked), "edits": self.quotation.edits}

    def save(self, asked: QuotationAsked, edits: int) -> Any:
        return quoting.edit(quotation_id=self.quotation.pk, edits=edits, asked=asked, user=self.request.user)


def totals_told(found: Reckoned) -> dict[str, Any]:
    """What the form shows of the sums, as text."""
    currency = found.currency
    return {
        "lines": [
            (
                f"{line.offer.name}",
                written(line.money.listed, currency),
                written(line.money.amount, currency),
                line.promotion.name if line.promotion else "",
            )
            for line in found.lines
        ],
        "listed": written(found.listed, currency),
        "taken_off": written(found.taken_off, currency),
        "sums": [
            (EVERY[period], written(amount, currency)) for period, amount in sorted(found.by_period.items())
        ],
        "total": written(found.amount, currency),
        "widest": found.widest,
    }


def _asked(head: dict[str, Any], rows: list[dict[str, Any]]) -> QuotationAsked:
    return QuotationAsked(
        currency=head["currency"],
        last_day=head["last_day"],
        first_day=head["first_day"],
        note=head["note"],
        discount=Discount(head["discount_share"], head["discount_amount"], head["discount_reason"]),
        lines=[
            LineQuoted(
                sku=row["sku"],
                quantity=row["quantity"] if row["quantity"] is not None else Decimal(1),
                discount=Discount(row["share"], row["amount"], row["reason"]),
                promotion=row["promotion"],
                last_day=row["last_day"],
            )
            for row in rows
        ],
    )


def _row_of(line: LineQuoted) -> dict[str, Any]:
    return {
        "sku": line.sku,
        "quantity": line.quantity,
        "promotion": line.promotion,
        "share": line.discount.share,
        "amount": line.discount.amount,
        "reason": line.discount.reason,
        "last_day": line.last_day,
    }


_FIELDS = {"sku": "sku", "quantity": "quantity", "promotion": "promotion", "discount": "share"}


def _explain(head: forms.Form, rows: list[Any], refusal: DomainError) -> None:
    """Say each fault beside the row that it is of, and the rest above."""
    rest = []
    for fault in refusal.errors:
        parts = fault.pointer.strip("/").split("/")
        if parts[0] == "lines" and len(parts) == 3 and int(parts[1]) < len(rows):
            rows[int(parts[1])].add_error(_FIELDS.get(parts[2], "sku"), fault.detail)
        else:
            rest.append(fault.detail)
    for detail in rest or ([] if refusal.errors else [refusal.detail]):
        head.add_error(None, detail)
