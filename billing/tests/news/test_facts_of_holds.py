"""A hold whose end came before it was settled is told once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing.tests.news.made import data_of, kinds_told, told_about
from usage.tests.held import a_hold, attempted, capture, release
from usage.tests.made import HOUR, Shop, a_grant, clock, up_to
from usage.tests.services.test_allowances import an_allowance
from wallets.models import Hold
from wallets.services import ledger, sweeping

MINUTE = timedelta(minutes=1)


class TestHoldsThatExpire:
    @pytest.mark.parametrize("by", ["sweep", "debit", "capture", "release", "read"])
    def test_are_told_once_whoever_notices_the_end(self, shop: Shop, by: str) -> None:
        acme, now = shop.an_account(), clock()
        a_grant(acme, "20", now=now - HOUR)
        hold = a_hold(shop, acme, "7", now=now - HOUR, expires_in=600)
        told_before = told_about(acme)

        {
            "sweep": lambda: sweeping.expire_holds_due(now - 40 * MINUTE),
            "debit": lambda: shop.debit(acme, "2"),
            "capture": lambda: attempted(lambda: capture(shop, hold, "7")),
            "release": lambda: release(shop, hold),
            "read": lambda: sweeping.settle_if_due(acme.pk),
        }[by]()
        ended = Hold.objects.get(pk=hold.id)

        for _ in range(2):
            (told,) = [each for each in told_about(acme) if each not in told_before]
        assert (told.kind, told.fact, told.occurred_at) == ("hold.expired", str(hold.id), ended.ended_at)
        assert told.data == {
            "account": acme.reference,
            "hold": str(hold.id),
            "token": "AIT",
            "tokens": "7.000000",
            "lapsed": "0.000000",
            "overage": "0.000000",
            "expires_at": f"{ended.expires_at:%Y-%m-%dT%H:%M:%S.%f}Z",
        }

    def test_tell_what_was_left_what_lapsed_and_the_room_that_was_kept(self, shop: Shop) -> None:
        acme, now = shop.an_account(policy=up_to("50")), clock()
        a_grant(acme, "5", now=now - HOUR, expires_at=now - 58 * MINUTE)
        a_grant(acme, "10", now=now - HOUR)
        hold = a_hold(shop, acme, "21", now=now - HOUR, expires_in=600)
        capture(shop, hold, "3", is_final=False, now=now - 59 * MINUTE)
        ledger.settle(account_id=acme.pk)

        told = data_of(acme, "hold.expired")

        assert (told["tokens"], told["lapsed"], told["overage"]) == ("12.000000", "2.000000", "6.000000")
        assert data_of(acme, "grant.expired")["cause"] == "hold"

    def test_are_told_though_steps_charged_all_that_they_kept(self, shop: Shop) -> None:
        acme, now = shop.an_account(policy=up_to("5")), clock()
        a_grant(acme, "4", now=now - HOUR)
        spent = a_hold(shop, acme, "7", now=now - HOUR, expires_in=600)
        capture(shop, spent, "7", is_final=False, now=now - 59 * MINUTE)
        ledger.settle(account_id=acme.pk)

        told = data_of(acme, "hold.expired")

        assert Hold.objects.get(pk=spent.id).state == "expired"
        assert kinds_told(acme).count("hold.expired") == 1
        assert [told[name] for name in ("tokens", "lapsed", "overage")] == ["0.000000"] * 3

    def test_are_told_though_allowances_cover_them(self, shop: Shop) -> None:
        acme, now = shop.an_account(), clock()
        an_allowance(acme, shop.chat, now=now - HOUR)
        hold = a_hold(shop, acme, "60", now=now - HOUR, expires_in=600)
        sweeping.expire_holds_due(now - 40 * MINUTE)
        ledger.settle(account_id=acme.pk)

        told = data_of(acme, "hold.expired")

        assert kinds_told(acme).count("hold.expired") == 1
        assert (told["hold"], told["tokens"], told["overage"]) == (str(hold.id), "0.000000", "0.000000")

    def test_are_not_told_of_holds_that_were_settled_in_time(self, shop: Shop) -> None:
        acme = shop.an_account()
        a_grant(acme, "20")
        capture(shop, a_hold(shop, acme, "7"), "5")
        release(shop, a_hold(shop, acme, "7"))

        assert kinds_told(acme) == ["grant.created"]
