"""One quotation: as a page and on paper."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from billing.admin.papers import as_file, on_paper
from billing.errors import UnknownQuotation
from billing.models import Quotation, Seller
from billing.queries.hand_acts import asked_about
from billing.queries.quotation_paper import paper_of, wording_of
from billing.queries.quotations import quotation_of, shown
from billing.rules.paper import Paper
from config.desk.pages import DeskPage

TONES = {
    "draft": "wait",
    "review": "wait",
    "sent": "brand",
    "accepted": "good",
    "declined": "bad",
    "expired": "bad",
    "superseded": "plain",
}
HISTORY_SHOWN = 50


class OfQuotation(DeskPage):
    """What all pages of one quotation share."""

    permissions = ("billing.view_quotation",)

    def find(self, object_id: Any = None, **_kwargs: Any) -> None:
        try:
            self.quotation = quotation_of(object_id, timezone.now())
        except UnknownQuotation as fault:
            raise Http404 from fault
        self.account = self.quotation.account

    def address(self) -> str:
        return reverse("admin:billing_quotation_change", args=[self.quotation.pk])

    def paper(self) -> Paper:
        return paper_of(shown(self.quotation, timezone.now()))

    def context(self) -> dict[str, Any]:
        told = shown(self.quotation, timezone.now())
        return {
            "quotation": self.quotation,
            "account": self.account,
            "told": told,
            "words": wording_of(told),
        }


class QuotationPage(OfQuotation):
    """One quotation: its lines at list price and at the price to pay, and what became of it."""

    template_name = "desk/quotations/page.html"

    def title(self) -> str:
        number = self.quotation.number
        return f"{number} to {self.quotation.account}" if self.quotation.serial else "Quotation, a draft"

    def context(self) -> dict[str, Any]:
        context = super().context()
        state = context["told"].state
        history = Quotation.history.filter(id=self.quotation.pk).select_related("history_user")
        return {
            **context,
            "has_seller": Seller.objects.exists(),
            "state": Quotation.State(state).label.lower(),
            "tone": TONES[state],
            "acceptance": asked_about(self.account.pk, "quotation", self.quotation.pk),
            "may_decide": self.quotation.author != self.request.user,
            "history": history.order_by("-history_date", "-history_id")[:HISTORY_SHOWN],
        }


class QuotationPaper(OfQuotation):
    """The quotation as it is printed, outside the admin's frame."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        file = reverse("admin:billing_quotation_pdf", args=[self.quotation.pk])
        return on_paper(request, self.paper(), self.address(), file)


class QuotationPdf(OfQuotation):
    """The quotation as a file."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return as_file(self.paper(), self.quotation.sent_at or self.quotation.created_at)
