"""Top-ups that wait for their payment are told of once, and so is each refusal, with what became of the rule."""

from __future__ import annotations

import pytest

from billing.models import Offer
from billing.rules import letters
from billing.services import top_ups
from billing.tests.news.made import data_of, kinds_told, told_about
from billing.tests.top_ups.ruled import a_pack, a_rule, topped_up
from usage.tests.made import AUTHOR, an_account

pytestmark = pytest.mark.usefixtures("from_now_on")


def test_that_wait_and_are_refused_are_told_once() -> None:
    acme = an_account()
    made = topped_up(a_rule(acme, a_pack("5000", "40"), needs_payment=True))
    assert made is not None
    waiting = data_of(acme, "top_up.pending")

    top_ups.refuse(top_up_id=made.pk, author=AUTHOR)

    assert (waiting["top_up"], waiting["tokens"], waiting["amount"]) == (str(made.pk), "5000.000000", "40")
    refused = data_of(acme, "top_up.refused")
    assert (refused["reason"], refused["broken"]) == (AUTHOR.reason, False)
    assert kinds_told(acme) == ["top_up.pending", "top_up.refused"]


def test_that_break_their_rule_say_so() -> None:
    acme, pack = an_account(), a_pack()
    rule = a_rule(acme, pack, breaks_after=1, needs_payment=True)
    Offer.objects.filter(pk=pack.pk).update(is_sold=False)
    topped_up(rule)

    (told,) = told_about(acme)

    assert (told.kind, told.data["quantity"], told.data["currency"], told.data["broken"]) == (
        "top_up.refused",
        0,
        None,
        True,
    )
    assert "switched off until a person" in letters.write(told.kind, told.occurred_at, told.data).text


def test_that_are_bought_at_once_tell_of_their_tokens_alone() -> None:
    acme = an_account()
    topped_up(a_rule(acme, a_pack()))

    assert kinds_told(acme) == ["grant.created"]
