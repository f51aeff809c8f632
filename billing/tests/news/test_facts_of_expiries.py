"""A grant whose expiry was moved is told of by its new steps, and of none that lay before the move."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection

from config.kernel.facts import Facts
from usage.tests.made import DAY, a_grant, an_account, clock
from wallets.models import Grant
from wallets.queries.facts import FACTS
from wallets.services import ledger
from wallets.services.ledger import ExpiryAct

pytestmark = pytest.mark.django_db

EXPIRING: Facts = next(each for each in FACTS if each.name == "grants expiring")


def steps_of(grant: Grant) -> list[int]:
    """The steps that have come to be of a grant in the last hundred days, as a reading or an audit finds them."""
    bounds = (
        "clock_timestamp() - interval '100 days'",
        "clock_timestamp()",
        "'00000000-0000-0000-0000-000000000000'",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT data->>'days' FROM ({EXPIRING.between(*bounds)}) f WHERE data->>'grant' = %s",
            [str(grant.pk)],
        )
        return [int(days) for (days,) in cursor.fetchall()]


class TestExpiring:
    def test_leaves_out_steps_that_lay_before_the_expiry_was_moved(self) -> None:
        now = clock()
        account = an_account(now - 60 * DAY)
        moved = a_grant(account, "10", now=now - 50 * DAY, expires_at=now + 3 * DAY)
        unmoved = a_grant(account, "10", now=now - 50 * DAY, expires_at=now + 45 * DAY)

        act = ExpiryAct(expires_at=now + 45 * DAY, cause_id=uuid4())
        ledger.extend_grant(account_id=account.pk, grant_id=moved.pk, act=act)

        assert (steps_of(unmoved), steps_of(moved)) == ([60], [])
