from __future__ import annotations

from decimal import Decimal

import pytest

from config.kernel.errors import Conflict
from usage.errors import BackfillClosed, BackfillEmpty, BackfillNotApproved
from usage.models import Backfill, BackfillEvent, Debit, Reversal
from usage.queries import backfills
from usage.rules.enrolment import Enrolment
from usage.rules.events import SentEvent
from usage.services import backfilling, terms, waiting
from usage.tests.made import AUTHOR, DAY, UNLIMITED, Shop, a_grant, clock, ledger_of, named
from usage.tests.reported import an_event, debit_of, rate, reason_of, report, the_event, the_place
from wallets.models import Wallet
from wallets.services import ledger

pytestmark = pytest.mark.django_db

OLD = 60 * DAY


@pytest.fixture
def shop() -> Shop:
    return Shop(since=clock() - 100 * DAY)


@pytest.fixture
def backfill() -> Backfill:
    return backfilling.open_backfill(reason="The meter in Lyon was cut off in spring.", by="mina")


def gather(backfill: Backfill, shop: Shop, *events: SentEvent) -> int:
    taken = backfilling.take_events(
        backfill=backfill, events=events, product_id=shop.product.pk, api_key_id=shop.key.pk
    )
    return taken.accepted


def old(shop: Shop, quantity: str = "10", **more: object) -> SentEvent:
    """Usage of two months ago."""
    return an_event(shop, more.pop("account", None) or shop.an_account(policy=UNLIMITED), quantity,
                    at=clock() - OLD, **more)  # fmt: skip


class TestTakeWhatIsTooOld:
    def test_gathers_by_account_and_time_of_usage(self, shop: Shop, backfill: Backfill) -> None:
        one, other = old(shop), old(shop)
        report(shop, one, other)
        rate()
        bounds = {"since": clock() - OLD - DAY, "until": clock() - OLD + DAY}

        assert backfilling.take_what_is_too_old(backfill=backfill, account=one.account, **bounds) == 1
        outside = {"since": clock() - OLD + DAY, "until": clock()}
        assert backfilling.take_what_is_too_old(backfill=backfill, account=other.account, **outside) == 0

        assert [reason_of(each) for each in (one, other)] == ["backfill", "too_old"]
        assert the_place(one).backfill_id == backfill.pk

    def test_takes_nothing_else_that_waits(self, shop: Shop, backfill: Backfill) -> None:
        unknown = an_event(shop, named("nobody"))
        report(shop, unknown)
        rate()

        taken = backfilling.take_what_is_too_old(
            backfill=backfill, account=unknown.account, since=None, until=None
        )

        assert (taken, reason_of(unknown)) == (0, "unknown_account")


class TestTakeEvents:
    def test_keeps_young_usage_too_until_somebody_approves(self, shop: Shop, backfill: Backfill) -> None:
        young = an_event(shop, shop.an_account(policy=UNLIMITED), at=clock() - DAY)

        assert gather(backfill, shop, young, old(shop)) == 2

        rate()
        assert (reason_of(young), debit_of(young)) == ("backfill", None)
        assert waiting.again([the_event(young).pk]) == 0

    def test_leaves_alone_what_came_otherwise(self, shop: Shop, backfill: Backfill) -> None:
        came = an_event(shop, shop.an_account())
        report(shop, came)

        taken = backfilling.take_events(
            backfill=backfill, events=[came, old(shop)], product_id=shop.product.pk, api_key_id=shop.key.pk
        )

        assert (taken.accepted, taken.duplicates, taken.taken) == (1, 1, [1])
        assert reason_of(came) == ""

    def test_sums_up_what_was_gathered(self, shop: Shop, backfill: Backfill) -> None:
        account = shop.an_account()
        gather(backfill, shop, old(shop, "2", account=account), old(shop, "3", account=account), old(shop))

        count, lines = backfills.gathered(backfill.pk)

        assert count == 3
        assert (lines[0].account, lines[0].feature, lines[0].events, lines[0].quantity) == (
            account.reference, shop.chat, 2, 5,
        )  # fmt: skip

    def test_refuses_what_is_closed(self, shop: Shop, backfill: Backfill) -> None:
        backfilling.discard(backfill=backfill, by="tom")

        with pytest.raises(BackfillClosed):
            gather(backfill, shop, old(shop))


class TestApprove:
    def test_lets_all_of_it_be_booked_at_the_rate_of_its_time(self, shop: Shop, backfill: Backfill) -> None:
        first, second = old(shop, "10"), old(shop, "3")
        gather(backfill, shop, first, second)

        assert backfilling.approve(backfill=backfill, by="tom") == 2
        rate()

        assert [debit_of(each).tokens for each in (first, second)] == [10, 3]
        assert debit_of(first).occurred_at == first.occurred_at
        assert BackfillEvent.objects.filter(backfill=backfill).count() == 2
        found = Backfill.objects.get(pk=backfill.pk)
        assert (found.state, found.closed_by, found.opened_by) == ("approved", "tom", "mina")
        told = backfills.progress(backfill.pk)
        assert (told.events, told.booked, told.tokens, told.returned) == (2, 2, 13, 0)

    def test_draws_from_grants_of_that_time_but_not_from_what_expired_long_ago(
        self, shop: Shop, backfill: Backfill
    ) -> None:
        account, now = shop.an_account(now=clock() - 90 * DAY, policy=UNLIMITED), clock()
        a_grant(account, "4", now=now - 80 * DAY, expires_at=now - 40 * DAY)
        a_grant(account, "3", now=now - 80 * DAY)
        ledger.expire(account_id=account.pk)
        sent = an_event(shop, account, "10", at=now - OLD)
        gather(backfill, shop, sent)
        backfilling.approve(backfill=backfill, by="tom")

        rate()

        assert ledger_of(account)[-2:] == [("draw", Decimal(3)), ("overage", Decimal(7))]

    def test_leaves_what_can_not_be_rated_in_the_queue_and_books_it_later(
        self, shop: Shop, backfill: Backfill
    ) -> None:
        reference = named("later")
        sent = an_event(shop, reference, "5", at=clock() - OLD)
        gather(backfill, shop, sent)
        backfilling.approve(backfill=backfill, by="tom")
        rate()
        assert reason_of(sent) == "unknown_account"

        terms.enrol(reference=reference, asked=Enrolment(rate_table=shop.table.code), author=AUTHOR)
        waiting.revive()
        rate()

        assert debit_of(sent).tokens == 5

    def test_happens_once_and_of_something(self, shop: Shop, backfill: Backfill) -> None:
        with pytest.raises(BackfillEmpty):
            backfilling.approve(backfill=backfill, by="tom")
        gather(backfill, shop, old(shop))
        backfilling.approve(backfill=backfill, by="tom")
        with pytest.raises(BackfillClosed):
            backfilling.approve(backfill=backfill, by="tom")


class TestDiscard:
    def test_books_nothing_and_lets_its_events_into_another(self, shop: Shop, backfill: Backfill) -> None:
        sent = old(shop)
        gather(backfill, shop, sent)

        assert backfilling.discard(backfill=backfill, by="tom") == 1
        rate()

        assert (reason_of(sent), debit_of(sent)) == ("discarded", None)
        other = backfilling.open_backfill(reason="Once more.", by="mina")
        assert backfilling.take_what_is_too_old(
            backfill=other, account=sent.account, since=None, until=None
        ) == 1  # fmt: skip
        with pytest.raises(BackfillClosed):
            backfilling.discard(backfill=backfill, by="tom")


class TestRevert:
    def test_gives_back_every_debit_and_books_no_more(self, shop: Shop, backfill: Backfill) -> None:
        account = shop.an_account(policy=UNLIMITED)
        booked = old(shop, "10", account=account)
        lost = an_event(shop, named("nobody"), at=clock() - OLD)
        gather(backfill, shop, booked, lost)
        backfilling.approve(backfill=backfill, by="tom")
        rate()
        assert Wallet.objects.get(account=account).overage == 10

        backfilling.revert(backfill=backfill, by="tom", reason="The file was of another year.")
        assert backfilling.work_on_reverts(60) is False

        assert Wallet.objects.get(account=account).overage == 0
        reversal = Reversal.objects.get(debit=debit_of(booked))
        assert (reversal.tokens, reversal.recorded_by) == (10, "tom")
        assert reversal.reason == f"Backfill {backfill.pk} was taken back: The file was of another year."
        assert Backfill.objects.get(pk=backfill.pk).state == "reverted"
        assert (reason_of(booked), reason_of(lost)) == (None, "discarded")
        assert backfills.progress(backfill.pk).returned == 1

    def test_goes_on_where_a_worker_stopped_and_gives_back_no_more_than_is_left(
        self, shop: Shop, backfill: Backfill
    ) -> None:
        account = shop.an_account(policy=UNLIMITED)
        sent = [old(shop, str(n), account=account) for n in (1, 2, 3)]
        gather(backfill, shop, *sent)
        backfilling.approve(backfill=backfill, by="tom")
        rate()
        backfilling.revert(backfill=backfill, by="tom", reason="Wrong.")

        assert backfilling.work_on_reverts(0) is True
        assert Reversal.objects.filter(account=account).count() == 1
        while backfilling.work_on_reverts(60):
            pass
        assert backfilling.work_on_reverts(60) is False

        assert Reversal.objects.filter(account=account).count() == 3
        assert Wallet.objects.get(account=account).balance == 0

    def test_stops_what_waits_for_its_turn(self, shop: Shop, backfill: Backfill) -> None:
        sent = old(shop)
        gather(backfill, shop, sent)
        backfilling.approve(backfill=backfill, by="tom")

        backfilling.revert(backfill=backfill, by="tom", reason="Wrong.")
        rate()

        assert (reason_of(sent), Debit.objects.filter(account__reference=sent.account).count()) == (
            "backfill",
            0,
        )

    def test_is_of_what_was_approved_and_once(self, shop: Shop, backfill: Backfill) -> None:
        with pytest.raises(BackfillNotApproved):
            backfilling.revert(backfill=backfill, by="tom", reason="Wrong.")
        gather(backfill, shop, old(shop))
        backfilling.approve(backfill=backfill, by="tom")
        backfilling.revert(backfill=backfill, by="tom", reason="Wrong.")
        with pytest.raises(Conflict):
            backfilling.revert(backfill=backfill, by="tom", reason="Wrong.")
