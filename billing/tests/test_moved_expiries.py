"""Expiries that people move: alone within a limit, beyond it by two."""

from __future__ import annotations

import pytest

from billing.errors import OwnAct
from billing.models import ActRule
from billing.services import auditing, hand_acts
from billing.tests.trying import a_seller, a_trial, an_offer
from usage.tests.made import DAY, a_grant, an_account, clock, named
from wallets.models import ExpiryChange


class TestMovingAnExpiry:
    def test_waits_where_more_is_left_than_one_may_alone(self, db: None) -> None:
        account, mina, tom = an_account(), a_seller(), a_seller()
        ActRule.objects.create(kind="expiry", limit=100)
        offer = an_offer("80", days=30)
        trial, ends = a_trial(a_seller(), offer, account), clock() + 90 * DAY
        other = a_grant(account, "30")
        sent = {"expires_at": ends, "reason": "They asked.", "user": mina}

        alone = hand_acts.move_expiry(grant_id=trial.grant_id, form_token=named("form"), **sent)
        asked = hand_acts.move_expiry(grant_id=other.pk, form_token=named("form"), **sent)
        other.refresh_from_db()
        assert (alone.act.state, asked.is_waiting, other.expires_at) == ("done", True, None)
        with pytest.raises(OwnAct):
            hand_acts.approve(act_id=asked.act.pk, user=mina)

        hand_acts.approve(act_id=asked.act.pk, user=tom)
        change = ExpiryChange.objects.get(grant=other)
        assert (change.expires_after, change.changed_by) == (
            ends,
            f"{mina.username}, approved by {tom.username}",
        )
        assert auditing.findings(["act_has_its_effect"]) == ()
