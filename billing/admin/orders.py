"""Orders: all of them, one with its versions side by side, placing one by hand, and cancelling."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from billing.admin.account_grants import FormToken, told_of
from billing.admin.order_form import OrderForm
from billing.models import GrantRepricing, Order, OrderVersion, Portion
from billing.queries.order_money import periods_of
from billing.queries.orders import lines_of, order_named, present_version, shown
from billing.rules.orders import ACTIVE, CANCELLED, LineAsked, OrderAsked
from billing.services import orders_by_hand
from billing.services.hand_acts import Acted
from config.desk.desks import ReadOnlyDesk
from config.desk.forms import ReasonField
from config.desk.lists import Between, Sought
from config.desk.pages import DeskFormPage, DeskPage
from config.desk.templatetags.desk import badge, link_to, moment
from config.kernel.fingerprints import fingerprint_of
from usage.queries.moments import database_clock
from wallets.queries.accounts import meant_by


class OrderPage(DeskPage):
    """What an order is, what each of its lines came to, and what each version said."""

    permissions = ("billing.view_order",)
    template_name = "desk/orders/order.html"

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        self.order = _order_or_404(object_id)

    def title(self) -> str:
        return f"Order {self.order.external_id}"

    def context(self) -> dict[str, Any]:
        versions = list(self.order.versions.prefetch_related("lines").order_by("-number"))
        present, now = versions[0], database_clock()
        names = dict.fromkeys(line.name for version in versions for line in version.lines.all())
        columns = [(version, {line.name: line for line in version.lines.all()}) for version in versions[:8]]
        kept = Portion.objects.filter(order=self.order).order_by("line", "number", "month", "part")
        lines = list(lines_of(present))
        told = shown(self.order, present, lines, now)
        return {
            "order": self.order,
            "present": present,
            "lines": [
                (line, each.offer.terms if line["state"] == ACTIVE else [])
                for line, each in zip(told["lines"], lines, strict=True)
            ],
            "versions": columns,
            "rows": [(name, [lines.get(name) for _, lines in columns]) for name in names],
            "portions": [(row, max(row.tokens - row.wanted, 0)) for row in kept],
            "periods": periods_of(self.order),
            "is_repriced": GrantRepricing.objects.filter(
                account=self.order.account_id, grant_id__in=kept.values("grants__grant_id")
            ).exists(),
            "trials": self.order.trials.select_related("offer"),
            "may_cancel": present.state == ACTIVE,
        }


class AddPage(DeskFormPage):
    """Place an order by hand."""

    permissions = ("billing.add_order",)
    template_name = "desk/orders/add.html"
    form_class = OrderForm

    def title(self) -> str:
        return "Place an order"

    def initial(self) -> dict[str, Any]:
        asked = self.request.GET.get("account", "")
        return {"form_token": uuid4().hex, "external_id": f"desk-{uuid4().hex[:12]}", "account": asked}

    def act(self, asked: dict[str, Any]) -> str:
        order = OrderAsked(
            external_id=asked["external_id"],
            account=asked["account"],
            lines=asked["lines"],
            fingerprint=fingerprint_of(
                (asked["external_id"], 1, asked["account"], asked["lines"], asked["starts_at"])
                + ((asked["billing"],) if asked["billing"] else ())
            ),
            by=self.by,
            starts_at=asked["starts_at"],
            reason=asked["reason"],
            billing=asked["billing"],
        )
        done = orders_by_hand.place(asked=order, form_token=asked["form_token"], user=self.request.user)
        told_of(self.request, done, f"The order {order.external_id} has taken effect.")
        return _shown_at(done, order_named(order.external_id))


class CancelForm(FormToken):
    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = ReasonField(help_text="Why it ends. What is neither spent nor held is taken back.")


class CancelPage(DeskFormPage):
    """Cancel an order: another version of it, in which nothing is active."""

    permissions = ("billing.view_order", "billing.add_order")
    template_name = "desk/orders/cancel.html"
    form_class = CancelForm

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        self.order = _order_or_404(object_id)
        present = present_version(self.order)
        if present is None or present.state != ACTIVE:
            raise Http404
        self.present: OrderVersion = present

    def title(self) -> str:
        return f"Cancel the order {self.order.external_id}"

    def initial(self) -> dict[str, Any]:
        return {"form_token": uuid4().hex, "version": self.present.number + 1}

    def context(self) -> dict[str, Any]:
        told = shown(self.order, self.present, lines_of(self.present), timezone.now())
        return {"order": self.order, "told": told}

    def act(self, asked: dict[str, Any]) -> str:
        name, account = self.order.external_id, self.order.account.reference
        lines = [
            LineAsked(line.offer.code, line.name, line.quantity, line.amount, line.currency, line.ends_at)
            for line in lines_of(self.present)
        ]
        order = OrderAsked(
            external_id=name,
            account=account,
            lines=lines,
            fingerprint=fingerprint_of((name, asked["version"], account, "cancelled", None)),
            by=self.by,
            version=asked["version"],
            state=CANCELLED,
            reason=asked["reason"],
        )
        done = orders_by_hand.place(asked=order, form_token=asked["form_token"], user=self.request.user)
        told_of(self.request, done, "The order is cancelled; what was left of it is taken back.")
        return _shown_at(done, self.order)


@admin.register(Order)
class OrderDesk(Sought, ReadOnlyDesk):
    purpose = (
        "What customers bought. CRM and billing systems send them to /api/v1/orders, accepted quotations place theirs, "
        "and a person places one here. It takes an account and something in the catalogue."
    )
    file_columns = {
        "recorded_at": "recorded_at",
        "account": "account__reference",
        "external_id": "external_id",
        "state": "last_state",
        "version": "last_number",
        "placed_by": "last_placed_by",
        "changed_at": "last_recorded_at",
        "id": "id",
    }
    list_display = ["name", "customer", "how", "number", "placed_by", "said"]
    list_filter = [("recorded_at", Between)]
    list_display_links = ["name"]
    list_select_related = ["account"]
    search_fields = ["=external_id", "=account__reference"]
    search_help_text = "An account, or the order's exact reference"
    ordering = ["-pk"]

    def sought(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.filter(Q(account__in=meant_by(text)) | Q(external_id=text))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("billing.add_order"))

    def get_queryset(self, request: HttpRequest) -> Any:
        present = OrderVersion.objects.filter(order=OuterRef("pk")).order_by("-number")
        names = ("state", "number", "placed_by", "recorded_at")
        last = {f"last_{name}": Subquery(present.values(name)[:1]) for name in names}
        return super().get_queryset(request).annotate(**last)

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("add/", AddPage, "add"),
            self.page("<uuid:object_id>/change/", OrderPage, "change"),
            self.page("<uuid:object_id>/cancel/", CancelPage, "cancel"),
            *super().get_urls(),
        ]

    @admin.display(description="Order")
    def name(self, order: Order) -> str:
        return order.external_id

    @admin.display(description="Account")
    def customer(self, order: Order) -> SafeString:
        return link_to("wallets_account", order.account_id, order.account)

    @admin.display(description="State")
    def how(self, order: Any) -> SafeString:
        return badge(order.last_state, "good" if order.last_state == ACTIVE else "plain")

    @admin.display(description="Version")
    def number(self, order: Any) -> str:
        return str(order.last_number)

    @admin.display(description="By")
    def placed_by(self, order: Any) -> str:
        return str(order.last_placed_by)

    @admin.display(description="Last change")
    def said(self, order: Any) -> str:
        return moment(order.last_recorded_at)


def _shown_at(done: Acted, order: Order | None) -> str:
    """Where to look at what became of it: the order, or the act that waits for a second person."""
    if done.is_waiting or order is None:
        return reverse("admin:billing_handact_change", args=[done.act.pk])
    return reverse("admin:billing_order_change", args=[order.pk])


def _order_or_404(object_id: Any) -> Order:
    return get_object_or_404(Order.objects.select_related("account"), pk=object_id)
