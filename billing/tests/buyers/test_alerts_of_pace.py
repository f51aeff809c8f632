"""Alerts of a run-out go by the forecast that the account's page shows, out of the roll-ups of what is committed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from billing.models import Alert, AlertCrossing
from billing.queries.account_page import summary
from billing.queries.account_usage import unknown
from billing.services import alerting
from billing.tests.buyers.test_alerts import chosen, told
from billing.tests.buyers.visiting import a_contact
from usage.tests.made import DAY, Shop, a_grant, clock, together
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
            patched.setattr("billing.queries.alert_facts.usage_of", lambda *asked: unknown(asked[-1]))
            assert told(12) == []
        assert told(18) == []


class TestLocks:
    def test_are_not_held_while_the_figures_are_read(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account = shop.an_account(name="Acme")
        alert = chosen(a_contact(account, "manager"), "left", 50)
        reads, free = alerting.facts_of, []

        def reading(*asked: Any) -> Any:
            def lock() -> None:
                with transaction.atomic():
                    free.append(
                        Alert.objects.select_for_update(skip_locked=True).filter(pk=alert.pk).exists()
                    )

            together([lock])
            return reads(*asked)

        monkeypatch.setattr(alerting, "facts_of", reading)
        alerting.look(10, clock() + DAY)

        assert free
        assert all(free)

    def test_what_somebody_looked_at_meanwhile_stands(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account = shop.an_account(name="Acme")
        a_grant(account, "100", kind="purchase")
        alert = chosen(a_contact(account, "manager"), "left", 50)
        shop.debit(account, "80")
        reads, later = alerting.facts_of, clock() + 2 * DAY

        def overtaken(*asked: Any) -> Any:
            Alert.objects.filter(pk=alert.pk).update(looked_at=later)
            return reads(*asked)

        with monkeypatch.context() as patched:
            patched.setattr(alerting, "facts_of", overtaken)
            alerting.look(10, later - DAY)
        assert not AlertCrossing.objects.filter(alert=alert).exists()

        alerting.look(10, later + DAY)
        assert AlertCrossing.objects.get(alert=alert).crossed_at == later + DAY
