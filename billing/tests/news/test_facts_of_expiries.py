"""What is told ahead of an end: by its new steps where it was moved, and not any more when it has come."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import pytest
from django.db import connection

from billing.queries.trial_facts import FACTS as TRIALS
from billing.tests.trying import a_seller, a_trial, an_offer
from config.kernel.facts import Facts
from usage.tests.made import DAY, a_grant, an_account, clock
from wallets.queries.facts import FACTS
from wallets.services import ledger
from wallets.services.ledger import ExpiryAct

pytestmark = pytest.mark.django_db

EXPIRING: Facts = next(each for each in FACTS if each.name == "grants expiring")
REMINDERS: Facts = next(each for each in TRIALS if each.name == "trials expiring")


def told_of(grant_id: UUID, facts: Facts = EXPIRING, read_at: datetime | None = None) -> list[str]:
    """The facts of a grant that came to be in the last hundred days before a reading, as it or an audit finds them."""
    until = read_at or clock()
    bounds = ("%s - interval '100 days'", "%s::timestamptz", "'00000000-0000-0000-0000-000000000000'")
    query = facts.between(*bounds).replace("%s", f"timestamptz '{until.isoformat()}'")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(data->>'days', kind) FROM ({query}) f WHERE data->>'grant' = '{grant_id}'"
        )
        return [each for (each,) in cursor.fetchall()]


class TestExpiring:
    def test_leaves_out_steps_that_lay_before_the_expiry_was_moved(self) -> None:
        now = clock()
        account = an_account(now - 60 * DAY)
        moved = a_grant(account, "10", now=now - 50 * DAY, expires_at=now + 3 * DAY)
        unmoved = a_grant(account, "10", now=now - 50 * DAY, expires_at=now + 45 * DAY)

        act = ExpiryAct(expires_at=now + 45 * DAY, cause_id=uuid4())
        ledger.extend_grant(account_id=account.pk, grant_id=moved.pk, act=act)

        assert (told_of(unmoved.pk), told_of(moved.pk)) == (["60"], [])

    def test_is_told_by_the_nearest_step_after_any_absence(self) -> None:
        now = clock()
        grant = a_grant(an_account(now - 60 * DAY), "10", now=now - 50 * DAY, expires_at=now + 61 * DAY)
        back = {day: told_of(grant.pk, read_at=now + day * DAY) for day in (0.5, 1.5, 40, 54.5, 60.5, 61.5)}

        assert back == {0.5: [], 1.5: ["60"], 40: ["30"], 54.5: ["7"], 60.5: ["1"], 61.5: []}


class TestReminders:
    def test_are_not_sent_after_the_end(self) -> None:
        trial = a_trial(a_seller(), an_offer(days=30, remind_days=7), an_account())
        found = [told_of(trial.grant_id, REMINDERS, clock() + day * DAY) for day in (22, 24, 31)]

        assert found == [[], ["trial.expiring"], []]
