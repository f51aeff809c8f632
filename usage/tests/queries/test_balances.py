"""Balances: what can be spent, split and limited, now and as it was at any past instant."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.kernel.errors import InvalidRequest, NotFound
from usage.queries.balances import balance
from usage.rules.enrolment import Enrolment
from usage.services import granting, terms
from usage.services.reversing import reverse
from usage.tests.made import (
    AUTHOR,
    BLOCK,
    DAY,
    HOUR,
    UNLIMITED,
    Shop,
    a_call,
    a_grant,
    a_reversal,
    an_account,
    clock,
    named,
    up_to,
)
from wallets.errors import UnitMissing
from wallets.models import Account, Entry, TokenUnit
from wallets.services import ledger

pytestmark = pytest.mark.django_db


def figures(account: Account, as_of: datetime | None = None) -> tuple[str, str, dict[str, str]]:
    told = balance(account.reference, as_of=as_of)
    return told["available"], told["overage"], told["by_kind"]


class TestBalance:
    def test_tells_what_is_available_by_kind_and_what_lapses_next(self) -> None:
        account, now = an_account(), clock()
        a_grant(account, "100", expires_at=now + 10 * DAY)
        a_grant(account, "50", kind="purchase")
        a_grant(account, "7", expires_at=now + 10 * DAY)
        a_grant(account, "9", effective_at=now + DAY)

        told = balance(account.reference)

        ends = (now + 10 * DAY).isoformat().replace("+00:00", "Z")
        del told["as_of"]
        assert told == {
            "account": account.reference,
            "token": "AIT",
            "available": "157.000000",
            "held": "0.000000",
            "overage": "0.000000",
            "overage_limit": "0.000000",
            "by_kind": {"purchase": "50.000000", "trial": "107.000000"},
            "next_expiry": {"at": ends, "tokens": "107.000000"},
            "policy": {"mode": "block"},
        }

    @pytest.mark.parametrize(
        ("policy", "limit", "shown"),
        [
            (BLOCK, "0.000000", {"mode": "block"}),
            (up_to("12.5"), "12.500000", {"mode": "overage", "limit": "12.500000"}),
            (UNLIMITED, None, {"mode": "overage", "limit": None}),
        ],
    )
    def test_tells_the_policy(self, policy: Any, limit: str | None, shown: dict[str, Any]) -> None:
        told = balance(an_account(policy=policy).reference)

        assert (told["overage_limit"], told["policy"]) == (limit, shown)

    def test_leaves_out_what_has_expired_whether_or_not_a_job_has_swept(self) -> None:
        account, now = an_account(), clock()
        a_grant(account, "100", now=now - 2 * DAY, expires_at=now - DAY)
        a_grant(account, "3")

        before = figures(account)
        ledger.expire(account_id=account.pk)

        assert before == figures(account) == ("3.000000", "0.000000", {"trial": "3.000000"})

    def test_is_of_the_unit_asked_for(self) -> None:
        account = an_account()
        TokenUnit.objects.create(code="GEM", name="Gems")
        a_grant(account, "5", token="GEM")

        assert balance(account.reference, token="GEM")["available"] == "5.000000"
        assert balance(account.reference)["available"] == "0.000000"
        with pytest.raises(UnitMissing):
            balance(account.reference, token="NIL")

    def test_of_an_account_that_never_moved_is_nothing(self) -> None:
        assert figures(an_account()) == ("0.000000", "0.000000", {})

    def test_refuses_an_account_that_does_not_exist(self) -> None:
        with pytest.raises(NotFound):
            balance(named("nobody"))

    def test_takes_as_many_queries_for_many_grants_as_for_one(self) -> None:
        few, many = an_account(policy=UNLIMITED), an_account(policy=UNLIMITED)
        a_grant(few)
        for _ in range(5):
            a_grant(many)

        counted = []
        for account in (few, many):
            for as_of in (None, clock()):
                with CaptureQueriesContext(connection) as queries:
                    balance(account.reference, as_of=as_of)
                counted.append(len(queries))

        assert counted[:2] == counted[2:]
        assert max(counted) <= 6


class TestRepaymentByAGrantThatHasStarted:
    """A purchase made for later repays overage once its start has passed, without anybody having booked it."""

    def owing(self, now: datetime) -> tuple[Shop, Account]:
        shop = Shop()
        account = shop.an_account(now - 10 * DAY, policy=UNLIMITED)
        shop.debit(account, "30", now=now - 5 * DAY)
        a_grant(account, "100", kind="purchase", now=now - 4 * DAY, effective_at=now - 2 * DAY)
        return shop, account

    def test_is_seen_by_a_read_that_writes_nothing(self) -> None:
        now = clock()
        _, account = self.owing(now)
        entries = Entry.objects.filter(account=account).count()

        assert figures(account) == ("70.000000", "0.000000", {"purchase": "70.000000"})
        assert Entry.objects.filter(account=account).count() == entries

    def test_is_the_same_once_it_was_booked(self) -> None:
        now = clock()
        _, account = self.owing(now)
        before = figures(account)

        assert ledger.settle(account_id=account.pk) == 1

        assert figures(account) == before
        assert Entry.objects.get(account=account, kind="repay").amount == 30

    def test_is_told_of_the_past_before_and_after_it_is_booked(self) -> None:
        now = clock()
        _, account = self.owing(now)
        moments = [now - 3 * DAY, now - 2 * DAY, now - DAY]
        expected = [
            ("0.000000", "30.000000", {}),
            ("70.000000", "0.000000", {"purchase": "70.000000"}),
            ("70.000000", "0.000000", {"purchase": "70.000000"}),
        ]

        before = [figures(account, each) for each in moments]
        ledger.settle(account_id=account.pk)

        assert before == expected
        assert [figures(account, each) for each in moments] == expected

    def test_happens_once_and_never_to_overage_that_came_later(self) -> None:
        now = clock()
        shop = Shop()
        account = shop.an_account(now - 10 * DAY, policy=UNLIMITED)
        a_grant(
            account,
            "100",
            kind="purchase",
            features=(shop.image,),
            now=now - 4 * DAY,
            effective_at=now - 3 * DAY,
        )
        shop.debit(account, "30", now=now - 2 * DAY)
        shop.debit(account, "5", features=(shop.image,), now=now - DAY)

        assert figures(account, now - 36 * HOUR) == ("100.000000", "30.000000", {"purchase": "100.000000"})
        assert figures(account) == ("95.000000", "30.000000", {"purchase": "95.000000"})

    def test_keeps_to_the_features_of_the_grant(self) -> None:
        now = clock()
        shop = Shop()
        account = shop.an_account(now - 10 * DAY, policy=UNLIMITED)
        shop.debit(account, "30", "20", features=(shop.chat, shop.image), now=now - 5 * DAY)
        a_grant(
            account,
            "100",
            kind="purchase",
            features=(shop.image,),
            now=now - 4 * DAY,
            effective_at=now - 2 * DAY,
        )

        assert figures(account) == ("80.000000", "30.000000", {"purchase": "80.000000"})
        assert figures(account, now - DAY) == figures(account)

    def test_is_no_matter_of_tokens_that_were_given(self) -> None:
        now = clock()
        shop = Shop()
        account = shop.an_account(now - 10 * DAY, policy=UNLIMITED)
        shop.debit(account, "30", now=now - 5 * DAY)
        a_grant(account, "100", kind="trial", now=now - 4 * DAY, effective_at=now - 2 * DAY)

        assert figures(account) == ("100.000000", "30.000000", {"trial": "100.000000"})


class TestBalanceAsOf:
    def test_follows_every_movement(self) -> None:
        now = clock()
        shop = Shop()
        account = shop.an_account(now - 20 * DAY, policy=up_to("50"))
        a_grant(account, "100", now=now - 19 * DAY, expires_at=now - 10 * DAY)
        shop.debit(account, "30", now=now - 18 * DAY)
        first = shop.debit(account, "90", now=now - 17 * DAY)
        reverse(a_reversal(first, "25", now=now - 16 * DAY))
        gift = a_grant(account, "40", kind="promo", now=now - 15 * DAY)
        granting.void(grant_id=gift.pk, reason="", call=a_call(now=now - 14 * DAY))
        reverse(a_reversal(first, "5", now=now - 9 * DAY))

        expected = [
            (20, "0.000000", "0.000000"),
            (19, "100.000000", "0.000000"),
            (18, "70.000000", "0.000000"),
            (17, "0.000000", "20.000000"),
            (16, "5.000000", "0.000000"),
            (15, "45.000000", "0.000000"),
            (14, "5.000000", "0.000000"),
            (10, "0.000000", "0.000000"),
            (9, "0.000000", "0.000000"),
        ]
        told = [(days, *figures(account, now - days * DAY)[:2]) for days, _, _ in expected]
        assert told == expected

    def test_judges_the_policy_at_that_instant(self) -> None:
        now = clock()
        account = an_account(now - 9 * DAY, policy=up_to("50"))
        asked = Enrolment(policy=UNLIMITED)
        terms.enrol(reference=account.reference, asked=asked, author=AUTHOR, now=now - 5 * DAY)

        limits = [balance(account.reference, as_of=now - n * DAY)["overage_limit"] for n in (9, 6, 5)]

        assert limits == ["50.000000", "50.000000", None]

    def test_refuses_an_instant_at_which_there_was_no_such_account(self) -> None:
        opened_at = clock() - DAY
        account = an_account(now=opened_at)

        with pytest.raises(NotFound, match=f"There was no account {account.reference} then."):
            balance(account.reference, as_of=opened_at - timedelta(microseconds=1))

        assert figures(account, opened_at) == ("0.000000", "0.000000", {})

    def test_includes_the_instant_itself_and_the_start_but_not_the_end_of_a_grant(self) -> None:
        now = clock()
        account = an_account(now - 9 * DAY)
        start, end = now - 7 * DAY, now - 5 * DAY
        a_grant(account, "10", now=now - 8 * DAY, effective_at=start, expires_at=end)
        instant = timedelta(microseconds=1)

        told = [figures(account, each)[0] for each in (start - instant, start, end - instant, end)]

        assert told == ["0.000000", "10.000000", "10.000000", "0.000000"]

    def test_tells_what_lapses_next_as_seen_then(self) -> None:
        now = clock()
        account = an_account(now - 9 * DAY)
        a_grant(account, "10", now=now - 8 * DAY, expires_at=now - 5 * DAY)
        a_grant(account, "20", now=now - 8 * DAY, expires_at=now + DAY)

        then = balance(account.reference, as_of=now - 6 * DAY)["next_expiry"]
        later = balance(account.reference)["next_expiry"]

        assert (then["tokens"], later["tokens"]) == ("10.000000", "20.000000")

    def test_refuses_an_instant_ahead(self) -> None:
        with pytest.raises(InvalidRequest) as refusal:
            balance(an_account().reference, as_of=clock() + HOUR)

        assert [fault.pointer for fault in refusal.value.errors] == ["as_of"]

    def test_agrees_with_the_balance_that_each_debit_was_answered_with(self) -> None:
        now = clock()
        shop = Shop()
        account = shop.an_account(now - 20 * DAY, policy=UNLIMITED)
        a_grant(account, "10", now=now - 19 * DAY)
        a_grant(account, "10", now=now - 19 * DAY, expires_at=now - 16 * DAY)
        receipts = [shop.debit(account, "4", now=now - (18 - n) * DAY) for n in range(6)]

        for receipt in receipts:
            available, overage, _ = figures(account, receipt.recorded_at)
            assert (Decimal(available), Decimal(overage)) == (
                receipt.balance.available,
                receipt.balance.overage,
            )
