"""Re-ratings: asking for one, and those that there are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.urls import URLPattern
from django.utils.safestring import SafeString

from config.desk.desks import ReadOnlyDesk
from config.desk.forms import DeskForm, MomentField, ReasonField
from config.desk.pages import DeskFormPage
from config.desk.templatetags.desk import badge
from pricing.models import Feature, Product, RateTable, Version
from usage.admin import rerating_pages as pages
from usage.models import Rerating, ReratingState
from usage.services import rerating
from usage.services.rerating import ReratingOrder
from wallets.models import Account

TONES = {"ready": "wait", "running": "wait", "reckoning": "wait", "done": "good", "failed": "bad"}
BY_VERSION, BY_INSTANT = "version", "instant"
VERSIONS_OFFERED = 200


class AskForm(DeskForm):
    """Which usage is to be charged anew, and by which prices."""

    reason = ReasonField(help_text="What was wrong. It stands with every reversal.")
    since = MomentField(label="Used from", help_text="In UTC, by when the usage occurred.")
    until = MomentField(label="Used until", help_text="In UTC, not included. At most now.")
    table = forms.ModelChoiceField(
        RateTable.objects.order_by("code"),
        required=False,
        label="Charged by rate table",
        empty_label="any",
        help_text="Needed where you name a version.",
    )
    prices = forms.ChoiceField(
        label="At the prices of",
        choices=[
            (BY_VERSION, "a version, whatever is in force"),
            (BY_INSTANT, "an instant: what each account pays for usage of then"),
        ],
        widget=forms.RadioSelect,
        initial=BY_VERSION,
    )
    version = forms.ModelChoiceField(
        Version.objects.none(),
        required=False,
        label="Version",
        help_text="Published, of this table or of one that nobody pays by, in the same token.",
    )
    priced_at = MomentField(label="Instant", required=False, help_text="In UTC; empty is now.")
    product = forms.ModelChoiceField(
        Product.objects.order_by("code"), required=False, label="Product", empty_label="every one"
    )
    account = forms.CharField(
        max_length=128, required=False, label="Account", help_text="Its exact reference; empty is every one."
    )
    feature = forms.CharField(
        max_length=128,
        required=False,
        label="Feature",
        help_text="Its exact code; empty is every one. A debit of several items is charged anew as a whole.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_by_version = not self.is_bound or self.data.get("prices") == BY_VERSION
        self.fields["version"].required = self.fields["table"].required = is_by_version
        offered = Version.objects.lasting().select_related("table").order_by("-published_at")
        self.fields["version"].queryset = offered
        self.fields["version"].label_from_instance = lambda version: f"{version.table} {version}"
        self.fields["version"].choices = [
            ("", "choose one"),
            *((row.pk, f"{row.table} {row}") for row in offered[:VERSIONS_OFFERED]),
        ]

    def clean_account(self) -> Account | None:
        return _named(
            Account.objects.filter(reference=self.cleaned_data["account"]), self.cleaned_data["account"]
        )

    def clean_feature(self) -> Feature | None:
        return _named(Feature.objects.filter(code=self.cleaned_data["feature"]), self.cleaned_data["feature"])

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        unasked = "priced_at" if asked.get("prices") == BY_VERSION else "version"
        asked[unasked] = None
        self.errors.pop(unasked, None)
        return asked


def _named(rows: Any, name: str) -> Any:
    found = rows.first() if name else None
    if name and found is None:
        raise forms.ValidationError("There is none of this name.")
    return found


class AskPage(DeskFormPage):
    """Have it told what charging usage anew would change; nothing is booked by it."""

    permissions = ("usage.add_rerating",)
    template_name = "desk/reratings/ask.html"
    form_class = AskForm

    def title(self) -> str:
        return "Charge usage anew"

    def act(self, asked: dict[str, Any]) -> str:
        def id_of(name: str) -> Any:
            return asked[name].pk if asked[name] else None

        order = ReratingOrder(
            reason=asked["reason"],
            since=asked["since"],
            until=asked["until"],
            table_id=id_of("table"),
            product_id=id_of("product"),
            account_id=id_of("account"),
            feature_id=id_of("feature"),
            version_id=id_of("version"),
            priced_at=asked["priced_at"],
        )
        return pages.page_of(rerating.ask(order=order, by=self.by))


@admin.register(Rerating)
class ReratingDesk(ReadOnlyDesk):
    purpose = (
        "A price was wrong, or said too late: usage of an interval is charged anew by correction entries, "
        "when that is approved."
    )
    list_display = ["name", "stands", "period", "why", "asked", "approved"]
    list_display_links = ["name"]
    list_filter = ["state"]
    list_select_related = ["version__table", "table"]
    ordering = ["-pk"]
    list_before_template = "desk/reratings/above.html"

    def get_urls(self) -> list[URLPattern]:
        one = "<int:object_id>"
        return [
            self.page("ask/", AskPage, "ask"),
            self.page(f"{one}/change/", pages.ReratingPage, "change"),
            self.page(f"{one}/progress/", pages.Progress, "progress"),
            self.page(f"{one}/export/", pages.Export, "export"),
            self.page(f"{one}/corrections/", pages.ExportCorrections, "corrections"),
            self.page(f"{one}/approve/", pages.ApprovePage, "approve"),
            self.page(f"{one}/discard/", pages.DiscardPage, "discard"),
            self.page(f"{one}/stop/", pages.StopPage, "stop"),
            self.page(f"{one}/revert/", pages.RevertPage, "revert"),
            *super().get_urls(),
        ]

    @admin.display(description="Re-rating")
    def name(self, row: Rerating) -> str:
        return str(row.pk)

    @admin.display(description="State")
    def stands(self, row: Rerating) -> SafeString:
        return badge(
            "to be approved" if row.state == ReratingState.READY else row.state, TONES.get(row.state, "plain")
        )

    @admin.display(description="Usage of")
    def period(self, row: Rerating) -> str:
        return f"{row.since:%-d %b %Y %H:%M} – {row.until:%-d %b %Y %H:%M}"

    @admin.display(description="Reason")
    def why(self, row: Rerating) -> str:
        return row.reason[:80]

    @admin.display(description="Asked")
    def asked(self, row: Rerating) -> str:
        return f"{row.asked_at:%-d %b %Y %H:%M} by {row.asked_by}"

    @admin.display(description="Approved")
    def approved(self, row: Rerating) -> str:
        return f"{row.approved_at:%-d %b %Y %H:%M} by {row.approved_by}" if row.approved_at else "–"
