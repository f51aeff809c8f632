"""What the books say of customers whose usage is judged by ladders of policies."""

from datetime import datetime
from typing import Any

from usage.queries.policies import Scope
from usage.services import policies
from usage.tests.held import a_hold, capture
from usage.tests.laddered import block, calls, grace, overage
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, an_account


def climb_the_ladder(shop: Shop, since: datetime) -> dict[str, Any]:
    """A customer with a ladder of its own, who meets every step of it, and one whom the table's policy rules."""
    ladder = block(50, throttle=(calls(60),), grace=grace("10"))
    steps = shop.an_account(since, policy=ladder)
    a_grant(steps, "100", now=since, kind="purchase")
    half = shop.debit(steps, "60", now=since + DAY)
    beyond = shop.debit(steps, "45", now=since + DAY)
    a_grant(steps, "20", now=since + 2 * DAY, kind="purchase")
    shop.debit(steps, "20", now=since + 3 * DAY)
    kept = a_hold(shop, steps, "2", now=since + 3 * DAY + HOUR)
    worked = capture(shop, kept, "4", now=since + 3 * DAY + HOUR)
    assert worked.debit is not None
    table = shop.a_table(since=since - DAY)
    shared = Scope(table=table)
    policies.share(scope=shared, policy=overage("30"), author=AUTHOR, now=since)
    sharer = an_account(since, rate_table=table.code)
    by_table = shop.debit(sharer, "30", now=since + DAY)
    return {
        "steps": steps.pk,
        "half": half.id,
        "beyond": beyond.id,
        "kept": kept.id,
        "kept_from": worked.debit.id,
        "by_table": by_table.id,
        "sharer": sharer.pk,
    }
