"""A grant's expiry is moved: what was judged before stands, what comes after goes by the new one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from wallets import errors
from wallets.models import Account, ExpiryChange, Grant
from wallets.queries.balances import holding_at, holding_now
from wallets.services import ledger
from wallets.services.ledger import ExpiryAct
from wallets.tests.made import DAY, HOUR, a_grant, ait, an_account, clock, ledger_of

pytestmark = pytest.mark.usefixtures("owner_db")


def move(grant: Grant, expires_at: datetime | None, *, now: datetime | None = None) -> None:
    act = ExpiryAct(expires_at=expires_at, cause_id=uuid4(), reason="Asked by phone", by="sue")
    ledger.extend_grant(account_id=grant.account_id, grant_id=grant.pk, act=act, now=now)


def available(account: Account, moment: datetime) -> Decimal:
    return holding_at(account.pk, ait(), moment).available


def ends(account: Account, moment: datetime) -> datetime | None:
    """The next expiry, as it was known at an instant."""
    expiry = holding_at(account.pk, ait(), moment).next_expiry
    return expiry and expiry.at


class TestExtending:
    def test_is_a_dated_fact_by_which_later_instants_alone_are_judged(self) -> None:
        account, now = an_account(), clock()
        grant = a_grant(account, "10", now=now - 3 * DAY, expires_at=now - DAY)

        move(grant, now + DAY, now=now - 2 * DAY)

        assert holding_now(account.pk, ait()).available == 10
        assert ends(account, now - 2 * DAY) == now + DAY
        assert ends(account, now - 2 * DAY - HOUR) == now - DAY
        assert ledger_of(account) == [("grant", 10)]
        change = ExpiryChange.objects.get(grant=grant)
        assert (change.expires_before, change.expires_after) == (now - DAY, now + DAY)
        assert (change.changed_by, change.reason, change.after_number) == ("sue", "Asked by phone", 1)

    def test_shortens_a_life_as_well(self) -> None:
        account, now = an_account(), clock()
        grant = a_grant(account, "10", now=now - 3 * DAY)

        move(grant, now - DAY, now=now - 2 * DAY)

        assert holding_now(account.pk, ait()).available == 0
        assert [available(account, now - days * DAY) for days in (3, 2, 1)] == [10, 10, 0]
        assert ends(account, now - 3 * DAY) is None

    def test_judges_each_instant_between_two_changes_by_the_first(self) -> None:
        account, now = an_account(), clock()
        grant = a_grant(account, "10", now=now - 9 * DAY, expires_at=now - 6 * DAY)
        move(grant, now - 4 * DAY, now=now - 8 * DAY)
        move(grant, None, now=now - 5 * DAY)

        assert [ends(account, now - days * DAY) for days in (9, 7, 1)] == [now - 6 * DAY, now - 4 * DAY, None]

    @pytest.mark.parametrize("is_swept", [False, True])
    def test_never_brings_back_what_has_expired(self, is_swept: bool) -> None:
        account, now = an_account(), clock()
        grant = a_grant(account, "10", now=now - 3 * DAY, expires_at=now - DAY)
        if is_swept:
            ledger.expire(account_id=account.pk)

        with pytest.raises(errors.GrantOver):
            move(grant, now + DAY)

        assert not ExpiryChange.objects.filter(grant=grant).exists()
        assert holding_now(account.pk, ait()).available == 0

    def test_leaves_what_was_taken_back(self) -> None:
        account, now = an_account(), clock()
        grant = a_grant(account, "10", expires_at=now + DAY)
        ledger.void(account_id=account.pk, grant_id=grant.pk, cause_id=uuid4())

        with pytest.raises(errors.GrantOver):
            move(grant, now + 2 * DAY)

    def test_refuses_an_end_beyond_which_accepted_usage_may_lie(self) -> None:
        account, now = an_account(), clock()
        grant = a_grant(account, "10", now=now, expires_at=now + DAY)

        with pytest.raises(errors.ExpiryTooSoon):
            move(grant, now + HOUR / 12, now=now)
        with pytest.raises(errors.ExpiryUnchanged):
            move(grant, now + DAY, now=now)

        assert Grant.objects.get(pk=grant.pk).expires_at == now + DAY

    def test_knows_no_grant_of_another_account(self) -> None:
        grant, other = a_grant(an_account(), "10"), an_account()
        act = ExpiryAct(expires_at=clock() + DAY, cause_id=uuid4())

        with pytest.raises(errors.GrantMissing):
            ledger.extend_grant(account_id=other.pk, grant_id=grant.pk, act=act)
