"""Unlocks: which feature opens others, for how long."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Field
from django.http import HttpRequest

from config.desk.desks import REASON, Desk
from config.desk.templatetags.desk import badge
from usage.models import Unlock
from usage.rules.access import period_words
from usage.services import entitling

HELP = {
    "feature": "What the customer is charged for; it is said once of a feature.",
    "pattern": "A feature's code, or a pattern such as video.*; it opens for the account that is charged.",
    "period": "So long for each unit: P30D is 30 days, P1M a month, PT12H 12 hours. Bought again, it goes on.",
    "is_active": "Switch it off to open nothing any more; what was opened stays open until its end.",
}


@admin.register(Unlock)
class UnlockDesk(Desk):
    purpose = "Features that open others for a while: each unit that is charged of one opens what it names."
    list_display = ["what", "opens", "lasts", "state"]
    list_display_links = ["what"]
    list_filter = ["is_active"]
    list_select_related = ["feature"]
    search_fields = ["feature__code", "feature__name", "pattern"]
    search_help_text = "Feature, or what it opens"
    fields = ["feature", "pattern", "period", "is_active"]
    fixed_fields = ["feature"]
    autocomplete_fields = ["feature"]
    actions = None

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name in HELP:
            field.help_text = HELP[db_field.name]
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        entitling.save_unlock(obj, user=request.user, reason=form.cleaned_data.get(REASON) or "")

    @admin.display(description="Each unit of", ordering="feature__code")
    def what(self, unlock: Unlock) -> str:
        return unlock.feature.code

    @admin.display(description="opens", ordering="pattern")
    def opens(self, unlock: Unlock) -> str:
        return unlock.pattern

    @admin.display(description="for")
    def lasts(self, unlock: Unlock) -> str:
        return period_words(unlock.period)

    @admin.display(description="State", ordering="is_active")
    def state(self, unlock: Unlock) -> str:
        return badge("active" if unlock.is_active else "ended")
