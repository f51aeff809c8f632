"""One attempt after the other at a real server: signed, recorded, tried again, given up, sent again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from billing.models import Attempt, Delivery, DeliveryTally, EndpointHealth
from billing.rules.deliveries import Answer
from billing.services import endpoints, outbox
from billing.services.endpoints import EndpointWish
from billing.tests.news.made import (
    NOBODY_CHOOSES,
    a_delivery,
    an_endpoint,
    attempt_at,
)
from billing.tests.news.receiver import HANG, Receiver, Said
from usage.tests.made import clock

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def tries_of(delivery: Delivery) -> list[tuple[int, int | None, str]]:
    return list(delivery.tries.order_by("number").values_list("number", "status", "error"))


def tallied(state: str) -> int:
    """How many deliveries of `a_delivery` have ended so, ever."""
    rows = DeliveryTally.objects.filter(kind=NOBODY_CHOOSES, state=state).values_list("count", flat=True)
    return sum(rows)


class TestAttempt:
    def test_that_arrives_ends_the_delivery(self, receiver: Receiver) -> None:
        receiver.will_say(Said(202, b"thanks"))
        before = tallied("delivered")
        sent = attempt_at(a_delivery(an_endpoint(receiver.url())))

        assert (sent.state, sent.attempts, sent.next_at, sent.reason) == ("delivered", 1, None, "")
        (only,) = sent.tries.all()
        assert (only.status, only.error, only.answer, only.has_arrived) == (202, "", "thanks", True)
        assert only.started_at <= only.finished_at == sent.finished_at
        assert tallied("delivered") - before == 1

    def test_that_fails_is_made_again_under_the_same_id(self, receiver: Receiver) -> None:
        receiver.will_say(Said(500, b"no"), Said(200))
        before = clock()
        sent = attempt_at(a_delivery(an_endpoint(receiver.url())))

        assert (sent.state, sent.attempts) == ("waiting", 1)
        assert timedelta(seconds=8) <= sent.next_at - before < timedelta(seconds=14)
        attempt_at(sent)
        assert (sent.state, sent.attempts) == ("delivered", 2)
        assert tries_of(sent) == [(1, 500, "It answered 500."), (2, 200, "")]
        first, second = receiver.heard
        assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)

    def test_that_is_the_last_leaves_a_dead_letter_with_its_reason(self, receiver: Receiver) -> None:
        receiver.will_say(Said(500))
        before = tallied("dead")
        sent = a_delivery(an_endpoint(receiver.url()))
        for number in range(1, 11):
            assert attempt_at(sent).attempts == number

        assert (sent.state, sent.next_at) == ("dead", None)
        assert sent.reason == "10 attempts failed, the last: It answered 500."
        assert tallied("dead") - before == 1
        assert outbox.claim(sent.endpoint_id) is None

    def test_that_finds_the_endpoint_gone_switches_it_off(self, receiver: Receiver) -> None:
        receiver.will_say(Said(410))
        endpoint = an_endpoint(receiver.url())
        sent, behind = a_delivery(endpoint), a_delivery(endpoint)
        attempt_at(sent)

        endpoint.refresh_from_db()
        behind.refresh_from_db()
        assert not endpoint.is_on
        latest = endpoint.history.latest()
        assert (latest.is_on, latest.history_change_reason) == (
            False,
            "It answered 410 Gone: it wants no more news.",
        )
        assert (sent.state, behind.state) == ("dead", "dead")
        assert behind.reason == "The endpoint was switched off. It answered 410 Gone: it wants no more news."
        assert tries_of(sent) == [(1, 410, "It answered 410.")]

    @pytest.mark.parametrize("status", [429, 503])
    def test_waits_as_long_as_the_receiver_asks(self, receiver: Receiver, status: int) -> None:
        receiver.will_say(Said(status, b"", {"Retry-After": "120"}))
        before = clock()
        sent = attempt_at(a_delivery(an_endpoint(receiver.url())))

        assert 2 * MINUTE <= sent.next_at - before < 2 * MINUTE + timedelta(seconds=10)
        rests_until = EndpointHealth.objects.get(endpoint=sent.endpoint).rests_until
        assert 2 * MINUTE <= rests_until - before < 2 * MINUTE + timedelta(seconds=10)

    def test_of_an_endpoint_that_stays_silent_lets_it_rest(self, receiver: Receiver) -> None:
        receiver.will_say(Said(HANG))
        endpoint = an_endpoint(receiver.url())
        rests = []
        for _ in range(3):
            attempt_at(a_delivery(endpoint), seconds=0.05)
            health = EndpointHealth.objects.get(endpoint=endpoint)
            rests.append(round((health.rests_until - clock()).total_seconds()) if health.rests_until else 0)
        receiver.will_say(Said(500))
        attempt_at(a_delivery(endpoint))

        assert rests == [0, 15, 30]
        health.refresh_from_db()
        assert (health.silent, health.rests_until, health.last_success_at) == (0, None, None)
        assert health.last_failure_at is not None

    def test_that_is_told_late_changes_nothing_that_another_decided(self, receiver: Receiver) -> None:
        receiver.will_say(Said(500))
        sent = a_delivery(an_endpoint(receiver.url()))
        slow = outbox.claim(sent.endpoint_id)
        attempt_at(sent)
        due_at = sent.next_at
        assert slow is not None
        outbox.record(slow, Answer(status=500, error="It answered 500."), 0.5)

        sent.refresh_from_db()
        assert (sent.state, sent.attempts, sent.next_at) == ("waiting", 2, due_at)

    def test_that_arrived_counts_though_it_is_told_late(self, receiver: Receiver) -> None:
        receiver.will_say(Said(500))
        sent = a_delivery(an_endpoint(receiver.url()))
        slow = outbox.claim(sent.endpoint_id)
        attempt_at(sent)
        assert slow is not None
        outbox.record(slow, Answer(status=200), 0.5)

        sent.refresh_from_db()
        assert sent.state == "delivered"


class TestClaim:
    def test_takes_each_once_until_its_lease_ends(self) -> None:
        sent = a_delivery(an_endpoint())

        first, second = outbox.claim(sent.endpoint_id), outbox.claim(sent.endpoint_id)
        sent.refresh_from_db()

        assert first is not None
        assert second is None
        assert timedelta(0) < sent.next_at - clock() <= outbox.LEASE
        Delivery.objects.filter(pk=sent.pk).update(next_at=clock())
        again = outbox.claim(sent.endpoint_id)
        assert again is not None
        assert (again.number, again.news_id) == (2, first.news_id)
        assert list(Attempt.objects.filter(delivery=sent).values_list("number", "finished_at")) == [
            (1, None),
            (2, None),
        ]

    def test_takes_nothing_of_another_lane(self) -> None:
        sent, other = a_delivery(an_endpoint()), an_endpoint()

        assert outbox.claim(other.pk) is None
        assert outbox.claim(None) is None
        assert outbox.claim(sent.endpoint_id) is not None


class TestSendAgain:
    def test_begins_with_all_attempts_before_it(self, receiver: Receiver) -> None:
        receiver.will_say(Said(500))
        sent = a_delivery(an_endpoint(receiver.url()))
        for _ in range(10):
            attempt_at(sent)
        assert outbox.send_again([sent.pk]) == 1
        sent.refresh_from_db()

        assert (sent.state, sent.reason) == ("waiting", "")
        for _ in range(9):
            assert attempt_at(sent).state == "waiting"
        assert attempt_at(sent).state == "dead"
        assert sent.attempts == 20

    def test_sends_what_had_arrived_under_the_same_id(self, receiver: Receiver) -> None:
        sent = attempt_at(a_delivery(an_endpoint(receiver.url())))
        outbox.send_again([sent.pk])
        attempt_at(sent)

        assert len({each.headers["webhook-id"] for each in receiver.heard}) == 1
        assert len(receiver.heard) == 2

    def test_leaves_what_is_to_an_endpoint_that_is_off(self) -> None:
        endpoint = an_endpoint()
        sent = a_delivery(endpoint)
        endpoints.switch_off(endpoint_id=endpoint.pk, reason="Moving house")

        assert outbox.send_again([sent.pk]) == 0
        endpoints.switch_on(endpoint_id=endpoint.pk)
        assert outbox.send_again([sent.pk]) == 1

    def test_wakes_an_endpoint_that_rests(self, receiver: Receiver) -> None:
        receiver.will_say(Said(429, b"", {"Retry-After": "600"}))
        sent = attempt_at(a_delivery(an_endpoint(receiver.url())))
        outbox.send_again([sent.pk])

        sent.refresh_from_db()
        assert sent.next_at <= clock()
        assert EndpointHealth.objects.get(endpoint=sent.endpoint).rests_until is None


class TestChange:
    def test_leads_what_waits_to_the_new_address(self, receiver: Receiver) -> None:
        endpoint = an_endpoint(receiver.url("/old"))
        sent = a_delivery(endpoint)
        wish = EndpointWish("elsewhere", receiver.url("/new"), endpoint.types)
        endpoints.change(endpoint_id=endpoint.pk, wish=wish)
        attempt_at(sent)

        assert [each.path for each in receiver.heard] == ["/new"]

    def test_of_what_was_once_private_is_refused_when_it_is_sent(
        self, receiver: Receiver, settings: Any
    ) -> None:
        sent = a_delivery(an_endpoint(receiver.url()))
        settings.WEBHOOK_PRIVATE_HOSTS = frozenset()
        attempt_at(sent)

        assert "no public address (loopback)" in tries_of(sent)[0][2]
        assert receiver.heard == []


class TestTryOut:
    def test_sends_something_of_no_consequence_to_this_endpoint_alone(self, receiver: Receiver) -> None:
        endpoint = an_endpoint(receiver.url("/tried"))
        an_endpoint(receiver.url("/other"))
        sent = endpoints.try_out(endpoint_id=endpoint.pk)
        attempt_at(sent)

        (heard,) = receiver.heard
        assert heard.path == "/tried"
        assert json.loads(heard.body)["type"] == "endpoint.test"
        assert Delivery.objects.filter(news=sent.news).count() == 1
