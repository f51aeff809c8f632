"""Acts at the desk: alone within a limit, beyond it by two."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, transaction

from billing.errors import ActDecided, OwnAct
from billing.models import ActRule, HandAct
from billing.queries.hand_acts import waiting
from billing.rules.hand_acts import ActLimit, needs_second, read, written
from billing.services import auditing, hand_acts
from billing.tests.trying import a_seller as a_person
from config.kernel.errors import Conflict, IdempotencyKeyReused, InvalidRequest
from usage.errors import MoreThanLeft, PeriodClosed
from usage.models import Reversal
from usage.rules.grants import GrantOrder
from usage.services import books
from usage.tests.held import a_hold
from usage.tests.made import DAY, Shop, a_grant, an_account, clock, named, together
from wallets.errors import AccountClosed, NothingLeft
from wallets.models import Account, Grant

ORDER = GrantOrder("adjustment", Decimal(60), reason="The meter was wrong.")


@pytest.fixture
def mina(db: None) -> User:
    return a_person()


@pytest.fixture
def tom(db: None) -> User:
    return a_person()


@pytest.fixture
def account(db: None) -> Account:
    return an_account()


def hand_out(account: Account, user: User, tokens: int = 60, **more: Any) -> hand_acts.Acted:
    order = GrantOrder("adjustment", Decimal(tokens), reason="The meter was wrong.", **more)
    return hand_acts.grant(reference=account.reference, order=order, form_token=named("form"), user=user)


def balance(account: Account) -> Decimal:
    return sum((grant.remaining for grant in Grant.objects.filter(account=account)), Decimal(0))


class TestNeedsSecond:
    def test_nobody_where_no_rule_is(self) -> None:
        assert needs_second([], Decimal(10**9), Decimal(10**9)) == ""

    def test_beyond_the_strictest_limit_what_was_moved_before_included(self) -> None:
        limits = [ActLimit(Decimal(100)), ActLimit(Decimal(500))]

        assert needs_second(limits, Decimal(40), Decimal(60)) == ""
        assert "may move 100 a day" in needs_second(limits, Decimal(41), Decimal(60))

    def test_always_where_a_rule_says_so(self) -> None:
        assert "always" in needs_second([ActLimit(None), ActLimit(Decimal(5))], Decimal(0), Decimal(1))


class TestWritten:
    def test_is_read_as_it_was(self) -> None:
        order = GrantOrder(
            "purchase",
            Decimal("0.000001"),
            token="AIT",
            effective_at=datetime(2026, 11, 26, 12, tzinfo=UTC),
            features=("chat.*",),
            unit_cost=Decimal("0.000000000001"),
            currency="USD",
            reason="Order 7",
            external_id="o-7",
        )

        assert read(written(order)) == order


class TestAlone:
    def test_is_done_at_once_where_no_rule_asks(self, account: Account, mina: User) -> None:
        done = hand_out(account, mina)

        assert (done.act.state, balance(account)) == ("done", 60)
        assert Grant.objects.get(pk=done.act.grant_id).created_by == mina.username

    def test_is_done_within_the_limit_of_a_day(self, account: Account, mina: User, tom: User) -> None:
        ActRule.objects.create(kind="adjustment", limit=100)
        ActRule.objects.create(kind="void", limit=None)
        ActRule.objects.create(kind="adjustment", limit=None, is_active=False)

        assert not hand_out(account, mina, 60).is_waiting
        assert not hand_out(account, mina, 40).is_waiting
        assert hand_out(account, mina, 1).is_waiting
        assert not hand_out(account, tom, 100).is_waiting
        assert balance(account) == 200

    def test_counts_again_after_a_day(self, account: Account, mina: User) -> None:
        ActRule.objects.create(kind="adjustment", limit=100)
        earlier = hand_out(account, mina, 100).act
        HandAct.objects.bulk_create(
            [
                HandAct(
                    account=account,
                    kind="adjustment",
                    unit="AIT",
                    tokens=100,
                    reason="Long ago.",
                    key=named("form"),
                    fingerprint=b"",
                    state="done",
                    asked_by=mina,
                    asked_at=earlier.asked_at - DAY,
                )
            ]
        )

        assert "and 100 were moved" in hand_out(account, mina, 1).act.why

    def test_sent_twice_is_one_act(self, account: Account, mina: User) -> None:
        sent = {"reference": account.reference, "form_token": named("form"), "user": mina}
        first = hand_acts.grant(order=ORDER, **sent)
        again = hand_acts.grant(order=ORDER, **sent)

        assert (again.is_replay, again.act, balance(account)) == (True, first.act, 60)
        with pytest.raises(IdempotencyKeyReused):
            hand_acts.grant(order=GrantOrder("promo", Decimal(1), reason="Other."), **sent)


class TestByTwo:
    @pytest.fixture
    def asked(self, account: Account, mina: User) -> HandAct:
        ActRule.objects.create(kind="adjustment", limit=50)
        act = hand_out(account, mina).act
        assert (act.is_waiting, balance(account), list(waiting())) == (True, 0, [act])
        return act

    def test_is_done_in_both_names_once_another_approves(
        self, account: Account, asked: HandAct, mina: User, tom: User
    ) -> None:
        done = hand_acts.approve(act_id=asked.pk, user=tom)

        grant = Grant.objects.get(account=account)
        assert (done.state, done.grant_id, grant.remaining) == ("approved", grant.pk, 60)
        assert grant.created_by == f"{mina.username}, approved by {tom.username}"
        assert not waiting()
        with pytest.raises(ActDecided):
            hand_acts.approve(act_id=asked.pk, user=tom)
        assert not hand_out(account, mina, 50).is_waiting

    def test_is_not_approved_by_whoever_asked(self, account: Account, asked: HandAct, mina: User) -> None:
        with pytest.raises(OwnAct):
            hand_acts.approve(act_id=asked.pk, user=mina)
        with pytest.raises(OwnAct):
            hand_acts.decline(act_id=asked.pk, user=mina, reason="Mine.")

        assert balance(account) == 0

    def test_is_by_two_in_the_database_as_well(self, asked: HandAct, mina: User, tom: User) -> None:
        rows, now = HandAct.objects.filter(pk=asked.pk), clock()

        for wrong in (
            {"state": "approved", "decided_by": mina, "decided_at": now},
            {"state": "approved", "decided_by": tom, "decided_at": now, "tokens": 61},
            {"state": "approved", "decided_by": tom, "decided_at": now, "asked_by": tom},
            {"state": "done"},
            {"tokens": 1},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(**wrong)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()

    def test_is_declined_with_a_reason_and_moves_nothing(
        self, account: Account, asked: HandAct, tom: User
    ) -> None:
        with pytest.raises(InvalidRequest):
            hand_acts.decline(act_id=asked.pk, user=tom, reason=" ")

        declined = hand_acts.decline(act_id=asked.pk, user=tom, reason="Not ours.")

        assert (declined.state, declined.decision, balance(account)) == ("declined", "Not ours.", 0)

    def test_goes_on_waiting_where_it_can_not_be_done_now(
        self, account: Account, asked: HandAct, tom: User
    ) -> None:
        Account.objects.filter(pk=account.pk).update(state="closed")

        with pytest.raises(AccountClosed):
            hand_acts.approve(act_id=asked.pk, user=tom)

        assert HandAct.objects.get(pk=asked.pk).is_waiting

    def test_is_refused_where_its_books_were_closed_meanwhile(
        self, account: Account, mina: User, tom: User
    ) -> None:
        ActRule.objects.create(kind="adjustment", limit=None)
        act = hand_out(account, mina, effective_at=clock() - 2 * DAY).act
        books.close_books(until=clock() - DAY, by="tom")

        with pytest.raises(PeriodClosed):
            hand_acts.approve(act_id=act.pk, user=tom)
        with pytest.raises(PeriodClosed):
            hand_out(account, mina, effective_at=clock() - 2 * DAY)


class TestTakingBack:
    def test_waits_where_it_takes_more_than_one_may_alone(
        self, account: Account, mina: User, tom: User
    ) -> None:
        ActRule.objects.create(kind="void", limit=50)
        grant = a_grant(account, "80", kind="purchase")

        asked = hand_acts.void(grant_id=grant.pk, reason="Refund", form_token=named("form"), user=mina)
        assert (asked.is_waiting, asked.act.tokens, balance(account)) == (True, 80, 80)

        hand_acts.approve(act_id=asked.act.pk, user=tom)
        assert balance(account) == 0

    def test_counts_what_holds_keep_too(self, mina: User) -> None:
        shop = Shop()
        account = shop.an_account()
        grant = a_grant(account, "80")
        a_hold(shop, account, "70")
        ActRule.objects.create(kind="void", limit=50)

        asked = hand_acts.void(grant_id=grant.pk, reason="Refund", form_token=named("form"), user=mina)

        assert (asked.is_waiting, balance(account)) == (True, 80)

    def test_of_nothing_is_refused(self, account: Account, mina: User) -> None:
        grant = a_grant(account, "80")
        sent = {"grant_id": grant.pk, "reason": "Refund", "user": mina}
        hand_acts.void(form_token=named("form"), **sent)

        with pytest.raises(NothingLeft):
            hand_acts.void(form_token=named("form"), **sent)

    def test_takes_no_more_than_was_asked_for(self, mina: User, tom: User) -> None:
        shop = Shop()
        account = shop.an_account()
        grant = a_grant(account, "80")
        debit = shop.debit(account, "30")
        ActRule.objects.create(kind="void", limit=None)
        asked = hand_acts.void(grant_id=grant.pk, reason="Refund", form_token=named("form"), user=mina)
        hand_acts.reverse(debit_id=debit.id, tokens=None, reason="Twice", form_token=named("form"), user=mina)
        with pytest.raises(Conflict):
            hand_acts.approve(act_id=asked.act.pk, user=tom)
        shop.debit(account, "40")
        hand_acts.approve(act_id=asked.act.pk, user=tom)

        grant.refresh_from_db()
        assert (asked.act.tokens, grant.voided, grant.remaining) == (50, 40, 0)


class TestReversing:
    def test_gives_back_at_once_within_the_limit_and_by_two_beyond_it(self, mina: User, tom: User) -> None:
        ActRule.objects.create(kind="reversal", limit=10)
        shop = Shop()
        account = shop.an_account()
        a_grant(account, "100")
        debit = shop.debit(account, "30")
        sent = {"debit_id": debit.id, "reason": "Twice", "user": mina}

        part = hand_acts.reverse(tokens=Decimal(10), form_token=named("form"), **sent)
        assert (part.act.state, balance(account)) == ("done", 80)
        rest = hand_acts.reverse(tokens=None, form_token=named("form"), **sent)
        assert (rest.is_waiting, rest.act.tokens, balance(account)) == (True, 20, 80)
        with pytest.raises(MoreThanLeft):
            hand_acts.reverse(tokens=Decimal(21), form_token=named("form"), **sent)

        hand_acts.approve(act_id=rest.act.pk, user=tom)
        assert balance(account) == 100
        assert [row.recorded_by for row in Reversal.objects.filter(account=account).order_by("id")] == [
            mina.username,
            f"{mina.username}, approved by {tom.username}",
        ]
        assert auditing.findings(["act_has_its_effect", "act_was_decided_by_another"]) == ()


@pytest.mark.committed
class TestSplitUp:
    def test_passes_no_limit_however_many_come_at_once(self, committed_database: None) -> None:
        accounts, person = [an_account() for _ in range(4)], a_person()
        rule = ActRule.objects.create(kind="adjustment", limit=100)
        try:
            done = together([partial(hand_out, each, person, 60) for each in accounts])
        finally:
            ActRule.objects.filter(pk=rule.pk).update(is_active=False)

        assert sorted(each.act.state for each in done) == ["done", "waiting", "waiting", "waiting"]
        assert sum(map(balance, accounts)) == 60
