"""The inbox: what needs a person, with whom it is, and what was done about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.admin.advice_rows import evidence_of
from billing.models import InboxItem
from billing.services import inbox
from config.desk.desks import ReadOnlyDesk
from config.desk.forms import DeskForm, MomentField, WhyForm
from config.desk.lists import Between
from config.desk.pages import DeskActPage, DeskPage
from config.desk.templatetags.desk import ago, badge, link_to, moment
from config.kernel.errors import DomainError

TONES = {"open": "bad", "acknowledged": "wait", "snoozed": "plain", "resolved": "good"}
A_DAY = timedelta(days=1)


class OfItem(DeskPage):
    """A page about one row."""

    permissions = ("billing.view_inboxitem",)

    def find(self, object_id: UUID, **_kwargs: Any) -> None:
        rows = InboxItem.objects.select_related("customer", "owner")
        self.item = get_object_or_404(rows, pk=object_id)

    def title(self) -> str:
        return self.item.title

    def address(self) -> str:
        return reverse("admin:billing_inboxitem_change", args=[self.item.pk])

    def context(self) -> dict[str, Any]:
        return {
            "item": self.item,
            "tone": TONES[self.item.state],
            "link": address_of(self.item),
            "back": self.address(),
        }


class ItemPage(OfItem):
    """What it is about, and who did what."""

    template_name = "desk/inbox/item.html"

    def context(self) -> dict[str, Any]:
        is_left_to_cause = self.item.rule in inbox.SETTLED_BY_CAUSE
        return {
            **super().context(),
            "notes": self.item.notes.all(),
            "evidence": evidence_of(self.item),
            "is_left_to_cause": is_left_to_cause,
        }


class ActPage(OfItem, DeskActPage):
    """A button on a row's page."""

    permissions = ("billing.change_inboxitem",)
    template_name = "desk/inbox/act.html"

    def title(self) -> str:
        return f"{self.button}: {self.item.title}"

    def context(self) -> dict[str, Any]:
        return {**super().context(), "button": self.button, "about": self.about}


class AcknowledgePage(ActPage):
    button, about = "Acknowledge", "Others see that somebody has seen it. It stays in the inbox."

    def act(self, asked: dict[str, Any]) -> str:
        inbox.acknowledge(item_id=self.item.pk, user=self.request.user)  # type: ignore[arg-type]
        return self.done("Acknowledged.")


class TakePage(ActPage):
    button, about = "Take", "It is yours from now on, whoever had it."

    def act(self, asked: dict[str, Any]) -> str:
        inbox.take(item_id=self.item.pk, user=self.request.user)  # type: ignore[arg-type]
        return self.done("It is yours.")


class GiveForm(DeskForm):
    to = forms.ModelChoiceField(label="Colleague", queryset=User.objects.none(), empty_label=None)
    said = forms.CharField(
        label="Word for them", required=False, max_length=500, help_text="It stands with the row for good."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = User.objects.with_perm(  # type: ignore[attr-defined]
            "billing.change_inboxitem", backend="django.contrib.auth.backends.ModelBackend"
        ).order_by("username")


class GivePage(ActPage):
    button, about = (
        "Give to a colleague",
        "It is theirs from now on, and among those that they see as “mine”.",
    )
    form_class = GiveForm

    def act(self, asked: dict[str, Any]) -> str:
        to, said = asked["to"], asked["said"]
        inbox.give(item_id=self.item.pk, to=to, said=said, user=self.request.user)  # type: ignore[arg-type]
        return self.done(f"It is with {to}.")


class SnoozeForm(DeskForm):
    until = MomentField(label="Until")


class SnoozePage(ActPage):
    button, about = "Snooze", "It is out of view until then, unless its cause ends before."
    form_class = SnoozeForm

    def initial(self) -> dict[str, Any]:
        return {"until": timezone.now() + A_DAY}

    def act(self, asked: dict[str, Any]) -> str:
        inbox.snooze(item_id=self.item.pk, until=asked["until"], user=self.request.user)  # type: ignore[arg-type]
        return self.done(f"Out of view until {asked['until']:%-d %b %Y %H:%M} UTC.")


class ResolvePage(ActPage):
    button = "Resolve"
    about = (
        "It leaves the inbox. Where its cause is found again, a new row is raised; of thresholds, expiring tokens, "
        "burn and margins not for the same occasion."
    )
    form_class = WhyForm

    def act(self, asked: dict[str, Any]) -> str:
        inbox.resolve(item_id=self.item.pk, reason=asked["reason"], user=self.request.user)  # type: ignore[arg-type]
        return self.done("Resolved.")


def address_of(item: InboxItem) -> str:
    """Where its cause is shown."""
    return f"{reverse('admin:index')}{item.link}" if item.link else ""


class ViewFilter(admin.SimpleListFilter):
    title = "in view"
    parameter_name = "view"

    def lookups(self, request: HttpRequest, desk: Any) -> list[tuple[str, str]]:
        return [("mine", "mine"), ("snoozed", "put off"), ("resolved", "resolved"), ("all", "all of them")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [first | {"display": "needs somebody"}, *others]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "mine":
                return queryset.in_view(timezone.now()).filter(owner=request.user)
            case "snoozed":
                return queryset.filter(state=InboxItem.State.SNOOZED, snoozed_until__gt=timezone.now())
            case "resolved":
                return queryset.filter(state=InboxItem.State.RESOLVED)
            case "all":
                return queryset
        return queryset.in_view(timezone.now())


@admin.register(InboxItem)
class InboxDesk(ReadOnlyDesk):
    purpose = (
        "What needs a person: thresholds that were reached, burn that bends, losing prices, paid tokens that expire, "
        "connections that fail, gaps and audits that failed. A row is raised once and resolves itself when its cause "
        "ends."
    )
    file_columns = {
        "raised_at": "raised_at",
        "rule": "rule",
        "about": "title",
        "account": "customer__reference",
        "state": "state",
        "owner": "owner__username",
        "detail": "detail",
        "snoozed_until": "snoozed_until",
        "resolved_at": "resolved_at",
        "id": "id",
    }
    list_display = ["about", "rule_said", "whose", "status", "held_by", "raised"]
    list_display_links = ["about"]
    list_filter = [("raised_at", Between), ViewFilter, "rule"]
    list_select_related = ["customer", "owner"]
    search_fields = ["title", "customer__reference"]
    search_help_text = "Words of the title, or part of the account's reference"
    ordering = ["-pk"]
    actions = ["acknowledge", "take", "snooze"]

    def get_urls(self) -> list[URLPattern]:
        one = "<uuid:object_id>"
        return [
            self.page(f"{one}/change/", ItemPage, "change"),
            self.page(f"{one}/acknowledge/", AcknowledgePage, "acknowledge"),
            self.page(f"{one}/take/", TakePage, "take"),
            self.page(f"{one}/give/", GivePage, "give"),
            self.page(f"{one}/snooze/", SnoozePage, "snooze"),
            self.page(f"{one}/resolve/", ResolvePage, "resolve"),
            *super().get_urls(),
        ]

    def has_work_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.change_inboxitem")

    @admin.action(description="Acknowledge", permissions=["work"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[InboxItem]) -> None:
        self._each(request, queryset, lambda pk: inbox.acknowledge(item_id=pk, user=request.user))  # type: ignore[arg-type]

    @admin.action(description="Take", permissions=["work"])
    def take(self, request: HttpRequest, queryset: QuerySet[InboxItem]) -> None:
        self._each(request, queryset, lambda pk: inbox.take(item_id=pk, user=request.user))  # type: ignore[arg-type]

    @admin.action(description="Snooze for a day", permissions=["work"])
    def snooze(self, request: HttpRequest, queryset: QuerySet[InboxItem]) -> None:
        until = timezone.now() + A_DAY
        self._each(request, queryset, lambda pk: inbox.snooze(item_id=pk, until=until, user=request.user))  # type: ignore[arg-type]

    def _each(
        self, request: HttpRequest, queryset: QuerySet[InboxItem], act: Callable[[UUID], InboxItem]
    ) -> None:
        done = 0
        for item in queryset.order_by("pk"):
            try:
                act(item.pk)
            except DomainError as refusal:
                messages.error(request, f"{item}: {refusal.detail}")
            else:
                done += 1
        if done:
            messages.success(request, f"{done} row{'s are' if done > 1 else ' is'} changed.")

    @admin.display(description="What")
    def about(self, item: InboxItem) -> str:
        return item.title

    @admin.display(description="Kind", ordering="rule")
    def rule_said(self, item: InboxItem) -> str:
        return item.kind

    @admin.display(description="Account")
    def whose(self, item: InboxItem) -> SafeString | str:
        return link_to("wallets_account", item.customer_id, item.customer) if item.customer_id else "–"

    @admin.display(description="State", ordering="state")
    def status(self, item: InboxItem) -> SafeString:
        until = format_html(" until {}", moment(item.snoozed_until)) if item.snoozed_until else ""
        return format_html("{}{}", badge(item.state, TONES[item.state]), until)

    @admin.display(description="Owner")
    def held_by(self, item: InboxItem) -> str:
        return str(item.owner) if item.owner else "nobody"

    @admin.display(description="Raised", ordering="id")
    def raised(self, item: InboxItem) -> str:
        return ago(item.raised_at)
