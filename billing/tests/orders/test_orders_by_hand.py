"""Orders at the desk: alone within what a rule allows, beyond it by two."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from billing.errors import OwnAct
from billing.models import ActRule, DiscountRule, HandAct, Offer, Order, OrderVersion
from billing.rules.orders import CANCELLED, LineAsked, OrderAsked
from billing.services import auditing, hand_acts, orders_by_hand
from billing.services.hand_acts import Acted
from billing.tests.orders.sold import a_line, an_offer, bought, left, monthly
from config.kernel.errors import Conflict
from usage.tests.made import an_account, named, together
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
    return an_account()


def by_hand(account: Account, user: User, *lines: LineAsked, **given: Any) -> Acted:
    name = given.pop("external_id", None) or named("desk")
    asked = OrderAsked(name, account.reference, lines, b"", user.username, reason="Their contract.", **given)
    return orders_by_hand.place(asked=asked, form_token=named("form"), user=user)


class TestAlone:
    def test_is_placed_at_once_where_no_rule_asks(self, acme: Account, mina: User) -> None:
        done = by_hand(acme, mina, a_line(an_offer("100", tokens=[bought("500")]), amount="0"))

        assert (done.act.state, done.act.tokens, done.act.unit, left(acme)) == ("done", 500, "AIT", [500])
        assert OrderVersion.objects.get(account=acme).placed_by == mina.username

    def test_sent_twice_is_one_order(self, acme: Account, mina: User) -> None:
        lines, token = [a_line(an_offer(tokens=[bought("500")]))], named("form")
        asked = OrderAsked(named("desk"), acme.reference, lines, b"", mina.username, reason="Sold.")

        first = orders_by_hand.place(asked=asked, form_token=token, user=mina)
        again = orders_by_hand.place(asked=asked, form_token=token, user=mina)

        assert (again.is_replay, again.act, left(acme)) == (True, first.act, [500])


class TestByTwo:
    def test_gives_what_its_offer_meant_when_it_was_asked_for(
        self, acme: Account, mina: User, tom: User
    ) -> None:
        ActRule.objects.create(kind="order", limit=0)
        pack = an_offer("100", tokens=[bought("500")])
        act = by_hand(acme, mina, a_line(pack)).act
        pack.tokens.update(tokens=50_000)

        hand_acts.approve(act_id=act.pk, user=tom)

        assert (act.tokens, left(acme)) == (500, [500])

    @pytest.mark.parametrize(
        "rule",
        [
            {"limit": 900},
            {"money": 150, "currency": "USD"},
            {"limit": 10_000, "money": 199, "currency": "USD"},
        ],
    )
    def test_waits_beyond_the_tokens_or_the_list_price_of_a_day(
        self, acme: Account, mina: User, rule: dict[str, Any]
    ) -> None:
        ActRule.objects.create(kind="order", **rule)
        pack = an_offer("100", tokens=[bought("500")])

        alone = by_hand(acme, mina, a_line(pack, amount="0"))
        beyond = by_hand(acme, mina, a_line(pack, amount="0"))

        assert (alone.is_waiting, beyond.is_waiting, left(acme)) == (False, True, [500])
        assert "were in the last 24 hours" in beyond.act.why

    def test_waits_where_more_is_taken_off_than_one_may_alone(self, acme: Account, mina: User) -> None:
        DiscountRule.objects.create(seller=mina, share=Decimal(20))
        pack = an_offer("100", tokens=[bought("500")])

        within = by_hand(acme, mina, a_line(pack, amount="80"))
        beyond = by_hand(acme, mina, a_line(pack, amount="79.99"))

        assert (within.is_waiting, beyond.is_waiting) == (False, True)
        assert "20.01 % are taken off a line" in beyond.act.why

    def test_is_placed_in_both_names_once_another_approves(
        self, acme: Account, mina: User, tom: User
    ) -> None:
        ActRule.objects.create(kind="order")
        plan = an_offer("10", kind="plan", period="month", tokens=[monthly("300")])
        asked = by_hand(acme, mina, a_line(plan, "2")).act
        assert (asked.is_waiting, Order.objects.filter(account=acme).exists()) == (True, False)

        with pytest.raises(OwnAct):
            hand_acts.approve(act_id=asked.pk, user=mina)
        with pytest.raises(IntegrityError), transaction.atomic():
            HandAct.objects.filter(pk=asked.pk).update(
                state="approved", decided_by=mina, decided_at=asked.asked_at
            )
        hand_acts.approve(act_id=asked.pk, user=tom)

        version = OrderVersion.objects.get(account=acme)
        assert (left(acme), version.placed_by) == (
            [600],
            f"{mina.username}, approved by {tom.username}",
        )
        assert auditing.findings(["act_of_an_order_is_its_version", "act_has_its_effect"]) == ()

    def test_that_could_not_be_placed_is_refused_and_asks_nobody(self, acme: Account, mina: User) -> None:
        ActRule.objects.create(kind="order")
        Account.objects.filter(pk=acme.pk).update(state="closed")

        with pytest.raises(AccountClosed):
            by_hand(acme, mina, a_line(an_offer(tokens=[bought("500")])))

        assert not HandAct.objects.filter(account=acme).exists()


class TestCancelling:
    def test_waits_by_what_is_left_and_is_refused_where_another_version_came(
        self, acme: Account, mina: User, tom: User
    ) -> None:
        pack, name = an_offer("100", tokens=[bought("500")]), named("desk")
        by_hand(acme, mina, a_line(pack), external_id=name)
        ActRule.objects.create(kind="cancel", limit=499)

        ended = {"external_id": name, "version": 2, "state": CANCELLED}
        asked = by_hand(acme, mina, a_line(pack), **ended).act
        assert (asked.is_waiting, asked.tokens, left(acme)) == (True, 500, [500])
        by_hand(acme, tom, a_line(pack, "2"), external_id=name, version=3)

        with pytest.raises(Conflict):
            hand_acts.approve(act_id=asked.pk, user=tom)
        assert HandAct.objects.get(pk=asked.pk).is_waiting


@pytest.mark.committed
class TestAtOnce:
    def test_passes_no_limit_however_many_come(self, committed_database: None) -> None:
        accounts, person = [an_account() for _ in range(3)], User.objects.create(username=named("person"))
        pack: Offer = an_offer("100", tokens=[bought("500")])
        rule = ActRule.objects.create(kind="order", limit=500)
        try:
            done = together([partial(by_hand, each, person, a_line(pack)) for each in accounts])
        finally:
            ActRule.objects.filter(pk=rule.pk).update(is_active=False)

        assert sorted(each.act.state for each in done) == ["done", "waiting", "waiting"]
        assert sum((sum(left(each)) for each in accounts), Decimal(0)) == 500
