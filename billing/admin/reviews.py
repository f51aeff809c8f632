"""A second person for prices: asking, deciding, what waits for whom, and when one is needed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from billing.admin.rehearsal_pages import newest
from billing.models import HandAct
from billing.queries.hand_acts import waiting
from billing.queries.margins import margins_at
from billing.queries.reach import reach
from config.desk.desks import Desk, ReadOnlyDesk
from config.desk.forms import DeskForm, ReasonField
from config.desk.pages import DeskFormPage, DeskPage
from config.desk.templatetags.desk import badge, moment
from pricing.models import Refusal, Review, ReviewRule, Version
from pricing.queries.reviews import inbox, may_decide, reasons_for_review, standing_of
from pricing.queries.versions import preview, takeover
from pricing.services import reviewing


class AskForm(DeskForm):
    """What to look at. revision: the draft as this page showed it."""

    note = ReasonField(
        label="Note",
        required=False,
        help_text="What the second person should know. It stands in the history.",
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)


class _AboutADraft(DeskFormPage):
    """A page that shows a draft as a second person has to look at it."""

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.version = get_object_or_404(Version.objects.select_related("table"), pk=object_id)
        self.now = timezone.now()

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not self.version.is_draft:
            messages.info(request, f"{self.version} is published already.")
            return HttpResponseRedirect(self.address())
        return super().get(request, **kwargs)

    def context(self) -> dict[str, Any]:
        version = self.version
        asked = takeover(version, self.now)
        return {
            "version": version,
            "table": version.table,
            "preview": preview(asked),
            "reasons": reasons_for_review(asked, margins_at(version.table.token)),
            "standing": standing_of(version),
            "accounts": reach(self.now).of(version.table_id),
            "rehearsed": newest(version),
        }

    def address(self) -> str:
        return reverse("admin:pricing_version_change", args=[self.version.pk])


class AskPage(_AboutADraft):
    """Put the draft before a second person, as it stands."""

    permissions = ("pricing.add_review",)
    template_name = "desk/prices/ask.html"
    form_class = AskForm

    def title(self) -> str:
        return f"Ask for approval of {self.version.table} {self.version}"

    def initial(self) -> dict[str, Any]:
        return {"revision": self.version.revision}

    def act(self, asked: dict[str, Any]) -> str:
        reviewing.ask(
            draft=self.version, note=asked["note"], user=self.request.user, revision=asked["revision"]
        )
        return self.done(f"{self.version} is in review. Somebody else can approve it; an edit takes it back.")


class DecideForm(DeskForm):
    """What is decided, and why. review: the one that this page showed."""

    reason = ReasonField(required=False, help_text="Needed to send it back: the author reads it.")
    review = forms.IntegerField(widget=forms.HiddenInput)
    verdict = forms.ChoiceField(choices=[("approve", ""), ("return", "")], widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        if asked.get("verdict") == "return" and not asked.get("reason"):
            self.add_error("reason", "Say why it is sent back.")
        return asked


class DecidePage(_AboutADraft):
    """The draft as it was put forward: approve it, or send it back."""

    permissions = ("pricing.approve_version",)
    template_name = "desk/prices/decide.html"
    form_class = DecideForm

    def title(self) -> str:
        return f"Decide on {self.version.table} {self.version}"

    def initial(self) -> dict[str, Any]:
        review = standing_of(self.version).review
        return {"review": review.pk if review else None}

    def context(self) -> dict[str, Any]:
        context = super().context()
        review = context["standing"].review
        return {**context, "may_decide": review is not None and may_decide(review, self.request.user)}

    def act(self, asked: dict[str, Any]) -> str:
        review = get_object_or_404(Review.objects.of_version(self.version.pk), pk=asked["review"])
        if asked["verdict"] == "return":
            reviewing.send_back(review=review, user=self.request.user, reason=asked["reason"])
            messages.success(
                self.request, f"{self.version} is sent back to {review.asked_by or 'its author'}."
            )
        else:
            reviewing.approve(review=review, user=self.request.user, reason=asked["reason"])
            messages.success(self.request, f"{self.version} is approved and can be published as it stands.")
        return self.address()


class ReviewsPage(DeskPage):
    """The inbox of approvals: what waits for me, what I asked for, what was decided and refused lately."""

    permissions = ("pricing.view_review",)
    template_name = "desk/prices/reviews.html"

    def title(self) -> str:
        return "Approvals"

    def context(self) -> dict[str, Any]:
        rules = ReviewRule.objects.active().select_related("table")
        return {"inbox": inbox(self.request.user), "rules": rules, "acts": self._acts()}

    def _acts(self) -> list[HandAct]:
        return list(waiting()) if self.request.user.has_perm("billing.view_handact") else []


@admin.register(Review)
class ReviewDesk(ReadOnlyDesk):
    """Reviews stand with their drafts; this desk has their inbox."""

    def get_urls(self) -> list[URLPattern]:
        return [self.page("", ReviewsPage, "changelist"), *super().get_urls()]


@admin.register(ReviewRule)
class ReviewRuleDesk(Desk):
    purpose = (
        "Changes of prices that need a second person before they are published. Without a rule none does."
    )
    list_display = ["says", "about", "state"]
    list_filter = ["kind", "is_active"]
    list_select_related = ["table"]
    fieldsets = [(None, {"fields": ["kind", "share", "table", "is_active"]})]

    @admin.display(description="A second person is needed for", ordering="kind")
    def says(self, rule: ReviewRule) -> str:
        return str(rule)

    @admin.display(description="Rate table", ordering="table")
    def about(self, rule: ReviewRule) -> str:
        return str(rule.table) if rule.table else "all of them"

    @admin.display(description="State", ordering="is_active")
    def state(self, rule: ReviewRule) -> SafeString:
        return badge("active") if rule.is_active else badge("switched off")


@admin.register(Refusal)
class RefusalDesk(ReadOnlyDesk):
    purpose = "Changes of prices that somebody was refused, and the sentence that they read."
    list_display = ["when", "who", "what", "about", "sentence"]
    list_filter = ["verb", "table"]
    list_select_related = ["table", "user"]
    search_fields = ["sentence", "code"]
    ordering = ["-pk"]
    fieldsets = [(None, {"fields": ["when", "who", "what", "about", "sentence"]})]

    @admin.display(description="When", ordering="recorded_at")
    def when(self, refusal: Refusal) -> str:
        return moment(refusal.recorded_at)

    @admin.display(description="Who")
    def who(self, refusal: Refusal) -> str:
        return str(refusal.user or "a program")

    @admin.display(description="What", ordering="verb")
    def what(self, refusal: Refusal) -> SafeString:
        return badge(refusal.verb, "bad")

    @admin.display(description="Version")
    def about(self, refusal: Refusal) -> str:
        number = f" v{refusal.number}" if refusal.number else ""
        return f"{refusal.table or ''}{number}" or "–"
