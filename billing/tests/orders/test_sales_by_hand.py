"""Quotations that a person accepts and top-ups that a person confirms: orders by hand, by the rules of these."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User

from billing.errors import AskedAlready, OwnAct, QuotationNotOpen
from billing.models import ActRule, HandAct, Order, OrderVersion, Quotation, QuotationAnswer, TopUp
from billing.services import auditing, hand_acts, orders_by_hand, quotation_answers, quoting, top_ups
from billing.services.hand_acts import Acted
from billing.tests.orders.sold import a_line as an_order_line
from billing.tests.orders.sold import an_offer, bought, left
from billing.tests.orders.test_orders_by_hand import by_hand
from billing.tests.quotations.quoted import a_draft, a_line, a_promotion, accepted, off, sent
from billing.tests.top_ups.ruled import a_pack, a_rule, available, topped_up
from config.kernel.errors import Conflict, DomainError
from usage.tests.made import AUTHOR, Shop, an_account, named, together
from wallets.errors import AccountClosed
from wallets.models import Account


@pytest.fixture
def mina(db: None) -> User:
    return User.objects.create(username=named("person"))


@pytest.fixture
def tom(db: None) -> User:
    return User.objects.create(username=named("person"))


@pytest.fixture
def acme(db: None) -> Account:
    return Shop().an_account()


def offered(account: Account, user: User, **line: Any) -> Quotation:
    """A quotation of 500 tokens at a list price of 100 dollars, that the customer has."""
    return sent(a_draft(account, a_line(an_offer("100", tokens=[bought("500")]), **line), user=user))


def accept(quotation: Quotation, user: User, form_token: str = "") -> Acted:
    return orders_by_hand.accept(
        quotation_id=quotation.pk,
        answered_by="Ada Buyer",
        reference="PO-7",
        form_token=form_token or named("form"),
        user=user,
    )


def confirm(top_up: TopUp, user: User) -> Acted:
    return orders_by_hand.confirm(
        top_up_id=top_up.pk, reason="Wire 4711.", form_token=named("form"), user=user
    )


class TestAccept:
    def test_counts_with_the_orders_of_the_day(self, acme: Account, mina: User, tom: User) -> None:
        ActRule.objects.create(kind="order", limit=1000)
        by_hand(acme, mina, an_order_line(an_offer("100", tokens=[bought("500")])))
        token, first, second = named("form"), offered(acme, mina, discount=off("25")), offered(acme, mina)

        alone = [accept(first, mina, token) for _ in range(2)]
        beyond = accept(second, mina)

        assert [(each.act.state, each.is_replay) for each in alone] == [("done", False), ("done", True)]
        assert (beyond.is_waiting, left(acme)) == (True, [500, 500])
        assert "500 AIT are asked for, and 1000 were in the last 24 hours" in beyond.act.why
        assert not accept(offered(acme, mina), tom).is_waiting

    def test_waits_by_its_list_price_whatever_is_taken_off(self, acme: Account, mina: User) -> None:
        ActRule.objects.create(kind="order", money=99, currency="USD")

        assert accept(offered(acme, mina, discount=off("100")), mina).is_waiting

    def test_that_waits_takes_no_promotion_and_is_done_once_in_both_names(
        self, acme: Account, mina: User, tom: User
    ) -> None:
        ActRule.objects.create(kind="order")
        promotion = a_promotion(most_uses=1)
        quotation = offered(acme, mina, promotion=promotion.code)
        asked = accept(quotation, mina).act
        assert (promotion.uses.count(), Order.objects.filter(account=acme).count()) == (0, 0)
        with pytest.raises(AskedAlready):
            accept(quotation, tom)
        with pytest.raises(OwnAct):
            hand_acts.approve(act_id=asked.pk, user=mina)

        hand_acts.approve(act_id=asked.pk, user=tom)

        answer = QuotationAnswer.objects.get(quotation=quotation)
        version = OrderVersion.objects.get(account=acme)
        assert (answer.recorded_by, answer.reference, left(acme)) == (mina, "PO-7", [500])
        assert version.placed_by == f"{mina.username}, approved by {tom.username}"
        with pytest.raises(QuotationNotOpen, match="accepted already"):
            accept(quotation, mina)
        checks = ["act_of_an_order_is_its_version", "quotation_accepted_is_its_order"]
        assert auditing.findings([*checks, "promotion_uses_are_acceptances"]) == ()

    @pytest.mark.parametrize(
        ("happened", "why"),
        [
            ("revised", "A revision took the place"),
            ("declined", "was declined"),
            ("accepted", "was accepted already"),
            ("expired", "was valid until"),
        ],
    )
    def test_that_waits_is_refused_where_the_quotation_is_none_any_more(
        self,
        acme: Account,
        mina: User,
        tom: User,
        happened: str,
        why: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        ActRule.objects.create(kind="order")
        quotation = offered(acme, mina)
        asked = accept(quotation, mina).act
        if happened == "revised":
            sent(quoting.revise(quotation_id=quotation.pk, user=mina))
        elif happened == "declined":
            quotation_answers.decline(quotation_id=quotation.pk, answered_by="", reason="", user=mina)
        elif happened == "accepted":
            accepted(quotation)
        else:
            monkeypatch.setattr(quotation_answers, "database_clock", lambda: quotation.valid_until)
        before = left(acme)

        with pytest.raises(QuotationNotOpen, match=why):
            hand_acts.approve(act_id=asked.pk, user=tom)

        assert (HandAct.objects.get(pk=asked.pk).is_waiting, left(acme)) == (True, before)

    def test_that_is_refused_asks_nobody(self, acme: Account, mina: User) -> None:
        ActRule.objects.create(kind="order")
        quotation = offered(acme, mina)
        Account.objects.filter(pk=acme.pk).update(state="closed")

        with pytest.raises(AccountClosed):
            accept(quotation, mina)

        assert not HandAct.objects.filter(account=acme).exists()


class TestConfirm:
    def test_waits_beyond_the_limit_and_is_bought_once_in_both_names(
        self, acme: Account, mina: User, tom: User
    ) -> None:
        ActRule.objects.create(kind="order", limit=4999)
        made = topped_up(a_rule(acme, a_pack(), needs_payment=True))
        assert made is not None

        asked = confirm(made, mina).act
        assert (asked.is_waiting, asked.tokens, available(acme)) == (True, 5000, 0)
        hand_acts.approve(act_id=asked.pk, user=tom)

        made.refresh_from_db()
        assert (made.state, available(acme)) == ("bought", 5000)
        assert made.settled_by == f"{mina.username}, approved by {tom.username}"
        assert auditing.findings(["act_of_an_order_is_its_version"]) == ()

    def test_that_waits_is_refused_where_a_program_confirmed_it(
        self, acme: Account, mina: User, tom: User
    ) -> None:
        ActRule.objects.create(kind="order")
        made = topped_up(a_rule(acme, a_pack(), needs_payment=True))
        assert made is not None
        asked = confirm(made, mina).act
        top_ups.confirm(top_up_id=made.pk, author=AUTHOR)

        with pytest.raises(Conflict, match="is bought already"):
            hand_acts.approve(act_id=asked.pk, user=tom)

        assert available(acme) == 5000


@pytest.mark.committed
class TestAtOnce:
    def test_is_one_order_whoever_approves_and_accepts(self, committed_database: None) -> None:
        mina, *others = (User.objects.create(username=named("person")) for _ in range(4))
        acme, rule = an_account(), ActRule.objects.create(kind="order")
        try:
            quotation = offered(acme, mina)
            asked = accept(quotation, mina).act
        finally:
            ActRule.objects.filter(pk=rule.pk).update(is_active=False)
        calls = [partial(hand_acts.approve, act_id=asked.pk, user=user) for user in others]
        direct = [partial(quotation_answers.accept, quotation_id=quotation.pk, **ANSWER, user=mina)]

        together([partial(_quietly, call) for call in [*calls, *direct]])

        assert (Order.objects.filter(account=acme).count(), left(acme)) == (1, [500])
        assert QuotationAnswer.objects.filter(quotation=quotation).count() == 1


ANSWER = {"answered_by": "Ada Buyer", "reference": "PO-7"}


def _quietly(call: Any) -> Any:
    try:
        return call()
    except DomainError as refusal:
        return refusal
