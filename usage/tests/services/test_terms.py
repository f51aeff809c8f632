"""Enrolment, dated terms and policies."""

from datetime import timedelta
from decimal import Decimal
from threading import Event, Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from config.kernel.errors import Conflict, InvalidRequest, Unavailable
from pricing.errors import UnknownTable
from usage.models import Policy, Standing, Terms
from usage.queries.terms import table_at
from usage.rules.enrolment import Enrolment, PolicyChoice
from usage.services import terms
from usage.services.authors import Author
from usage.services.terms import Enrolled
from usage.tests.made import (
    AUTHOR,
    DAY,
    UNLIMITED,
    Shop,
    a_grant,
    a_segment,
    an_account,
    clock,
    named,
    together,
    up_to,
)
from wallets.models import Account, Wallet

INSTANT = timedelta(microseconds=1)


def enrol(reference: str, author: Author = AUTHOR, now: Any = None, **asked: Any) -> Enrolled:
    return terms.enrol(reference=reference, asked=Enrolment(**asked), author=author, now=now)


@pytest.mark.django_db
class TestEnrol:
    def test_makes_an_account_with_a_wallet_in_the_default_unit(self) -> None:
        reference = named("acme")

        done = enrol(reference)

        wallet = Wallet.objects.get(account__reference=reference)
        assert done.is_new
        assert {name: done.answer[name] for name in list(done.answer)[:-1]} == {
            "account": reference,
            "name": "",
            "state": "active",
            "rate_table": None,
            "segment": None,
            "scheduled": [],
            "time_zone": "UTC",
            "parent": None,
            "external_ids": {},
            "policy": {"mode": "block"},
            "entitlements": "portfolio",
        }
        assert (wallet.unit.is_default, wallet.balance, wallet.floor) == (True, 0, 0)

    def test_leaves_what_is_absent_and_resets_what_is_null(self) -> None:
        reference = named("acme")
        enrol(
            reference,
            name="Acme",
            time_zone="Europe/Berlin",
            external_ids={"crm": "1"},
            state="suspended",
            policy=up_to("5"),
        )

        kept = enrol(reference, name="Acme Ltd").answer
        reset = enrol(reference, name=None, time_zone=None, external_ids=None, state=None, policy=None).answer

        assert (kept["name"], kept["time_zone"], kept["external_ids"], kept["state"], kept["policy"]) == (
            "Acme Ltd",
            "Europe/Berlin",
            {"crm": "1"},
            "suspended",
            {"mode": "overage", "limit": "5.000000"},
        )
        assert (
            reset["name"],
            reset["time_zone"],
            reset["external_ids"],
            reset["state"],
            reset["policy"],
        ) == (
            "",
            "UTC",
            {},
            "active",
            {"mode": "block"},
        )

    def test_writes_nothing_where_nothing_changes(self) -> None:
        shop = Shop()
        account = shop.an_account(name="Acme", policy=up_to("5"))

        again = enrol(account.reference, name="Acme", policy=up_to("5.000000"), rate_table=shop.table.code)

        assert not again.is_new
        assert account.history.count() == 1
        assert Terms.objects.filter(account=account).count() == 1
        assert Policy.objects.filter(account=account).count() == 1

    def test_remembers_who_changed_what_and_why(self) -> None:
        mina = User.objects.create(username="mina-terms")
        account = an_account()

        enrol(account.reference, Author("mina-terms", "Unpaid.", mina), state="suspended", policy=UNLIMITED)

        change = account.history.latest()
        assert (change.state, change.history_user, change.history_change_reason) == (
            "suspended",
            mina,
            "Unpaid.",
        )
        assert Policy.objects.filter(account=account).values_list("set_by", "reason").get() == (
            "mina-terms",
            "Unpaid.",
        )

    @pytest.mark.parametrize(
        ("asked", "pointer"),
        [
            ({"time_zone": "Mars/Olympus"}, "/time_zone"),
            ({"time_zone": "../etc/passwd"}, "/time_zone"),
            ({"state": "gone"}, "/state"),
            ({"policy": PolicyChoice("ladder")}, "/policy/mode"),
            ({"policy": PolicyChoice("block", Decimal(5))}, "/policy/limit"),
            ({"policy": PolicyChoice("overage", Decimal(-1))}, "/policy/limit"),
        ],
    )
    def test_refuses_what_no_account_can_be(self, asked: dict[str, Any], pointer: str) -> None:
        reference = named("acme")

        with pytest.raises(InvalidRequest) as refusal:
            enrol(reference, **asked)

        assert [fault.pointer for fault in refusal.value.errors] == [pointer]
        assert not Account.objects.filter(reference=reference).exists()

    def test_suspends_closes_and_reopens(self) -> None:
        shop = Shop()
        account = shop.an_account()
        a_grant(account)

        states = [
            enrol(account.reference, state=each).answer["state"] for each in ("suspended", "closed", "active")
        ]

        assert states == ["suspended", "closed", "active"]
        assert shop.debit(account, "1").tokens == 1


@pytest.mark.django_db
class TestRateTableOfAnAccount:
    def test_holds_for_all_the_past_of_a_new_account(self) -> None:
        shop = Shop()

        account = shop.an_account()

        assert table_at(account.pk, clock() - 34 * DAY) == shop.table
        assert Terms.objects.get(account=account).effective_from is None

    def test_holds_from_now_on_where_it_is_new(self) -> None:
        shop, now = Shop(), clock()
        dearer = shop.a_table(tokens="3", since=now - 30 * DAY)
        account = shop.an_account(now - 20 * DAY)
        a_grant(account, now=now - 20 * DAY)
        enrol(account.reference, now=now - 10 * DAY, rate_table=dearer.code)

        before = shop.debit(account, "1", at=now - 10 * DAY - INSTANT)
        after = shop.debit(account, "1", at=now - 10 * DAY)

        assert (before.tokens, after.tokens) == (1, 3)

    def test_raises_the_revision_whenever_it_changes(self) -> None:
        shop = Shop()
        account = an_account()
        revisions = [Standing.objects.filter(account=account).values_list("revision", flat=True).first()]

        for code in (shop.table.code, shop.table.code, None):
            enrol(account.reference, rate_table=code)
            revisions.append(Standing.objects.get(account=account).revision)

        assert revisions == [None, 1, 1, 2]

    def test_has_to_exist(self) -> None:
        reference = named("acme")

        with pytest.raises(UnknownTable) as refusal:
            enrol(reference, rate_table="no-such-table")

        assert [fault.pointer for fault in refusal.value.errors] == ["/rate_table"]
        assert not Account.objects.filter(reference=reference).exists()


@pytest.mark.committed
class TestRaces:
    def test_sixteen_enrolments_at_once_make_one_account(self) -> None:
        reference = named("acme")

        answers = together([lambda: enrol(reference, name="Acme", policy=up_to("5"))] * 16)

        assert len(answers) == 16
        assert [done.is_new for done in answers].count(True) == 1
        account = Account.objects.get(reference=reference)
        assert account.wallets.get().floor == -5
        assert Policy.objects.filter(account=account).count() == 1

    def test_two_parents_at_once_never_close_a_circle(self) -> None:
        for _ in range(5):
            one, other = an_account(), an_account()
            pairs = [(one, other), (other, one)]

            answers = together([lambda pair=pair: _attach(*pair) for pair in pairs])

            assert sorted(answers) == ["conflict", "done"]

    @pytest.mark.parametrize(("turn", "asked"), [(7102, "segment"), (7103, "parent")])
    def test_who_waits_too_long_for_a_turn_is_told_to_try_again(self, turn: int, asked: str) -> None:
        account = an_account()
        wanted = {
            "segment": a_segment().code,
            "parent": an_account().reference,
        }
        is_taken, is_over = Event(), Event()

        def take_the_turn() -> None:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [turn])
                is_taken.set()
                is_over.wait(20)
            connection.close()

        taking = Thread(target=take_the_turn)
        taking.start()
        assert is_taken.wait(20)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        try:
            with pytest.raises(Unavailable, match="nothing was done, try again"):
                enrol(account.reference, name="Acme", **{asked: wanted[asked]})
        finally:
            is_over.set()
            taking.join()
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")

        assert Account.objects.get(pk=account.pk).name == ""
        assert enrol(account.reference, **{asked: wanted[asked]}).answer[asked] == wanted[asked]

    def test_a_debit_after_a_change_of_terms_is_at_the_new_price(self) -> None:
        shop = Shop()
        dearer = shop.a_table(tokens="3")
        account = shop.an_account()
        a_grant(account, "1000")
        shop.debit(account, "1")

        charged = []
        for code in (dearer.code, shop.table.code, dearer.code):
            enrol(account.reference, rate_table=code)
            charged.append(shop.debit(account, "1").tokens)

        assert charged == [3, 1, 3]


def _attach(account: Account, parent: Account) -> str:
    try:
        enrol(account.reference, parent=parent.reference)
    except Conflict:
        return "conflict"
    return "done"
