"""Holds for the tests of this room, made by the owner as the functions of the app above make them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from config.kernel.database import call
from wallets.models import Account, Hold, HoldEntry, Wallet
from wallets.tests.made import clock


def a_hold(
    account: Account,
    tokens: str,
    *,
    feature: str = "chat",
    lasts: timedelta = timedelta(minutes=15),
    at: datetime | None = None,
    now: datetime | None = None,
) -> Hold:
    """Pin so many tokens, drawn as usage of `at` would be; what no grant pays is room for overage."""
    moment = now or clock()
    wallet = Wallet.objects.get(account=account)
    given = {
        "account": account.pk,
        "wallet": wallet.pk,
        "feature": feature,
        "tokens": Decimal(tokens),
        "at": at or moment,
        "now": moment,
        "until": moment + lasts,
    }
    made = call(
        """SELECT id, wallets_hold_make_v1(%(account)s, %(wallet)s, id, plan, %(until)s, %(now)s) FROM (
               SELECT uuidv7() AS id, wallets_plan_v1(
                   ARRAY(SELECT g FROM wallets_candidates_v1(%(account)s, %(wallet)s, %(at)s, %(now)s, true) AS g),
                   ARRAY[%(feature)s], ARRAY[%(tokens)s]) AS plan) AS planned""",
        given,
    )
    return Hold.objects.get(pk=made.id)


def release(hold: Hold, *, now: datetime | None = None) -> None:
    settle_as(hold, "released", now or clock())


def settle_as(hold: Hold, state: str, now: datetime) -> None:
    """End a hold."""
    given = {"account": hold.account_id, "hold": hold.pk, "state": state, "now": now}
    call("SELECT wallets_hold_settle_v1(%(account)s, %(hold)s, %(state)s, %(hold)s, %(now)s)", given)


def pins(hold: Hold) -> list[tuple[UUID, Decimal]]:
    """What it still keeps of which grants, in their order."""
    return list(hold.pins.filter(held__gt=0).order_by("position").values_list("grant_id", "held"))


def told(hold: Hold) -> list[tuple[Any, ...]]:
    """What was written of it."""
    rows = HoldEntry.objects.filter(hold=hold).order_by("id")
    return list(rows.values_list("kind", "grant_id", "tokens"))
