"""Sellers, offers and trials for tests, in a line each; rows may stay."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User

from billing.models import Trial, TrialOffer
from billing.rules.trial_orders import TrialOrder
from billing.services import seller_allowances, trials
from billing.services.trials import Issued
from usage.tests.made import ait, named
from wallets.models import Account, Grant


def a_seller(word: str = "sue", **fields: Any) -> User:
    return User.objects.create(username=named(word), **fields)


def an_offer(tokens: str = "10", **terms: Any) -> TrialOffer:
    """Tokens for thirty days that may be issued as often as one likes, unless the terms say otherwise."""
    asked = {"days": 30, "once_per": "", "remind_days": 0} | terms
    return TrialOffer.objects.create(name=named("pilot"), tokens=Decimal(tokens), unit_id=ait(), **asked)


def allow(seller: User | None, tokens: str | None, **more: Any) -> None:
    amount = None if tokens is None else Decimal(tokens)
    seller_allowances.allow(seller=seller, unit_id=ait(), tokens=amount, reason="A test.", user=None, **more)


def ask(seller: User, offer: TrialOffer, account: Account, key: str = "", **asked: Any) -> Issued:
    """Issue an offer, or ask a manager for it."""
    order = TrialOrder(account.reference, offer.pk, asked.pop("reason", "They want to try it."), **asked)
    return trials.issue(order=order, key=key or named("form"), seller=seller)


def a_trial(seller: User, offer: TrialOffer, account: Account, **asked: Any) -> Trial:
    trial = ask(seller, offer, account, **asked).trial
    assert trial is not None
    return trial


def grant_of(trial: Trial) -> Grant:
    return Grant.objects.get(pk=trial.grant_id)
