"""Segments: named price lists of many accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from config.desk.desks import Desk
from config.desk.forms import DeskForm, MomentField, ReasonField
from config.desk.pages import DeskFormPage, DeskPage
from pricing.models import RateTable
from usage.models import Segment, SegmentTerms
from usage.queries.terms import joining, members_of, segment_table
from usage.services import segments
from usage.services.authors import Author


class SegmentPage(DeskPage):
    """What a segment pays by and has paid by, and who is in it."""

    permissions = ("usage.view_segment",)
    template_name = "desk/prices/segment.html"

    def find(self, object_id: str, **_kwargs: Any) -> None:
        self.segment = _segment_or_404(object_id)

    def title(self) -> str:
        return str(self.segment)

    def context(self) -> dict[str, Any]:
        now = timezone.now()
        moves = SegmentTerms.objects.filter(segment=self.segment).select_related("table")
        return {
            "segment": self.segment,
            "table": segment_table(self.segment.pk, now),
            "moves": moves.order_by("-recorded_at", "-pk")[:50],
            "now": now,
            "members": members_of(self.segment, now),
            "joining": joining(self.segment, now),
        }


class MoveForm(DeskForm):
    table = forms.ModelChoiceField(RateTable.objects.all(), label="Rate table")
    effective_from = MomentField(label="From", required=False, help_text="In UTC; empty is now.")
    reason = ReasonField()


class MovePage(DeskFormPage):
    """Let all accounts of the segment pay by another table."""

    permissions = ("usage.add_segmentterms",)
    template_name = "desk/prices/segment_move.html"
    form_class = MoveForm

    def find(self, object_id: str, **_kwargs: Any) -> None:
        self.segment = _segment_or_404(object_id)

    def title(self) -> str:
        return f"Move {self.segment}"

    def context(self) -> dict[str, Any]:
        now = timezone.now()
        return {
            "segment": self.segment,
            "table": segment_table(self.segment.pk, now),
            "count": members_of(self.segment, now).count(),
        }

    def act(self, asked: dict[str, Any]) -> str:
        author = Author.of(self.request.user, asked["reason"])
        is_new = segments.move_segment(
            segment=self.segment, table=asked["table"], author=author, effective_from=asked["effective_from"]
        )
        said = f"{self.segment} pays by {asked['table']}" if is_new else f"{self.segment} did so already"
        messages.success(self.request, f"{said}.")
        return reverse("admin:usage_segment_change", args=[self.segment.pk])


@admin.register(Segment)
class SegmentDesk(Desk):
    purpose = (
        "Price lists for many accounts at once: a segment points at a rate table, and all of its accounts "
        "move with it."
    )
    list_display = ["name", "code", "notice_days"]
    search_fields = ["code", "name"]
    fields = ["code", "name", "notice_days"]
    fixed_fields = ["code"]

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<int:object_id>/change/", SegmentPage, "change"),
            self.page("<int:object_id>/move/", MovePage, "move"),
            path("<int:object_id>/edit/", self.admin_site.admin_view(self._edit), name="usage_segment_edit"),
            *super().get_urls(),
        ]

    def _edit(self, request: HttpRequest, object_id: int) -> Any:
        """The plain form: name and notice."""
        return self.changeform_view(request, str(object_id))


def _segment_or_404(object_id: Any) -> Segment:
    return get_object_or_404(Segment, pk=object_id)
