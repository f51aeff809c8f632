"""What is kept for a while goes when its days are over, batch by batch; what the books need stays for good."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from billing.models import BodyRemoval, Connection, Outgoing, OutgoingTry, Received, ReceivedBody, SyncRun
from billing.rules.connecting import FIELDS, TASK, Sent
from billing.rules.deliveries import Answer
from billing.services import applying, connections, keeping, nightly, outgoing, outgoing_answers
from billing.services.connections import ConnectionWish
from billing.services.receiving import OTHER_CONTENT
from billing.tests.connections.shops import Shop, a_sale, a_shop
from config.kernel.errors import InvalidRequest
from usage.tests.made import DAY, clock, named
from wallets.models import Account

LATER = 91 * DAY


def tidy(shop: Shop, days: int = 91) -> keeping.Removed:
    row = Connection.objects.get(pk=shop.row.pk)
    return keeping.tidy([row], 20, clock() + timedelta(days=days))


def bodies(shop: Shop) -> set[str]:
    rows = Received.objects.filter(connection=shop.row, body__isnull=False)
    return set(rows.values_list("external_id", flat=True))


@pytest.fixture
def somebody(db: None) -> User:
    return User.objects.create_user(named("somebody"))


class TestBodies:
    def test_of_what_is_done_with_go_and_what_is_to_be_mended_stays(
        self, shop: Shop, acme: Account, pack: str
    ) -> None:
        shop.tell(a_sale(acme.reference, pack), "applied")
        shop.tell({"type": "ignore"}, "ignored")
        shop.tell(a_sale("", pack), "dead")
        shop.work()
        shop.tell(a_sale("nobody-here", pack), "waiting")
        assert shop.states() == ["applied", "ignored", "dead", "waiting"]

        assert tidy(shop, 89).bodies == 0
        assert tidy(shop).bodies == 2

        assert bodies(shop) == {"dead", "waiting"}
        removal = BodyRemoval.objects.get(received__external_id="applied")
        assert (removal.why, removal.days, removal.by, removal.reason) == ("age", 90, "", "")
        assert Received.objects.filter(connection=shop.row).count() == len(shop.handlings())

    def test_count_once_for_good(self, shop: Shop, acme: Account, pack: str) -> None:
        told = a_sale(acme.reference, pack)
        shop.tell(told, "once")
        shop.work()
        tidy(shop)

        again, other = shop.tell(told, "once"), shop.tell(a_sale(acme.reference, pack), "once")

        assert (again.status, again.json["duplicate"]) == (202, True)
        assert other.status == 422
        assert bodies(shop) == set()
        assert shop.work() == 0

    def test_that_are_gone_can_not_be_applied_again(self, shop: Shop, somebody: User) -> None:
        shop.tell({"type": "ignore"})
        shop.work()
        (handling,) = shop.handlings()
        tidy(shop)

        assert applying.apply_again([handling.pk], somebody) == 0
        assert shop.states() == ["ignored"]

    def test_are_kept_as_long_as_a_person_says(self, shop: Shop, somebody: User) -> None:
        shop.tell({"type": "ignore"})
        shop.work()
        connections.change(
            connection_id=shop.row.pk,
            known=(),
            wish=ConnectionWish("Shop", {}, bodies_days=7),
            user=somebody,
            reason="We need no more.",
        )

        assert tidy(shop, 6).bodies == 0
        assert tidy(shop, 8).bodies == 1
        changed = Connection.history.filter(id=shop.row.pk).latest()
        assert (changed.bodies_days, changed.runs_days) == (7, 90)
        assert (changed.history_user, changed.history_change_reason) == (somebody, "We need no more.")

    @pytest.mark.parametrize("days", [0, 3651])
    def test_are_not_kept_for_no_time_and_not_for_ever(self, shop: Shop, days: int) -> None:
        wish = ConnectionWish("Shop", {}, bodies_days=days)

        with pytest.raises(InvalidRequest, match="1 to 3,650 days"):
            connections.change(connection_id=shop.row.pk, known=(), wish=wish)

        assert Connection.objects.get(pk=shop.row.pk).bodies_days == 90

    def test_go_batch_by_batch_of_the_connections_that_are_asked_alone(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = a_shop()
        for _ in range(7):
            shop.tell({"type": "ignore"})
            other.tell({"type": "ignore"})
        shop.work()
        other.work()
        monkeypatch.setattr(keeping, "BATCH", 3)
        steps: list[int] = []
        remove = keeping.remove_bodies

        def counted(given: dict[str, Any]) -> keeping.Step:
            step = remove(given)
            steps.append(step.count)
            return step

        monkeypatch.setattr(keeping, "remove_bodies", counted)

        assert tidy(shop).bodies == 7
        assert steps == [3, 3, 1, 0]
        assert len(bodies(other)) == 7


class TestMessages:
    def test_that_have_ended_are_emptied_and_the_last_figures_stay(self, shop: Shop, acme: Account) -> None:
        for n in range(3):
            put(shop, FIELDS, f"fields-{n}", acme, {"balance": str(n)})
        put(shop, TASK, "task", acme, {"title": "Call Jane"})
        for key in ("fields-0", "fields-1", "fields-2", "task"):
            sent(shop, key)
        put(shop, TASK, "waiting", acme, {"title": "Wait"})

        assert tidy(shop, 89).contents == 0
        assert tidy(shop).contents == 3

        assert contents(shop) == {
            "fields-0": {},
            "fields-1": {},
            "fields-2": {"balance": "2"},
            "task": {},
            "waiting": {"title": "Wait"},
        }
        answers = OutgoingTry.objects.filter(
            outgoing__connection=shop.row, outgoing__emptied_at__isnull=False
        )
        assert set(answers.values_list("answer", flat=True)) == {""}
        assert answers.count() == 3

    def test_are_made_once_a_key_though_they_are_empty(self, shop: Shop, acme: Account) -> None:
        put(shop, TASK, "task", acme, {"title": "Call Jane"})
        sent(shop, "task")
        tidy(shop)

        assert not outgoing.put(shop.row.pk, TASK, "task", acme.reference, {"title": "Call Jane"})
        assert contents(shop) == {"task": {}}

    def test_that_were_ignored_are_sent_no_more(self, shop: Shop, acme: Account, somebody: User) -> None:
        put(shop, TASK, "task", acme, {"title": "Call Jane"})
        message = Outgoing.objects.get(connection=shop.row)
        outgoing.ignore([message.pk], somebody, "She left.")
        tidy(shop)

        assert outgoing.send_again([message.pk], somebody) == 0


class TestRuns:
    def test_go_but_for_the_last_of_a_job_and_what_is_not_mended(self, shop: Shop) -> None:
        for job, fault in (
            ("companies", "It answered 500."),
            ("companies", ""),
            ("companies", ""),
            ("send tasks", ""),
            ("send tasks", "It answered 400."),
            ("send tasks", "It answered 401."),
            ("store (pull)", OTHER_CONTENT),
            ("store (pull)", OTHER_CONTENT),
            ("test", ""),
        ):
            a_run(shop, job, fault, clock())

        assert tidy(shop, 89).runs == 0
        assert tidy(shop).runs == 4

        left = SyncRun.objects.filter(connection=shop.row).order_by("pk").values_list("job", "fault")
        assert list(left) == [
            ("companies", ""),
            ("send tasks", "It answered 400."),
            ("send tasks", "It answered 401."),
            ("store (pull)", OTHER_CONTENT),
            ("test", ""),
        ]


class TestTheNight:
    def test_tidies_once(self, shop: Shop) -> None:
        shop.tell({"type": "ignore"})
        shop.work()
        night = clock() + 400 * DAY

        assert nightly.tidy_once_a_night(night)
        assert ReceivedBody.objects.filter(received__connection=shop.row).count() == 0
        assert not nightly.tidy_once_a_night(night)


def put(shop: Shop, kind: str, key: str, account: Account, content: dict[str, str]) -> None:
    assert outgoing.put(shop.row.pk, kind, key, account.reference, content)


def sent(shop: Shop, key: str) -> UUID:
    row = Outgoing.objects.get(connection=shop.row, key=key)
    Outgoing.objects.filter(connection=shop.row).exclude(pk=row.pk).filter(state="waiting").update(
        next_at=clock() + DAY
    )
    Outgoing.objects.filter(pk=row.pk).update(attempts=1, is_under_way=True)
    OutgoingTry.objects.create(outgoing=row, number=1, started_at=clock())
    claimed = outgoing.Claimed(row.pk, 1, 1, None, clock(), False)  # type: ignore[arg-type]
    outgoing_answers.record([claimed], [Sent(Answer(200, excerpt="Jane"), "theirs")])
    return row.pk


def contents(shop: Shop) -> dict[str, Any]:
    return dict(Outgoing.objects.filter(connection=shop.row).values_list("key", "content"))


def a_run(shop: Shop, job: str, fault: str, at: datetime) -> None:
    SyncRun.objects.create(connection=shop.row, job=job, fault=fault, began_at=at, ended_at=at)
