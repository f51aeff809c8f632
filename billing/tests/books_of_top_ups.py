"""A customer who buys packs by a rule: two a month, of which one had to be paid first and one was not paid."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from billing.services import top_ups
from billing.tests.top_ups.ruled import a_pack, a_rule, topped_up
from usage.tests.made import AUTHOR, DAY, HOUR, an_account

MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def top_up() -> dict[str, UUID]:
    """Names of what was written."""
    customer, pack = an_account(MARCH), a_pack("500", "40")
    limits = {"threshold": "9000", "fill_to": "9500", "most": 4, "most_packs": 2, "most_amount": "300"}
    first = topped_up(a_rule(customer, pack, now=MARCH, **limits), MARCH)
    rule = a_rule(customer, pack, now=MARCH + DAY, needs_payment=True, breaks_after=2, **limits)
    paid = topped_up(rule, MARCH + DAY)
    assert first
    assert paid
    top_ups.confirm(top_up_id=paid.pk, author=AUTHOR, now=MARCH + DAY + HOUR)
    unpaid = topped_up(rule, MARCH + 2 * DAY)
    assert unpaid
    top_ups.refuse(top_up_id=unpaid.pk, author=AUTHOR, now=MARCH + 2 * DAY)
    waiting = topped_up(rule, MARCH + 3 * DAY)
    assert waiting
    return {
        "self_buyer": customer.pk,
        "top_up_rule": rule.pk,
        "first_top_up": first.pk,
        "paid_top_up": paid.pk,
        "unpaid_top_up": unpaid.pk,
        "waiting_top_up": waiting.pk,
    }
