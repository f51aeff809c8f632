"""Tokens that run out: renewed by one, before their end or after they were refused, and never lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError

from billing.models import Connection, ConnectionHealth, ConnectionSecret
from billing.rules.connecting import Access, AccessExpired, Refused, Renewed
from billing.services import accesses, connection_secrets, syncing
from billing.services.accesses import RenewedElsewhere, exchanged
from billing.tests.outbound.plain import Plain, due_now
from billing.tests.outbound.vendor import Vendor
from usage.tests.made import clock, together

pytestmark = pytest.mark.committed
PLAIN = Plain(2.0)


def ask(row: Connection, connector: Plain = PLAIN) -> Any:
    """A call that needs a token that counts."""
    return exchanged(row, connector, lambda access: connector.pull(access, "things", ""))


def present(row: Connection) -> dict[str, str]:
    access = connection_secrets.access_of(row, Plain.settings, clock())
    return {name: texts[0] for name, texts in access.secrets.items()}


def ends_in(row: Connection, **time: float) -> None:
    ConnectionSecret.objects.filter(connection=row).update(expires_at=clock() + timedelta(**time))


class TestRenewal:
    def test_comes_before_the_end(self, plain: Connection, vendor: Vendor) -> None:
        ends_in(plain, seconds=100)

        ask(plain)
        ask(plain)

        assert vendor.renewals == 1
        assert vendor.calls["/things"] == 2
        assert present(plain) == {"token": "token-1", "refresh": "refresh-1"}
        kept = ConnectionSecret.objects.get(connection=plain, name="token", ends_at=None)
        assert kept.expires_at is not None
        assert kept.expires_at > clock() + timedelta(minutes=59)

    def test_comes_after_a_refusal_in_mid_run_and_the_run_goes_on(
        self, plain: Connection, vendor: Vendor
    ) -> None:
        vendor.has(7)
        vendor.will("/things", None, 401)

        assert syncing.pull_due({"plain": PLAIN}, 20) == 7
        assert vendor.renewals == 1

    def test_is_the_work_of_one(self, plain: Connection, vendor: Vendor) -> None:
        vendor.token = "another"

        def asked() -> str:
            try:
                ask(plain)
            except RenewedElsewhere:
                return "later"
            return "well"

        answers = together([asked] * 6)

        assert len(answers) == 6
        assert set(answers) - {"later"} == {"well"}
        assert vendor.renewals == 1
        assert present(plain)["refresh"] == vendor.refresh

    def test_lets_the_old_token_do_while_it_lasts_and_the_vendor_is_down(
        self, plain: Connection, vendor: Vendor
    ) -> None:
        ends_in(plain, seconds=100)
        vendor.will("/token", 500)

        ask(plain)

        assert vendor.renewals == 0
        assert ConnectionHealth.objects.get(connection=plain).renewing_until is None
        ask(plain)
        assert vendor.renewals == 1

    def test_leaves_the_turn_of_another_who_came_after_its_own_was_over(
        self, plain: Connection, vendor: Vendor
    ) -> None:
        theirs = clock() + timedelta(minutes=1)

        class Slow(Plain):
            def renew(self, access: Access, now: Any) -> Renewed | None:
                ConnectionHealth.objects.filter(connection=plain).update(renewing_until=theirs)
                return super().renew(access, now)

        vendor.token = "another"
        ask(plain, Slow(2.0))

        assert ConnectionHealth.objects.get(connection=plain).renewing_until == theirs

    def test_is_kept_however_often_the_database_fails(
        self, plain: Connection, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vendor.token = "another"
        monkeypatch.setattr(accesses, "STORE_PAUSE_SECONDS", 0.0)
        monkeypatch.setattr(connection_secrets, "put", _failing(3, connection_secrets.put))

        ask(plain)

        assert present(plain) == {"token": "token-1", "refresh": "refresh-1"}

    def test_takes_nothing_from_a_person_who_was_quicker(self, plain: Connection, vendor: Vendor) -> None:
        class Outrun(Plain):
            def renew(self, access: Access, now: Any) -> Renewed | None:
                renewed = super().renew(access, now)
                connection_secrets.put_secret(connection_id=plain.pk, name="refresh", text="typed by hand")
                return renewed

        vendor.token = "another"
        ask(plain, Outrun(2.0))

        assert present(plain) == {"token": "token-1", "refresh": "typed by hand"}

    def test_that_is_refused_says_so_and_is_not_tried_all_the_time(
        self, plain: Connection, vendor: Vendor
    ) -> None:
        vendor.token, vendor.refresh = "another", "another"
        fetch: Callable[[], int] = partial(syncing.pull_due, {"plain": PLAIN}, 20)
        for _ in range(2):
            fetch()
            plain.cursors.update(due_at=clock())
        calls = vendor.calls["/token"]

        fetch()

        assert vendor.calls["/token"] == calls == 2
        health = ConnectionHealth.objects.get(connection=plain)
        assert health.fault.startswith("It answered 400")
        vendor.refresh = "refresh-0"
        due_now(plain)
        fetch()
        assert ConnectionHealth.objects.get(connection=plain).fault == ""

    def test_of_which_nobody_heard_the_answer_is_tried_again_and_forgotten_where_it_works(
        self, plain: Connection, vendor: Vendor
    ) -> None:
        ends_in(plain, seconds=100)
        vendor.will("/token", 500)
        ask(plain)
        assert ConnectionHealth.objects.get(connection=plain).renewal_began_at is not None

        ask(plain)

        assert vendor.renewals == 1
        assert ConnectionHealth.objects.get(connection=plain).renewal_began_at is None

    def test_that_is_refused_at_once_lost_nothing(self, plain: Connection, vendor: Vendor) -> None:
        vendor.token, vendor.refresh = "another", "another"

        with pytest.raises(Refused, match="It answered 400"):
            ask(plain)

        assert ConnectionHealth.objects.get(connection=plain).renewal_began_at is None

    def test_that_is_none_leaves_the_refusal_as_it_is(self, plain: Connection, vendor: Vendor) -> None:
        class Never(Plain):
            def renew(self, access: Access, now: Any) -> Renewed | None:
                return None

        vendor.token = "another"
        with pytest.raises(AccessExpired):
            ask(plain, Never(2.0))


def _failing(times: int, put: Callable[..., None]) -> Callable[..., None]:
    left = [times]

    def kept(*given: Any, **named: Any) -> None:
        if left[0]:
            left[0] -= 1
            raise OperationalError("the server was restarted")
        put(*given, **named)

    return kept
