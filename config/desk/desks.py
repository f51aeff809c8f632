"""Base classes of the desks: what every list and form of the admin has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import DecimalField, Field, Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.text import capfirst
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from config.desk.counting import EstimatedPaginator, UncountedChangeList
from config.desk.faults import NotHere
from config.desk.lists import UNREAD, ListFile, with_what_is_read
from config.desk.pages import DeskPage
from config.desk.refusals import refusal_of, tell
from config.desk.templatetags.desk import tokens
from config.desk.whom import not_yours
from config.kernel.amounts import plain
from config.kernel.errors import DomainError
from config.kernel.signing import signed

REASON = "change_reason"


class ReasonForm(forms.ModelForm):
    """A form that asks why; the answer stands in the history beside the change."""

    change_reason = forms.CharField(
        label="Reason",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why you change this. It stands in the history beside your name.",
    )


def amount(name: str, label: str = "") -> Any:
    """A column that shows the token amount in a field without superfluous digits."""

    @admin.display(description=label or name.replace("_", " ").capitalize())
    def shown(_desk: Any, row: Any) -> str:
        return tokens(getattr(row, name))

    return shown


class PlainAmounts:
    """Amounts without superfluous digits, in the fields of a form and where they are only to be read."""

    model: type[Model]

    @property
    def readonly_preprocess_fields(self) -> dict[str, Callable[[str], str]]:
        return {field.name: tokens for field in self.model._meta.fields if isinstance(field, DecimalField)}

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if isinstance(db_field, DecimalField) and field is not None:
            field.prepare_value = lambda value: plain(value) if isinstance(value, Decimal) else value
            field.widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
        return field


class Undeletable(PlainAmounts):
    """Nothing that moves or prices tokens is ever deleted.

    purpose: what its rows are for and how the first comes to be, said above them and where there are none.
    begins_at_an_account: the way to the first leads over an account's page.
    counted_as: what one row and several are called in a count, where the model's names are no words to count by.
    file_columns: heads and the paths of fields that a file of the list has; without them it gives none.
    file_money: heads of amounts of money; they have the digits of the currency that stands under `currency`.
    """

    empty_value_display = "–"
    purpose = ""
    list_before_template = "desk/purpose.html"
    list_after_template = "desk/list_files.html"
    object_history_template = "desk/history_here.html"
    begins_at_an_account = False
    counted_as: tuple[str, str] | None = None
    file_columns: Mapping[str, str] = {}
    file_money: Sequence[str] = ()

    def get_urls(self) -> list[URLPattern]:
        urls = super().get_urls()  # type: ignore[misc]
        return [self.page("file.<str:kind>", ListFile, "file"), *urls] if self.file_columns else urls

    def get_changelist(self, request: HttpRequest, **_kwargs: Any) -> type[UncountedChangeList]:
        return UncountedChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Called what its rows are, not what to do with one. What of the address can't be read is said."""
        if ERROR_FLAG in request.GET and len(request.GET) > 1:
            query = request.GET.copy()
            del query[ERROR_FLAG]
            return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
        if ERROR_FLAG in request.GET:
            messages.warning(request, UNREAD)
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        with self.naming_who_may(request, "view"):
            answer = super().changelist_view(request, {**title, **(extra_context or {})})  # type: ignore[misc]
        if not request.GET or getattr(answer, "url", "") != f"{request.path}?{ERROR_FLAG}=1":
            return answer
        said, query = with_what_is_read(self, request)  # type: ignore[arg-type]
        messages.warning(request, said)
        return HttpResponseRedirect(f"{request.path}?{query.urlencode()}".rstrip("?"))

    @contextmanager
    def naming_who_may(self, request: HttpRequest, verb: str) -> Iterator[None]:
        """Say whom to ask where Django refuses in silence for want of the permission for a verb."""
        try:
            yield
        except PermissionDenied as refusal:
            permission = f"{self.opts.app_label}.{get_permission_codename(verb, self.opts)}"
            if str(refusal) or request.user.has_perm(permission):
                raise
            raise not_yours(permission) from refusal

    def page(self, address: str, view: type[DeskPage], name: str) -> URLPattern:
        """A page of the desk's own. name: `admin:APP_MODEL_NAME` is what it is looked up by."""
        wrapped = self.admin_site.admin_view(view.as_view(desk=self))
        return path(address, wrapped, name=f"{self.opts.app_label}_{self.opts.model_name}_{name}")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Desk(Undeletable, SimpleHistoryAdmin, ModelAdmin):
    """Rows that people edit: each change with its history, its author and a reason, each refusal as a message.

    fixed_fields: are written once, when the row is made.
    """

    form = ReasonForm
    object_history_template = "desk/history.html"
    object_history_form_template = "desk/past.html"
    fixed_fields: Sequence[str] = ()
    list_filter_submit = True
    warn_unsaved_form = True
    compressed_fields = True

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        fields = super().get_readonly_fields(request, obj)
        return (*fields, *self.fixed_fields) if obj else fields

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        fieldsets = list(super().get_fieldsets(request, obj))
        may_write = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if may_write and REASON not in flatten_fieldsets(fieldsets):
            fieldsets.append((None, {"fields": [REASON]}))
        return fieldsets

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        row = signed(obj, request.user, form.cleaned_data.get(REASON) or "")
        super().save_model(request, row, form, change)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """One button: save."""
        context.update({"show_save_and_add_another": False, "show_save_and_continue": False})
        return super().render_change_form(request, context, *args, **kwargs)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        verb = "add" if object_id is None else "change" if request.method == "POST" else "view"
        try:
            with self.naming_who_may(request, verb):
                return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            tell(request, refusal)
        except IntegrityError as error:
            tell(request, refusal_of(error))
        return HttpResponseRedirect(request.get_full_path())

    def render_history_view(
        self, request: HttpRequest, template: str, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        for record in context.get("page_obj", ()):
            record.history_change_reason = record.history_change_reason or self.empty_value_display
        if "adminform" in context:
            context["past"] = context["original"]._history
            for field in context["adminform"].form.fields.values():
                field.disabled = True
        return super().render_history_view(request, template, context, **kwargs)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, **more: Any
    ) -> HttpResponse:
        """Show how a row was. A past state is never saved again: that would be a second editor."""
        if request.method == "POST":
            raise PermissionDenied("What history says is not saved again.")
        if not (version_id.isascii() and version_id.isdigit()):
            raise NotHere("No past state is called that.")
        return super().history_form_view(request, object_id, version_id, **more)


class ReadOnlyDesk(Undeletable, ModelAdmin):
    """Rows that SQL moves: to look at, to search and to follow."""

    actions = None
    paginator = EstimatedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = True

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Without a history: nobody edits these rows."""
        context["show_history"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        raise NotHere("Nobody edits these rows: they have no history.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
