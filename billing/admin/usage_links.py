"""Links to a page of usage: who handed out which, until when; made, shown once, and taken back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from billing.admin.buyer_access import home_of
from billing.admin.usage_form import UsageForm
from billing.queries.usage_scope import scope_of
from billing.rules.usage_view import UsageView, view_of
from config.desk.desks import ReadOnlyDesk
from config.desk.forms import DeskForm, ReasonField, WhyForm
from config.desk.pages import DeskFormPage, DeskPage
from config.desk.refusals import told
from config.desk.templatetags.desk import badge, moment
from config.kernel.errors import InvalidRequest
from usage.models import UsageLink
from usage.rules.usage_asked import Clock
from usage.services import sharing

TONES = {"open": "good", "expired": "plain", "revoked": "bad"}


class ShareForm(DeskForm):
    """What it shows is said by the page's address, which is frozen with it."""

    title = forms.CharField(max_length=200, help_text="Whoever opens it reads this at its head.")
    days = forms.IntegerField(
        label="For so many days", min_value=1, max_value=sharing.LONGEST_DAYS, initial=30
    )
    reason = ReasonField(help_text="Who is to see it, and what for.")


class SharePage(DeskFormPage):
    """Freeze the filters of the usage page into a link, and show it once."""

    permissions = ("usage.add_usagelink",)
    template_name = "desk/usage/share.html"
    form_class = ShareForm

    def find(self, **_kwargs: Any) -> None:
        filters = UsageForm(self.request.GET)
        if not filters.is_valid():
            raise Http404
        self.view = filters.view()
        try:
            scope_of(self.view, timezone.now())
        except InvalidRequest as unknown:
            raise Http404 from unknown

    def title(self) -> str:
        return "Share this page"

    def initial(self) -> dict[str, Any]:
        return {"title": f"Usage of {self.view.account}" if self.view.account else "Usage"}

    def context(self) -> dict[str, Any]:
        return {
            "facts": facts_of(self.view),
            "view": self.view,
            "back": reverse("admin:usage_rollups_changelist"),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if form.is_valid():
            with told(request):
                shared = sharing.share(query=self.view.as_query(), user=request.user, **form.cleaned_data)
                path = reverse("shared_usage", args=[shared.token])
                response = self.shown(link=shared.link, address=f"{home_of(request)}{path}")
                response["Cache-Control"] = "no-store"
                return response
        return self.shown(form=form)


class LinkPage(DeskPage):
    """Who handed out a link, why, what it shows, and how it ended."""

    permissions = ("usage.view_usagelink",)
    template_name = "desk/usage/link.html"

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        rows = UsageLink.objects.select_related("made_by", "revoked_by")
        self.link = get_object_or_404(rows, pk=object_id)

    def title(self) -> str:
        return self.link.title

    def context(self) -> dict[str, Any]:
        state = self.link.state_at(timezone.now())
        return {
            "link": self.link,
            "state": state,
            "tone": TONES[state],
            "facts": facts_of(view_of(self.link.query)),
        }


class RevokePage(DeskFormPage):
    """Let a link open nothing any more."""

    permissions = ("usage.change_usagelink",)
    template_name = "desk/usage/link_revoke.html"
    form_class = WhyForm

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        self.link = get_object_or_404(UsageLink, pk=object_id)

    def title(self) -> str:
        return "Take a link back"

    def address(self) -> str:
        return reverse("admin:usage_usagelink_change", args=[self.link.pk])

    def context(self) -> dict[str, Any]:
        return {"link": self.link, "back": self.address()}

    def act(self, asked: dict[str, Any]) -> str:
        sharing.revoke(link_id=self.link.pk, reason=asked["reason"], user=self.request.user)
        return self.done(f"The link “{self.link}” opens nothing any more.")


def facts_of(view: UsageView) -> list[tuple[str, str]]:
    """What a view is narrowed to, for people."""
    named = [
        (
            "Time",
            f"the last {view.days} days, when it is looked at"
            if view.days
            else f"{view.first} to {view.last}",
        ),
        ("Account", view.account or "all together"),
        ("Product", view.product),
        ("Feature", view.feature),
        ("Segment", view.segment),
        ("Tokens", view.token),
        (view.dimension.capitalize(), view.value),
        ("Time zone", view.zone),
        ("Counted by", "when it was recorded" if view.clock is Clock.RECORDED else "when it occurred"),
    ]
    return [(name, text) for name, text in named if text]


@admin.register(UsageLink)
class UsageLinkDesk(ReadOnlyDesk):
    list_display = ["title", "made", "made_by", "ends", "state", "seen"]
    list_select_related = ["made_by"]
    search_fields = ["title", "reason"]
    purpose = "A link shows somebody without a user one page of usage, until it ends. Share one from the usage page."

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": "Shared pages", **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("share/", SharePage, "share"),
            self.page("<uuid:object_id>/change/", LinkPage, "change"),
            self.page("<uuid:object_id>/revoke/", RevokePage, "revoke"),
            *super().get_urls(),
        ]

    @admin.display(description="Made", ordering="made_at")
    def made(self, link: UsageLink) -> str:
        return moment(link.made_at)

    @admin.display(description="Ends", ordering="expires_at")
    def ends(self, link: UsageLink) -> str:
        return moment(link.expires_at)

    @admin.display(description="State")
    def state(self, link: UsageLink) -> SafeString:
        state = link.state_at(timezone.now())
        return badge(state, TONES[state])

    @admin.display(description="Last seen", ordering="last_seen_at")
    def seen(self, link: UsageLink) -> str:
        return moment(link.last_seen_at)
