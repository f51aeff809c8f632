"""A customer of whose tokens some are held: captured in steps, released, expired, late, and some that still are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from pricing.rules.tiers import Tier
from usage.services import limiting
from usage.services.limiting import AllowanceOrder, BudgetOrder
from usage.tests.held import a_hold, capture, release
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, an_account, up_to
from usage.tests.reported import an_event, rate, report
from wallets.models import HoldEntry, Wallet
from wallets.services import ledger

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def hold(shop: Shop) -> dict[str, Any]:
    """Names of what was written."""
    holder = shop.an_account(SPRING, policy=up_to("20"))
    fleeting = a_grant(holder, "10", now=SPRING, expires_at=SPRING + 3 * DAY)
    lasting = a_grant(holder, "60", now=SPRING)
    lapsing = a_hold(shop, holder, "4", now=SPRING + DAY, expires_in=5 * 86_400)
    worked = a_hold(shop, holder, "30", now=SPRING + DAY + HOUR)
    step = capture(shop, worked, "12", is_final=False, now=SPRING + DAY + HOUR + MINUTE)
    last = capture(shop, worked, "5", now=SPRING + DAY + HOUR + 2 * MINUTE)
    assert step.debit is not None
    assert last.debit is not None
    ledger.expire(account_id=holder.pk, now=SPRING + 4 * DAY)
    release(shop, lapsing, now=SPRING + 5 * DAY, key="lapsing")
    forgotten = a_hold(shop, holder, "7", now=SPRING + 6 * DAY, expires_in=600)
    late = a_hold(shop, holder, "1", at=SPRING + 2 * DAY, now=SPRING + 7 * DAY)
    ledger.extend(account_id=holder.pk, hold_id=late.id, seconds=1800, now=SPRING + 7 * DAY + MINUTE)
    release(shop, late, now=SPRING + 7 * DAY + 2 * MINUTE)
    still = a_hold(shop, holder, "60", now=SPRING + 8 * DAY, expires_in=3650 * 86_400)
    assert still.overage_held > 0
    released = HoldEntry.objects.get(hold=lapsing.id, kind=HoldEntry.Kind.RELEASED)
    return {
        "holder": holder.pk,
        "purse": Wallet.objects.get(account=holder).pk,
        "fleeting": fleeting.pk,
        "lasting": lasting.pk,
        "worked": worked.id,
        "step": step.debit.id,
        "last_step": last.debit.id,
        "lapsing": lapsing.id,
        "lapsed": released.pk,
        "forgotten": forgotten.id,
        "late_hold": late.id,
        "still": still.id,
        **_by_tiers(shop),
        **_by_rules(shop),
        **_beside_events(shop),
    }


def _by_tiers(shop: Shop) -> dict[str, Any]:
    """A hold that keeps its place in the month while others are counted."""
    tiers = (Tier(Decimal(100), Decimal(1)),)
    table = shop.a_table(tokens="2", tier_mode="graduated", tiers=tiers, since=SPRING - DAY)
    climber = an_account(SPRING, rate_table=table.code)
    a_grant(climber, "1000", now=SPRING)
    shop.debit(climber, "60", now=SPRING + DAY)
    placed = a_hold(shop, climber, "20", now=SPRING + 2 * DAY)
    shop.debit(climber, "70", now=SPRING + 2 * DAY + MINUTE)
    climbed = capture(shop, placed, "15", now=SPRING + 2 * DAY + 2 * MINUTE).debit
    assert climbed is not None
    return {"placed": placed.id, "climbed": climbed.id}


def _by_rules(shop: Shop) -> dict[str, Any]:
    """Holds by tiers of which an allowance covers some, under a budget; the last is refused nothing at its capture."""
    tiers = (Tier(Decimal(100), Decimal(1)),)
    table = shop.a_table(tokens="2", tier_mode="graduated", tiers=tiers, since=SPRING - DAY)
    member = an_account(SPRING, rate_table=table.code)
    a_grant(member, "1000", now=SPRING)
    included = AllowanceOrder(pattern=shop.chat, units=Decimal(50), period="month")
    limiting.include(account_id=member.pk, order=included, author=AUTHOR, now=SPRING)
    budget = BudgetOrder(code="team", period="month", tokens=Decimal(210), is_hard=True)
    limiting.open_budget(account_id=member.pk, order=budget, author=AUTHOR, now=SPRING)
    first = a_hold(shop, member, "30", "40", now=SPRING + DAY)
    second = a_hold(shop, member, "60", "20", now=SPRING + DAY + MINUTE)
    capture(shop, first, "30", "40", is_final=False, now=SPRING + DAY + 2 * MINUTE)
    capture(shop, second, "60", "35", now=SPRING + DAY + 3 * MINUTE)
    capture(shop, first, "5", now=SPRING + DAY + 4 * MINUTE)
    return {"member": member.pk, "included": first.id}


def _beside_events(shop: Shop) -> dict[str, Any]:
    """Usage that takes room which a hold keeps, and the capture of that hold afterwards."""
    promised = shop.an_account(policy=up_to("20"))
    room = a_hold(shop, promised, "8")
    report(shop, an_event(shop, promised, "15"))
    rate()
    capture(shop, room, "6")
    return {"promised": promised.pk}
