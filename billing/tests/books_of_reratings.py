"""A customer whose usage was charged anew: by tiers, after a courtesy, and back again; and what waits for approval."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from pricing.models import Version
from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from usage.models import Correction, Rerating
from usage.services import correcting, rerating, reversing
from usage.services.rerating import ReratingOrder
from usage.tests.made import UNLIMITED, Shop, a_reversal, clock
from usage.tests.rerated import corrected_prices


def charge_anew(shop: Shop) -> dict[str, Any]:
    """Names of what was written."""
    tiered = {"tier_mode": "graduated", "tiers": (Tier(Decimal(100), Decimal(1)),)}
    old, new = (
        corrected_prices(
            shop, RateRow(shop.chat, Decimal(tokens), **tiered), RateRow(shop.image, Decimal(tokens))
        )
        for tokens in ("2", "3")
    )
    customer = shop.an_account(rate_table=old.table.code, policy=UNLIMITED)
    begun = clock()
    counted = shop.debit(customer, "60")
    partly = shop.debit(customer, "10", features=(shop.image,))
    reversing.reverse(a_reversal(partly, "5"))
    until = clock()
    shop.debit(customer, "60")
    alike = [shop.debit(customer, "4", features=(shop.image,), at=until) for _ in range(2)]
    done = _booked(old, new, begun, until)
    returned = _booked(new, old, begun, until)
    rerating.revert(rerating=returned, by="tom", reason="It was right.")
    _work(returned)
    waiting = _asked(old, new, begun, clock())
    first = Correction.objects.get(rerating=done, debit_id=counted.id)
    other = Correction.objects.get(rerating=done, debit_id=partly.id)
    return {
        "rerating": done.pk,
        "returned_rerating": returned.pk,
        "waiting_rerating": waiting.pk,
        "old_prices": old.pk,
        "counted_anew": first.replacement_id,
        "charged_first": counted.id,
        "partly": partly.id,
        "partly_anew": other.replacement_id,
        "courtesy": other.courtesy_id,
        "alike": alike[0].id,
        "alike_too": alike[1].id,
    }


def _asked(charged: Version, at: Version, since: datetime, until: datetime, **more: Any) -> Rerating:
    order = ReratingOrder(
        reason="The price was wrong.",
        since=since,
        until=until,
        table_id=charged.table_id,
        version_id=at.pk,
        **more,
    )
    return _work(rerating.ask(order=order, by="mina"))


def _booked(charged: Version, at: Version, since: datetime, until: datetime, **more: Any) -> Rerating:
    row = _asked(charged, at, since, until, **more)
    rerating.approve(rerating=row, by="tom")
    return _work(row)


def _work(row: Rerating) -> Rerating:
    while correcting.work(row.pk, 60):
        pass
    return Rerating.objects.get(pk=row.pk)
