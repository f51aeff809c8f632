"""Gaps: the list, one with what both books say of it, and closing it for a reason or by a correction."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.models import Gap
from billing.queries import reconciliation
from billing.queries.gap_records import order_of, record_of
from billing.rules.sales_compared import SALE
from billing.services import gaps, resending
from config.desk.desks import ReadOnlyDesk
from config.desk.forms import DeskForm, ReasonField, WhyForm
from config.desk.lists import Between
from config.desk.pages import DeskFormPage, DeskPage
from config.desk.templatetags.desk import ago, badge, in_currency, link_to, tokens


class OfGap(DeskPage):
    """A page about one gap."""

    permissions = ("billing.view_gap",)

    def find(self, object_id: UUID, **_kwargs: Any) -> None:
        self.gap = get_object_or_404(Gap.objects.with_money().select_related("customer"), pk=object_id)

    def title(self) -> str:
        return str(self.gap)

    def address(self) -> str:
        return reverse("admin:billing_gap_change", args=[self.gap.pk])

    def context(self) -> dict[str, Any]:
        return {"gap": self.gap, "back": self.address()}


class GapPage(OfGap):
    """What both books say, the lines that it is about, and what became of it."""

    template_name = "desk/reconciliation/gap.html"

    def context(self) -> dict[str, Any]:
        record = record_of(self.gap)
        order = order_of(record) if record else None
        about = ("billing_order", order) if order else reconciliation.about(self.gap)
        resend = self.gap.resends.filter(finished_at=None).first()
        return {
            **super().context(),
            "record": record,
            "is_sale": record is not None and record.kind == SALE,
            "resend": resend,
            "may_resend": record is not None and record.row.state == "on" and resend is None,
            "facts": reconciliation.gap_facts(self.gap),
            "about": reverse(f"admin:{about[0]}_change", args=[about[1]]) if about else "",
            "entries": reconciliation.entries_about(self.gap),
            "notes": self.gap.notes.all(),
        }


class AcceptPage(OfGap, DeskFormPage):
    """Close a gap for a reason."""

    permissions = ("billing.accept_gap",)
    template_name = "desk/reconciliation/accept.html"
    form_class = WhyForm

    def act(self, asked: dict[str, Any]) -> str:
        gaps.accept(gap_id=self.gap.pk, reason=asked["reason"], user=self.request.user)  # type: ignore[arg-type]
        return self.done("The gap is closed for that reason.")


class ResendPage(OfGap, DeskFormPage):
    """Have what a gap is about sent or fetched again."""

    permissions = ("billing.accept_gap",)
    template_name = "desk/reconciliation/resend.html"
    form_class = WhyForm

    def context(self) -> dict[str, Any]:
        record = record_of(self.gap)
        if record is None:
            raise Http404
        return {**super().context(), "record": record, "is_sale": record.kind == SALE}

    def act(self, asked: dict[str, Any]) -> str:
        resending.ask(gap_id=self.gap.pk, reason=asked["reason"], user=self.request.user)  # type: ignore[arg-type]
        return self.done("A worker is at it: the gap closes once both say the same.")


class CorrectForm(DeskForm):
    """Which entry put it right."""

    correction = forms.ChoiceField(label="It was put right by", choices=Gap.Correction.choices)
    correction_id = forms.UUIDField(
        label="Its identity", help_text="The long one in the address of its page. It is of the same account."
    )
    reason = ReasonField()


class CorrectPage(OfGap, DeskFormPage):
    """Close a gap by the entry that put it right."""

    permissions = ("billing.accept_gap",)
    template_name = "desk/reconciliation/correct.html"
    form_class = CorrectForm

    def act(self, asked: dict[str, Any]) -> str:
        gaps.correct(gap_id=self.gap.pk, user=self.request.user, **asked)  # type: ignore[arg-type]
        return self.done("The gap is closed by that entry.")


def _figure(gap: Gap, amount: Decimal | None) -> str:
    """What a book says, money with its currency."""
    return in_currency(amount, gap.measure) if gap.is_money else tokens(amount)


@admin.register(Gap)
class GapDesk(ReadOnlyDesk):
    purpose = (
        "Where two books say something else of one thing of one day. A gap closes by itself when a later run does not "
        "find it any more; finance closes one by sending or fetching it again, by a correction or for a reason."
    )
    file_columns = {
        "day": "day",
        "kind": "kind",
        "how": "how",
        "subject": "subject",
        "account": "customer__reference",
        "ours": "ours",
        "theirs": "theirs",
        "measure": "measure",
        "state": "state",
        "reason": "reason",
        "first_seen_at": "first_seen_at",
        "closed_at": "closed_at",
        "closed_by": "closed_by",
        "id": "id",
    }
    list_display = ["kind_said", "of_day", "whose", "first", "second", "differs", "status", "seen"]
    list_display_links = ["kind_said"]
    list_filter = [("day", Between), "state", "kind", "how"]
    list_select_related = ["customer"]
    search_fields = ["=subject", "customer__reference"]
    search_help_text = "What it is about, or part of the account's reference"
    ordering = ["-state", "-day", "-pk"]

    def get_urls(self) -> list[URLPattern]:
        one = "<uuid:object_id>"
        return [
            self.page(f"{one}/change/", GapPage, "change"),
            self.page(f"{one}/resend/", ResendPage, "resend"),
            self.page(f"{one}/accept/", AcceptPage, "accept"),
            self.page(f"{one}/correct/", CorrectPage, "correct"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Gap]:
        return super().get_queryset(request).with_money()

    @admin.display(description="Gap", ordering="kind")
    def kind_said(self, gap: Gap) -> str:
        return gap.get_kind_display()

    @admin.display(description="Day", ordering="day")
    def of_day(self, gap: Gap) -> str:
        return f"{gap.day:%-d %b %Y}"

    @admin.display(description="Account")
    def whose(self, gap: Gap) -> SafeString | str:
        return link_to("wallets_account", gap.customer_id, gap.customer) if gap.customer_id else "–"

    @admin.display(description="One says")
    def first(self, gap: Gap) -> str:
        return _figure(gap, gap.ours)

    @admin.display(description="The other")
    def second(self, gap: Gap) -> str:
        return _figure(gap, gap.theirs)

    @admin.display(description="Difference")
    def differs(self, gap: Gap) -> str:
        return _figure(gap, gap.difference) if gap.is_money else f"{tokens(gap.difference)} {gap.measure}"

    @admin.display(description="State", ordering="state")
    def status(self, gap: Gap) -> SafeString:
        said = badge("open", "bad") if gap.is_open else badge("closed", "good")
        return format_html("{} {}", said, "" if gap.is_open else gap.how_it_closed)

    @admin.display(description="Last seen", ordering="last_seen_at")
    def seen(self, gap: Gap) -> str:
        return ago(gap.last_seen_at)
