"""Issuing a trial from an account's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.urls import reverse

from billing.admin.account_grants import AccountFormPage, FormToken
from billing.models import TrialOffer
from billing.queries import account_page, trials
from billing.queries.seller_allowances import MonthOfASeller, months_of
from billing.queries.trial_costs import CostSpan, cost_of
from billing.rules.trial_orders import TrialOrder
from billing.services import trials as verbs
from config.desk.forms import MomentField, ReasonField
from config.desk.templatetags.desk import tokens
from usage.queries.terms import table_at
from wallets.models import Grant
from wallets.queries.balances import holding_now
from wallets.queries.grants import buckets_of

OFFERS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class OfferShown:
    """What issuing an offer would do now. ends: where it starts at once; else when it has to be used by."""

    offer: TrialOffer
    before: Decimal
    ends: datetime
    cost: CostSpan | None
    month: MonthOfASeller

    @property
    def after(self) -> Decimal:
        return self.before + self.offer.tokens

    @property
    def left_then(self) -> Decimal | None:
        return None if self.month.left is None else self.month.left - self.offer.tokens

    @property
    def waits(self) -> bool:
        return self.offer.starts == TrialOffer.Starts.FIRST_USE

    @property
    def becomes_a_request(self) -> bool:
        return not self.month.has_room_for(self.offer.tokens)


class TrialForm(FormToken):
    offer = forms.ModelChoiceField(
        TrialOffer.objects.on().select_related("unit"), label="Offer", empty_label="choose one"
    )
    opportunity = forms.CharField(
        required=False,
        max_length=128,
        label="Opportunity",
        help_text="Its reference in the CRM. The same one twice is one trial.",
    )
    domain = forms.CharField(
        required=False,
        max_length=253,
        label="Domain",
        help_text="The customer's, such as acme.com; needed for offers that are given once a domain.",
    )
    starts_at = MomentField(
        label="Start", required=False, help_text="In UTC; empty is now. Its days are counted from then."
    )
    reason = ReasonField(help_text="What the customer wants to try. A manager reads it, should it be asked.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["offer"].label_from_instance = lambda offer: (
            f"{offer.name}: {tokens(offer.tokens)} {offer.unit.code} for {offer.days} days"
        )


class IssueTrialPage(AccountFormPage):
    """Issue an offer's tokens, with what it does in view."""

    permissions = ("wallets.issue_trial",)
    template_name = "desk/account/trial.html"
    form_class = TrialForm
    back_to = "grants"

    def title(self) -> str:
        return "Issue trial tokens"

    def initial(self) -> dict[str, Any]:
        asked = self.request.GET.get("offer") or ""
        offers = TrialOffer.objects.on()
        chosen = offers.filter(pk=asked).first() if asked.isdecimal() else None
        if chosen is None and offers.count() == 1:
            chosen = offers.get()
        return {
            "form_token": f"trial-{uuid4().hex}",
            "offer": chosen,
            "domain": trials.domain_of(self.account),
        }

    def context(self) -> dict[str, Any]:
        offers = list(TrialOffer.objects.on().select_related("unit")[:OFFERS_SHOWN])
        before = trials.earlier(self.account, trials.domain_of(self.account))
        unit, _ = account_page.unit_and_wallet(self.account, self.request.GET.get("unit"))
        return {
            **super().context(),
            "offers": self._shown(offers, table_at(self.account.pk, self.now)),
            "earlier": trials.stands(before, self.now),
            "others": self._others(),
            "overage": holding_now(self.account.pk, unit.pk).overage,
        }

    def _others(self) -> list[Grant]:
        """Trial tokens that came another way: by a program, by hand, moved in."""
        others = list(trials.without_an_offer(self.account))
        for grant in others:
            grant.shown = buckets_of(grant, self.now)  # type: ignore[attr-defined]
        return others

    def _shown(self, offers: list[TrialOffer], table: Any) -> list[OfferShown]:
        units = {offer.unit_id for offer in offers}
        before = {unit: holding_now(self.account.pk, unit).available for unit in units}
        seller = self.request.user.pk
        months = months_of([seller], units, self.now)
        return [
            OfferShown(
                offer,
                before[offer.unit_id],
                self.now + timedelta(days=_waits_or_lasts(offer)),
                cost_of(offer, table, self.now),
                months[seller, offer.unit_id],
            )
            for offer in offers
        ]

    def act(self, asked: dict[str, Any]) -> str:
        order = TrialOrder(
            reference=self.account.reference,
            offer_id=asked["offer"].pk,
            reason=asked["reason"],
            opportunity=asked["opportunity"],
            domain=asked["domain"],
            starts_at=asked["starts_at"],
        )
        done = verbs.issue(order=order, key=asked["form_token"], seller=self.request.user)
        if done.trial is None:
            messages.warning(
                self.request,
                "That is beyond this month's allowance: a manager is asked for it. Nothing is issued yet.",
            )
            return reverse("admin:billing_trialrequest_changelist")
        again = " It had been issued already; nothing happened twice." if done.is_replay else ""
        given = f"{tokens(done.trial.tokens)} trial tokens for {self.account}."
        return self.done(f"{given}{again}")


def _waits_or_lasts(offer: TrialOffer) -> int:
    return offer.days if offer.starts == TrialOffer.Starts.AT_ONCE else offer.activate_within
