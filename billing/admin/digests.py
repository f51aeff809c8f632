"""The weekly digest: everybody chooses their own, and sees it before."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import URLPattern, reverse
from django.utils import timezone

from billing.models import DigestChoice, DigestMail
from billing.queries.digests import NEEDS, digest
from billing.services import digests
from config.desk.desks import ReadOnlyDesk
from config.desk.forms import DeskForm
from config.desk.pages import DeskFormPage

MAILS_SHOWN = 8


class DigestForm(DeskForm):
    about = forms.ChoiceField(label="Digest", required=False)

    def __init__(self, *args: Any, offered: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["about"].choices = offered  # type: ignore[attr-defined]


class DigestPage(DeskFormPage):
    """One's own choice, the mails of the last weeks, and what it would tell now."""

    permissions = ("billing.view_digestchoice",)
    template_name = "desk/digest.html"

    def find(self, **_kwargs: Any) -> None:
        self.user: User = self.request.user  # type: ignore[assignment]
        self.choice = DigestChoice.objects.on().filter(user=self.user).first()

    def title(self) -> str:
        return "Weekly digest"

    def address(self) -> str:
        return reverse("admin:billing_digestchoice_changelist")

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        offered = [("", "None"), *((kind, kind.label) for kind in DigestChoice.About if self._may(kind))]
        return DigestForm(data, initial={"about": self.choice.about if self.choice else ""}, offered=offered)

    def context(self) -> dict[str, Any]:
        asked = self.request.GET.get("show", self.choice.about if self.choice else "")
        now = timezone.now()
        is_shown = asked in DigestChoice.About.values and self._may(asked)
        return {
            "choice": self.choice,
            "address": self.user.email,
            "mails": DigestMail.objects.filter(user=self.user)[:MAILS_SHOWN],
            "shown": digest(asked, now, reverse("admin:index")) if is_shown else None,
            "kinds": [(kind, kind.label) for kind in DigestChoice.About if self._may(kind)],
            "asked": asked,
            "back": self.address(),
        }

    def act(self, asked: dict[str, Any]) -> str:
        digests.choose(user=self.user, about=asked["about"])
        if not asked["about"]:
            return self.done("You get no digest.")
        return self.done(f"You get it from the next Monday on, at {self.user.email}.")

    def _may(self, kind: str) -> bool:
        return self.user.has_perms(NEEDS[kind])


@admin.register(DigestChoice)
class DigestDesk(ReadOnlyDesk):
    def get_urls(self) -> list[URLPattern]:
        return [self.page("", DigestPage, "changelist"), *super().get_urls()]
