"""Recipients of e-mail: who is told of what, and of whose."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString

from billing.admin.endpoint_changes import TypesField
from billing.models import Recipient
from billing.services import recipients
from billing.services.recipients import RecipientWish
from config.desk.desks import Desk
from config.desk.forms import DeskForm, ReasonField
from config.desk.pages import DeskFormPage
from config.desk.templatetags.desk import badge, link_to
from wallets.models import Account


class RecipientForm(DeskForm):
    address = forms.EmailField(label="E-mail address", widget=forms.EmailInput)
    account = forms.CharField(
        max_length=128,
        required=False,
        help_text="The reference of the account whose news these are; empty: everything, and what is about none.",
    )
    types = TypesField()
    is_on = forms.BooleanField(label="Is told", required=False, initial=True)
    reason = ReasonField(required=False)

    def clean_account(self) -> Account | None:
        reference = self.cleaned_data["account"]
        found = Account.objects.filter(reference=reference).first() if reference else None
        if reference and found is None:
            raise forms.ValidationError("No account has this reference.")
        return found


class _RecipientPage(DeskFormPage):
    template_name = "desk/news/recipient.html"
    form_class = RecipientForm
    recipient: Recipient | None = None

    def context(self) -> dict[str, Any]:
        return {
            "recipient": self.recipient,
            "is_sent": settings.EMAIL_IS_SENT,
            "folder": settings.EMAIL_FILE_PATH,
        }

    def save(self, wish: RecipientWish, reason: str) -> Recipient:
        raise NotImplementedError

    def act(self, asked: dict[str, Any]) -> str:
        about = asked["account"].pk if asked["account"] else None
        wish = RecipientWish(asked["address"], asked["types"], about, asked["is_on"])
        saved = self.save(wish, asked["reason"])
        said = "is told of what happens from now on" if saved.is_on else "is told of nothing"
        messages.success(self.request, f"{saved} {said}.")
        return reverse("admin:billing_recipient_changelist")


class AddPage(_RecipientPage):
    permissions = ("billing.add_recipient",)

    def title(self) -> str:
        return "Add a recipient"

    def save(self, wish: RecipientWish, reason: str) -> Recipient:
        return recipients.create(wish=wish, user=self.request.user, reason=reason)


class EditPage(_RecipientPage):
    permissions = ("billing.change_recipient",)

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.recipient = get_object_or_404(Recipient.objects.select_related("about"), pk=object_id)

    def title(self) -> str:
        return f"Edit {self.recipient}"

    def initial(self) -> dict[str, Any]:
        row = self.recipient
        account = row.about.reference if row.about else ""
        return {"address": row.address, "account": account, "types": row.types, "is_on": row.is_on}

    def save(self, wish: RecipientWish, reason: str) -> Recipient:
        return recipients.change(
            recipient_id=self.recipient.pk, wish=wish, user=self.request.user, reason=reason
        )


@admin.register(Recipient)
class RecipientDesk(Desk):
    purpose = "Who is told by e-mail: a person or a mailbox, of which news, of one account or all."
    list_display = ["address", "whose", "of", "state"]
    list_filter = ["is_on"]
    list_select_related = ["about"]
    search_fields = ["address", "about__reference"]
    search_help_text = "Parts of an address or of an account's reference"
    list_before_template = "desk/news/recipients_above.html"
    actions = None

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("add/", AddPage, "add"),
            self.page("<int:object_id>/change/", EditPage, "change"),
            *super().get_urls(),
        ]

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        """The page of a recipient is its form."""
        return ["address"] if self.has_change_permission(request) else None

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Above the list: whether mails go out at all."""
        mail = {"is_sent": settings.EMAIL_IS_SENT, "folder": settings.EMAIL_FILE_PATH}
        return super().changelist_view(request, {**(extra_context or {}), **mail})

    @admin.display(description="News of", ordering="about__reference")
    def whose(self, recipient: Recipient) -> SafeString | str:
        if recipient.about is None:
            return "everything"
        return link_to("wallets_account", recipient.about_id, recipient.about)

    @admin.display(description="Types")
    def of(self, recipient: Recipient) -> str:
        return ", ".join(recipient.types)

    @admin.display(description="State", ordering="is_on")
    def state(self, recipient: Recipient) -> SafeString:
        return badge("on", "good") if recipient.is_on else badge("off")
