"""One trial: how it stands, and its reminder, extension, revocation and conversion."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from billing.models import Order, Trial
from billing.queries import trials
from billing.services import trial_life
from config.desk.forms import DeskForm, SureForm, WhyForm
from config.desk.pages import DeskActPage, DeskPage
from config.desk.templatetags.desk import day, tokens
from wallets.models import ExpiryChange


class OfTrial(DeskPage):
    """What all pages of one trial share."""

    permissions = ("billing.view_trial",)

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        rows = Trial.objects.select_related("offer", "customer", "seller", "unit", "request__decided_by")
        self.trial = get_object_or_404(rows, pk=object_id)
        self.now = timezone.now()

    def title(self) -> str:
        return f"{self.trial.offer} for {self.trial.customer}"

    def context(self) -> dict[str, Any]:
        return {"trial": self.trial, "stand": trials.stands([self.trial], self.now)[0]}

    def address(self) -> str:
        return reverse("admin:billing_trial_change", args=[self.trial.pk])


class TrialPage(OfTrial):
    """How it stands."""

    template_name = "desk/trials/trial.html"

    def context(self) -> dict[str, Any]:
        moves = ExpiryChange.objects.filter(account=self.trial.customer, grant_id=self.trial.grant_id)
        bought = Order.objects.filter(account=self.trial.customer, external_id=self.trial.purchase).first()
        return {**super().context(), "moves": moves.order_by("pk"), "bought": bought}


class ConvertForm(DeskForm):
    kept = forms.ChoiceField(
        label="What is left",
        choices=[("kept", "is kept until it expires"), ("ended", "ends now")],
        widget=forms.RadioSelect,
        initial="kept",
    )
    purchase = forms.CharField(
        required=False, max_length=255, label="Purchase", help_text="The order's reference, if there is one."
    )


class _Asks(DeskActPage, OfTrial):
    """A page that asks about one trial, does one thing, and leads back to it."""

    permissions = ("wallets.issue_trial", "billing.view_trial")
    template_name = "desk/trials/ask.html"
    form_class = WhyForm
    verb = ""
    is_harsh = False

    def title(self) -> str:
        return f"{self.verb} {self.trial.offer} for {self.trial.customer}"

    def context(self) -> dict[str, Any]:
        return {**super().context(), "is_harsh": self.is_harsh}


class RemindPage(_Asks):
    """Tell of its end again."""

    form_class = SureForm
    verb, button = "Remind of", "Tell of it now"
    about = (
        "The seller is told again by e-mail, and so is every address and webhook that asked for the news "
        "trial.expiring, within seconds."
    )

    def act(self, asked: dict[str, Any]) -> str:
        trial_life.remind(trial_id=self.trial.pk)
        return self.done("It is told within seconds.")


class ExtendPage(_Asks):
    """Let it last longer, once."""

    verb, button = "Extend", "Extend it"
    about = (
        "It lasts longer by the days that its offer allows; where it was not used yet, it waits longer for that, and "
        "its days are still to come. That is done once."
    )

    def context(self) -> dict[str, Any]:
        context = super().context()
        ends = context["stand"].grant.expires_at
        then = ends and ends + timedelta(days=self.trial.extension_days)
        return {**context, "then": then}

    def act(self, asked: dict[str, Any]) -> str:
        trial_life.extend(trial_id=self.trial.pk, user=self.request.user, reason=asked["reason"])
        ends = trials.stands([self.trial], self.now)[0].grant.expires_at
        return self.done(format_html("It lasts until {}.", day(ends)))


class RevokePage(_Asks):
    """Take back what is left."""

    permissions = ("billing.revoke_trial", "billing.view_trial")
    verb, button, is_harsh = "Revoke", "Revoke it", True
    about = "What is left and not held is taken back. What was spent stays spent. It can't be undone."

    def act(self, asked: dict[str, Any]) -> str:
        trial_life.revoke(trial_id=self.trial.pk, user=self.request.user, reason=asked["reason"])
        return self.done("What was left of it is taken back.")


class ConvertPage(_Asks):
    """It became a purchase."""

    form_class = ConvertForm
    verb, button = "Convert", "It became a purchase"
    about = "The purchased tokens are booked by their order or grant; this notes that the trial led to it."

    def act(self, asked: dict[str, Any]) -> str:
        is_kept = asked["kept"] == Trial.Kept.KEPT
        trial_life.convert(
            trial_id=self.trial.pk, user=self.request.user, is_kept=is_kept, purchase=asked["purchase"]
        )
        stand = trials.stands([self.trial], self.now)[0]
        rest = f"{tokens(stand.left)} tokens are kept." if is_kept else "What was left has ended."
        return self.done(f"The trial is converted. {rest}")
