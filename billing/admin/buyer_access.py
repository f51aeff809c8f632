"""Who of an account may see its tokens: contacts who sign in, links that show it, and what contacts may do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from billing.admin.account_grants import AccountFormPage
from billing.admin.account_page import account_or_404
from billing.models import AccessLink, BuyerRule, Contact
from billing.queries.buyer_rules import allowed
from billing.services import access_links, contacts
from billing.services.contacts import ContactWish
from config.desk.forms import AmountField, DeskForm, ReasonField, WhyForm
from config.desk.pages import DeskPage
from config.kernel.errors import DomainError

ENDED_SHOWN = 50
"""Links that are over, of which the page keeps the newest. Those that open something are all there, to be revoked."""


class BuyersPage(DeskPage):
    """All that lets somebody of the account in, and since when."""

    permissions = ("billing.view_contact",)
    template_name = "desk/account/buyers.html"

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        self.account = account_or_404(object_id)

    def title(self) -> str:
        return "Who may see it"

    def context(self) -> dict[str, Any]:
        now = timezone.now()
        every = AccessLink.objects.filter(customer=self.account)
        is_open = Q(revoked_at=None, expires_at__gt=now)
        links = [*every.filter(is_open), *every.exclude(is_open)[:ENDED_SHOWN]]
        for link in links:
            link.state = "revoked" if link.revoked_at else "over" if link.expires_at <= now else "open"  # type: ignore[attr-defined]
        return {
            "account": self.account,
            "contacts": Contact.objects.filter(customer=self.account),
            "links": links,
            "rule": allowed(self.account.pk, now),
            "door": f"{home_of(self.request)}{reverse('my:door')}",
        }


class BuyersFormPage(AccountFormPage):
    """A form about the account's people; it leads back to them."""

    def address(self) -> str:
        return reverse("admin:wallets_account_buyers", args=[self.account.pk])


class InviteForm(DeskForm):
    address = forms.EmailField(label="E-mail address")
    name = forms.CharField(max_length=120, required=False)
    role = forms.ChoiceField(choices=Contact.Role.choices, initial="viewer")
    reason = ReasonField(help_text="Who asked for it.")


class InvitePage(BuyersFormPage):
    """Let a person sign in."""

    permissions = ("billing.add_contact",)
    template_name = "desk/account/buyers_invite.html"
    form_class = InviteForm

    def title(self) -> str:
        return "Let a person sign in"

    def act(self, asked: dict[str, Any]) -> str:
        author = self.author(asked.pop("reason"))
        contact = contacts.invite(customer_id=self.account.pk, wish=ContactWish(**asked), author=author)
        return self.done(f"{contact.address} may sign in. An invitation is on its way.")


class ContactForm(DeskForm):
    name = forms.CharField(max_length=120, required=False)
    role = forms.ChoiceField(choices=Contact.Role.choices)
    is_on = forms.BooleanField(label="May sign in", required=False)
    reason = ReasonField()


class ContactPage(BuyersFormPage):
    """Give a person another role, or let it sign in no more."""

    permissions = ("billing.change_contact",)
    template_name = "desk/account/buyers_contact.html"
    form_class = ContactForm

    def find(self, object_id: Any, contact_id: Any = None, **_kwargs: Any) -> None:
        super().find(object_id)
        self.contact = get_object_or_404(Contact, customer=self.account, pk=contact_id)

    def title(self) -> str:
        return f"Contact {self.contact.pk}"

    def initial(self) -> dict[str, Any]:
        return {"name": self.contact.name, "role": self.contact.role, "is_on": self.contact.is_on}

    def context(self) -> dict[str, Any]:
        past = self.contact.history.select_related("history_user").order_by("-history_date", "-history_id")
        return {**super().context(), "contact": self.contact, "past": past[:50]}

    def act(self, asked: dict[str, Any]) -> str:
        author = self.author(asked.pop("reason"))
        wish = ContactWish(address=self.contact.address, **asked)
        contacts.change(customer_id=self.account.pk, contact_id=self.contact.pk, wish=wish, author=author)
        return self.done("It holds from now on.")


class EraseContactPage(ContactPage):
    """Forget a person."""

    permissions = ("billing.delete_contact",)
    template_name = "desk/account/buyers_erase.html"
    form_class = WhyForm

    def title(self) -> str:
        return f"Erase contact {self.contact.pk}"

    def act(self, asked: dict[str, Any]) -> str:
        author = self.author(asked["reason"])
        contacts.erase(customer_id=self.account.pk, contact_id=self.contact.pk, author=author)
        return self.done("The person is forgotten. What it did stands under its number.")


class LinkForm(DeskForm):
    days = forms.IntegerField(
        label="Days",
        min_value=1,
        max_value=access_links.LONGEST_DAYS,
        initial=30,
        help_text="How long it opens.",
    )
    reason = ReasonField(
        label="What for",
        help_text="Such as this year's audit. It stays beside the link for good: name no person.",
    )


class LinkPage(BuyersFormPage):
    """Make a link that shows the account, and show it once."""

    permissions = ("billing.add_accesslink",)
    template_name = "desk/account/buyers_link.html"
    form_class = LinkForm

    def title(self) -> str:
        return "Make a link"

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.shown(form=form)
        asked = form.cleaned_data
        try:
            made = access_links.make(
                customer_id=self.account.pk, days=asked["days"], author=self.author(asked["reason"])
            )
        except DomainError as refusal:
            self.explain(form, refusal)
            return self.shown(form=form)
        way = reverse("my:link", args=[made.secret])
        return self.shown(form=form, issued=f"{home_of(request)}{way}", link=made.link)


class RevokeLinkPage(BuyersFormPage):
    """Let a link open nothing any more."""

    permissions = ("billing.change_accesslink",)
    template_name = "desk/account/buyers_revoke.html"
    form_class = WhyForm

    def find(self, object_id: Any, link_id: Any = None, **_kwargs: Any) -> None:
        super().find(object_id)
        self.link = get_object_or_404(AccessLink, customer=self.account, pk=link_id)

    def title(self) -> str:
        return f"Revoke link {self.link.pk}"

    def context(self) -> dict[str, Any]:
        return {**super().context(), "link": self.link}

    def act(self, asked: dict[str, Any]) -> str:
        access_links.revoke(
            customer_id=self.account.pk, link_id=self.link.pk, author=self.author(asked["reason"])
        )
        return self.done("The link opens nothing any more, and whoever came by it is out.")


SAYS = [("bought", "What it bought: the offers it has say how far"), ("here", "This account's own numbers")]


class RuleForm(DeskForm):
    by = forms.ChoiceField(label="Who says it", choices=SAYS)
    budget_most = AmountField(
        label="Largest budget",
        required=False,
        help_text="Of the account's own: tokens a period that a budget of theirs may allow. Empty: they set none.",
    )
    packs_most = forms.IntegerField(
        label="Packs in thirty days",
        min_value=0,
        initial=0,
        help_text="Of the account's own: how many packs they may order on invoice. 0: they order none.",
    )
    reason = ReasonField()

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        if asked.get("by") == "bought" and {"budget_most", "packs_most"} & set(self.changed_data):
            self.add_error(
                "by", "Choose “This account's own numbers” for the numbers below, or leave them as they were."
            )
        return asked


class BuyerRulePage(BuyersFormPage):
    """Say what the account's contacts may do by themselves."""

    permissions = ("billing.change_buyerrule",)
    template_name = "desk/account/buyers_rule.html"
    form_class = RuleForm

    def title(self) -> str:
        return "What its people may do"

    def initial(self) -> dict[str, Any]:
        rule = BuyerRule.objects.filter(pk=self.account.pk).first()
        return {
            "by": "here" if rule and not rule.as_bought else "bought",
            "budget_most": rule.budget_most if rule else None,
            "packs_most": rule.packs_most if rule else 0,
        }

    def act(self, asked: dict[str, Any]) -> str:
        author, as_bought = self.author(asked.pop("reason")), asked.pop("by") == "bought"
        contacts.allow(customer_id=self.account.pk, author=author, as_bought=as_bought, **asked)
        return self.done("It holds from now on. What was set before stays.")


def home_of(request: HttpRequest) -> str:
    """Where customers reach the product: as it is set up, else as this page was reached."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


PAGES = {
    "buyers": (BuyersPage, "buyers"),
    "buyers/invite": (InvitePage, "buyers_invite"),
    "buyers/<int:contact_id>/change": (ContactPage, "buyers_contact"),
    "buyers/<int:contact_id>/erase": (EraseContactPage, "buyers_erase"),
    "buyers/link": (LinkPage, "buyers_link"),
    "buyers/links/<int:link_id>/revoke": (RevokeLinkPage, "buyers_revoke"),
    "buyers/rule": (BuyerRulePage, "buyers_rule"),
}
