"""Price lists: all of them, one of them with its versions, and which one holds for those without terms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget

from billing.admin.rate_files import ImportPage
from billing.queries.reach import reach
from billing.services import price_lists
from config.desk.desks import Desk, ReasonForm
from config.desk.forms import WhyForm
from config.desk.pages import DeskFormPage, DeskPage
from config.desk.refusals import tell
from config.kernel.errors import DomainError
from pricing.models import RateTable, Version, VersionState
from pricing.queries.reviews import standing_of
from pricing.services import drafting
from usage.services import terms
from wallets.models import TokenUnit


class RateTablesPage(DeskPage):
    """Every price list with the version in force, the draft, and how many accounts pay by it."""

    permissions = ("pricing.view_ratetable",)
    template_name = "desk/prices/tables.html"

    def title(self) -> str:
        return "Rate tables"

    def context(self) -> dict[str, Any]:
        now = timezone.now()
        reached = reach(now)
        versions: dict[int, dict[str, Any]] = {}
        for version in Version.objects.annotate(rate_count=Count("rates")).order_by("table_id", "number"):
            versions.setdefault(version.table_id, {})[version.state_at(now).value] = version
        tables = [
            {
                "table": table,
                "accounts": reached.of(table.pk),
                "is_default": table.pk == reached.default_table_id,
                **versions.get(table.pk, {}),
            }
            for table in RateTable.objects.all()
        ]
        return {"tables": tables, "without": reached.without_table}


class RateTablePage(DeskPage):
    """One price list: its versions, newest first, and what can be done next."""

    permissions = ("pricing.view_ratetable",)
    template_name = "desk/prices/table.html"

    def find(self, object_id: str, **_kwargs: Any) -> None:
        self.table = table_or_404(object_id)

    def title(self) -> str:
        return str(self.table)

    def context(self) -> dict[str, Any]:
        now = timezone.now()
        versions = list(
            self.table.versions.annotate(rate_count=Count("rates"))
            .select_related("published_by", "based_on", "restores")
            .order_by("-number")
        )
        for version in versions:
            version.state = version.state_at(now)  # type: ignore[attr-defined]
            version.word = standing_of(version).state if version.is_draft else version.state  # type: ignore[attr-defined]
        states = {version.state: version for version in reversed(versions)}  # type: ignore[attr-defined]
        reached = reach(now)
        return {
            "table": self.table,
            "versions": versions,
            "live": states.get(VersionState.LIVE),
            "draft": states.get(VersionState.DRAFT),
            "accounts": reached.of(self.table.pk),
            "is_default": reached.default_table_id == self.table.pk,
        }


class NewDraft(DeskPage):
    """The button "New draft": from the version named, from the one in force, or empty."""

    permissions = ("pricing.add_version",)

    def find(self, object_id: str, **_kwargs: Any) -> None:
        self.table = table_or_404(object_id)

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:pricing_ratetable_change", args=[self.table.pk]))

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        chosen = request.POST.get("from", "")
        versions = self.table.versions
        source = versions.filter(pk=chosen).first() if chosen.isdigit() else None
        try:
            draft = drafting.open_draft(table=self.table, based_on=source, user=request.user)
        except DomainError as refusal:
            tell(request, refusal)
            return self.get(request)
        messages.success(request, f"{draft} is a draft; nothing changes for anybody until it is published.")
        return HttpResponseRedirect(reverse("admin:pricing_version_change", args=[draft.pk]))


class MakeDefault(DeskFormPage):
    """Let accounts without terms of their own pay by this table, from now on."""

    permissions = ("usage.add_defaultterms",)
    template_name = "desk/prices/default.html"
    form_class = WhyForm

    def find(self, object_id: str, **_kwargs: Any) -> None:
        self.table = table_or_404(object_id)

    def title(self) -> str:
        return f"Make {self.table} the default"

    def context(self) -> dict[str, Any]:
        reached = reach(timezone.now())
        former = RateTable.objects.filter(pk=reached.default_table_id).first()
        return {
            "table": self.table,
            "former": former,
            "accounts": reached.of(former.pk) if former else reached.without_table,
        }

    def act(self, asked: dict[str, Any]) -> str:
        terms.set_default(table_id=self.table.pk, set_by=self.by, reason=asked["reason"])
        messages.success(
            self.request, f"Accounts without terms of their own pay by {self.table} from now on."
        )
        return reverse("admin:pricing_ratetable_change", args=[self.table.pk])


class RateTableForm(ReasonForm):
    """token: chosen among the units, for good."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "token" in self.fields:
            units = [
                (unit.code, f"{unit.code} · {unit.name}")
                for unit in TokenUnit.objects.order_by("-is_default", "code")
            ]
            self.fields["token"] = forms.ChoiceField(
                label="Token unit",
                choices=units,
                widget=UnfoldAdminSelectWidget,
                help_text="The unit its prices are in. It lasts.",
            )


@admin.register(RateTable)
class RateTableDesk(Desk):
    form = RateTableForm
    search_fields = ["code", "name"]
    fieldsets = [(None, {"fields": ["code", "name", "token"]})]
    fixed_fields = ["code", "token"]

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("", RateTablesPage, "changelist"),
            self.page("import/", ImportPage, "import"),
            self.page("<int:object_id>/change/", RateTablePage, "change"),
            path(
                "<int:object_id>/edit/",
                self.admin_site.admin_view(self.edit_view),
                name="pricing_ratetable_edit",
            ),
            self.page("<int:object_id>/draft/", NewDraft, "draft"),
            self.page("<int:object_id>/import/", ImportPage, "import_into"),
            self.page("<int:object_id>/default/", MakeDefault, "default"),
            *super().get_urls(),
        ]

    def edit_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self.changeform_view(request, str(object_id))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        reason = form.cleaned_data.get("change_reason", "")
        made = price_lists.open_table(
            code=obj.code, token=obj.token, name=obj.name, user=request.user, reason=reason
        )
        obj.pk = made.pk
        obj._state.adding = False

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        messages.success(
            request, f"{obj} is there. Give it its first prices: draft them here or import a file."
        )
        return HttpResponseRedirect(reverse("admin:pricing_ratetable_change", args=[obj.pk]))

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:pricing_ratetable_change", args=[obj.pk]))


def table_or_404(object_id: str | int) -> RateTable:
    return get_object_or_404(RateTable, pk=object_id)
