"""Usage events: those that wait and why, each one with what became of it, and debits beyond policy."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from config.desk.desks import ReadOnlyDesk
from config.desk.lists import Between, Sought
from config.desk.pages import DeskPage
from config.desk.templatetags.desk import ago, badge, link_to, moment, tokens
from usage.models import BeyondPolicy, Debit, Event, EventIdentity, WaitingEvent
from usage.queries.events import debit_of
from usage.queries.queue import months_ahead, pace, queue
from usage.services import waiting
from wallets.queries.accounts import meant_by

LATER = "They are tried again within ten seconds."


class EventPage(DeskPage):
    """One event: what was sent, where it stands in the queue, or the debit that books it."""

    permissions = ("usage.view_event",)
    template_name = "desk/usage/event.html"

    def find(self, object_id: UUID, **_kwargs: Any) -> None:
        self.event = get_object_or_404(Event.objects.select_related("product", "api_key"), pk=object_id)

    def title(self) -> str:
        return f"Usage event {self.event.sent_id}"

    def context(self) -> dict[str, Any]:
        event = self.event
        debit_id = debit_of(event)
        return {
            "event": event,
            "place": WaitingEvent.objects.filter(event_id=event.pk).first(),
            "debit": Debit.objects.select_related("unit", "account").filter(pk=debit_id).first(),
            "mark": BeyondPolicy.objects.filter(debit_id=debit_id).first(),
        }


class AgainPage(DeskPage):
    """Let one event be tried again, at the press of a button of its page."""

    permissions = ("usage.rate_waitingevent",)

    def post(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        if waiting.again([object_id]):
            messages.success(request, "It is tried again within ten seconds.")
        else:
            messages.info(request, "It is not stuck any more.")
        return HttpResponseRedirect(reverse("admin:usage_event_change", args=[object_id]))

    def get(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:usage_event_change", args=[object_id]))


@admin.register(Event)
class EventDesk(ReadOnlyDesk):
    purpose = "Usage that products reported after the fact, as it was sent, and what became of it."
    file_columns = {
        "recorded_at": "recorded_at",
        "occurred_at": "occurred_at",
        "account": "account",
        "product": "product__code",
        "feature": "feature",
        "quantity": "quantity",
        "dimensions": "dimensions",
        "cost": "cost",
        "cost_currency": "cost_currency",
        "subject": "subject",
        "source": "source",
        "sent_id": "sent_id",
        "id": "id",
    }
    list_display = ["recorded", "account", "feature", "amount", "used", "source", "sent_id"]
    list_filter = [("recorded_at", Between)]
    list_display_links = ["recorded"]
    search_fields = ["id"]
    search_help_text = (
        "Account's reference and the event's id, with a blank between them; or the id by which it is kept"
    )
    ordering = ["-id"]

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<uuid:object_id>/change/", EventPage, "change"),
            self.page("<uuid:object_id>/again/", AgainPage, "again"),
            *super().get_urls(),
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """By the keys that events have: a list of all of them is not searched through."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(pk=UUID(term)), False
        except ValueError:
            account, _, sent_id = term.partition(" ")
        known = EventIdentity.objects.filter(account=account, sent_id=sent_id.strip())
        return queryset.filter(pk__in=list(known.values_list("event_id", flat=True)[:100])), False

    @admin.display(description="Came")
    def recorded(self, event: Event) -> str:
        return moment(event.recorded_at)

    @admin.display(description="Quantity")
    def amount(self, event: Event) -> str:
        return tokens(event.quantity)

    @admin.display(description="Used")
    def used(self, event: Event) -> str:
        return moment(event.occurred_at)


class ReasonFilter(admin.SimpleListFilter):
    title = "reason"
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, desk: Any) -> list[tuple[str, str]]:
        return [
            ("turn", "waits for its turn"),
            ("stuck", "stuck for any reason"),
            *WaitingEvent.Reason.choices,
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case None:
                return queryset
            case "turn":
                return queryset.in_turn()
            case "stuck":
                return queryset.stuck()
        return queryset.filter(reason=self.value())


@admin.register(WaitingEvent)
class WaitingEventDesk(ReadOnlyDesk):
    """The queue: how it stands above, and below what waits, what is stuck first to be seen by its filter."""

    purpose = "Reported usage that is not charged yet, and what stands in its way."
    list_display = ["came", "account", "feature", "used", "why", "detail", "tried", "next_try"]
    list_display_links = None
    list_filter = [ReasonFilter]
    search_fields = ["=account", "=feature"]
    search_help_text = "Account's exact reference, or a feature's code"
    ordering = ["event_id"]
    actions = ["rate_again"]
    list_before_template = "desk/usage/queue.html"

    def get_urls(self) -> list[URLPattern]:
        leads = self.admin_site.admin_view(self._to_the_event)
        return [
            path("<uuid:object_id>/change/", leads, name="usage_waitingevent_change"),
            *super().get_urls(),
        ]

    def _to_the_event(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:usage_event_change", args=[object_id]))

    def has_rate_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("usage.rate_waitingevent"))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        figures = {"queue": queue(), "pace": pace(), "months_ahead": months_ahead()}
        return super().changelist_view(request, {**figures, **(extra_context or {})})

    @admin.action(description="Rate again", permissions=["rate"])
    def rate_again(self, request: HttpRequest, queryset: QuerySet[WaitingEvent]) -> None:
        count = waiting.again(list(queryset.values_list("event_id", flat=True)))
        said = f"{count:,} event{'' if count == 1 else 's'} {'was' if count == 1 else 'were'} stuck."
        self.message_user(
            request, f"{said} {LATER}" if count else "None of them was stuck.", messages.SUCCESS
        )

    @admin.display(description="Came", ordering="event_id")
    def came(self, place: WaitingEvent) -> SafeString:
        return link_to("usage_event", place.event_id, moment(place.recorded_at))

    @admin.display(description="Used")
    def used(self, place: WaitingEvent) -> str:
        return moment(place.occurred_at)

    @admin.display(description="Why")
    def why(self, place: WaitingEvent) -> SafeString:
        return badge(place.get_reason_display(), "bad") if place.reason else badge("its turn", "wait")

    @admin.display(description="Tried")
    def tried(self, place: WaitingEvent) -> str:
        return f"{place.tries} ×" if place.tries else "–"

    @admin.display(description="Again")
    def next_try(self, place: WaitingEvent) -> str:
        return (
            ago(place.due_at)
            if place.due_at
            else "–"
            if not place.reason
            else "when asked, or when it is there"
        )


@admin.register(BeyondPolicy)
class BeyondPolicyDesk(Sought, ReadOnlyDesk):
    """Debits of usage that was reported when it was over, and of which policy would have refused some."""

    purpose = (
        "Usage that was over when it was reported, and that the policy would have refused: it is charged all "
        "the same."
    )
    counted_as = ("debit beyond policy", "debits beyond policy")
    list_display = ["recorded", "customer", "past", "overage", "of_debit"]
    list_display_links = None
    list_select_related = ["account", "debit__unit"]
    search_fields = ["=account__reference"]
    search_help_text = "An account's reference, name or id elsewhere"
    ordering = ["-id"]

    def sought(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.filter(account__in=meant_by(text))

    def get_urls(self) -> list[URLPattern]:
        leads = self.admin_site.admin_view(self._to_the_debit)
        return [
            path("<uuid:object_id>/change/", leads, name="usage_beyondpolicy_change"),
            *super().get_urls(),
        ]

    def _to_the_debit(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        mark = get_object_or_404(BeyondPolicy, pk=object_id)
        return HttpResponseRedirect(reverse("admin:usage_debit_change", args=[mark.debit_id]))

    @admin.display(description="Recorded")
    def recorded(self, mark: BeyondPolicy) -> str:
        return moment(mark.recorded_at)

    @admin.display(description="Account")
    def customer(self, mark: BeyondPolicy) -> SafeString:
        return link_to("wallets_account", mark.account_id, mark.account)

    @admin.display(description="Beyond policy")
    def past(self, mark: BeyondPolicy) -> str:
        return f"{tokens(mark.tokens)} {mark.debit.unit}"

    @admin.display(description="Overage in all")
    def overage(self, mark: BeyondPolicy) -> str:
        return tokens(mark.debit.overage)

    @admin.display(description="Debit")
    def of_debit(self, mark: BeyondPolicy) -> SafeString:
        return link_to("usage_debit", mark.debit_id, f"of {tokens(mark.debit.tokens)}")
