"""Users and groups in the clothes of the other desks. What a group may do is decided in config/roles.py."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultiple

from config.desk.desks import Undeletable

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class PersonDesk(Undeletable, BaseUserAdmin, ModelAdmin):
    """People sign what they do, so nobody is deleted: who leaves is made inactive."""

    purpose = (
        "Who signs in here. What they see and do follows from their groups; who leaves is made inactive, "
        "never deleted."
    )
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "email", "first_name", "last_name", "is_active", "is_superuser"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Person", {"fields": ["first_name", "last_name", "email"]}),
        ("May", {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ()
    actions = None

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only who may do everything decides who else may do what."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, "is_superuser", "is_staff", "groups")


@admin.register(Group)
class GroupDesk(Undeletable, BaseGroupAdmin, ModelAdmin):
    """What each group may do; written by each migration, so it is only shown here."""

    purpose = "What people may do, by their task. Groups come with the product and are the same everywhere."
    actions = None
    fieldsets = [(None, {"fields": ["name", "may"]})]
    readonly_fields = ["may"]

    @admin.display(description="May")
    def may(self, group: Group) -> str:
        rows = group.permissions.select_related("content_type").order_by(
            "content_type__app_label", "codename"
        )
        said = ((f"{row.content_type.app_label}: {row.name.removeprefix('Can ')}",) for row in rows)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", said))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
