"""Alerts of a run-out go by the forecast that the account's page shows, out of the roll-ups of what is committed."""

from __future__ import annotations

import pytest

from billing.queries.account_page import summary
from billing.queries.account_usage import UNKNOWN
from billing.tests.buyers.test_alerts import chosen, told
from billing.tests.buyers.visiting import a_contact
from usage.tests.made import DAY, Shop, a_grant, clock
from usage.tests.rolled import roll_up

pytestmark = pytest.mark.committed


class TestRunsOut:
    def test_is_told_when_the_date_on_the_page_is_near(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = clock()
        account = shop.an_account(now - 20 * DAY, name="Acme")
        a_grant(account, "150", kind="purchase", now=now - 19 * DAY)
        for back in range(1, 15):
            shop.debit(account, "5", now=now - back * DAY)
        chosen(a_contact(account, "manager"), "runs_out", 14)
        roll_up()
        assert told() == []

        shop.debit(account, "20")
        roll_up()

        at = summary(account, None, now).runs_out.at
        assert at is not None
        assert at <= now + 14 * DAY
        assert told(6) == ["Acme: The tokens last for 14 days or less at this pace."]

        with monkeypatch.context() as patched:
            patched.setattr("billing.queries.alert_facts.usage_of", lambda *_asked: UNKNOWN)
            assert told(12) == []
        assert told(18) == []
