"""What `/metrics` tells of news, and the jobs that make and deliver them."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from billing import tasks
from billing.models import Delivery, News
from billing.services import endpoints
from billing.tests.news.made import a_delivery, an_endpoint, attempt_at, deliveries_to
from billing.tests.news.receiver import Receiver, Said
from config.schedule import ROUTES, SCHEDULE
from usage.tests.made import HOUR, a_grant, an_account, clock


def measured() -> dict[str, Any]:
    text = Client().get("/metrics").content.decode()
    return {
        " ".join([sample.name.removeprefix("tokendesk_news_"), *sorted(sample.labels.values())]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("tokendesk_news")
    }


@pytest.mark.django_db
class TestMetrics:
    def test_tell_what_waits_for_how_long_and_what_ended(self, from_now_on: None, receiver: Receiver) -> None:
        before = measured()
        receiver.will_say(Said(200), Said(500))
        endpoint = an_endpoint(receiver.url())
        attempt_at(a_delivery(endpoint))
        attempt_at(a_delivery(endpoint))
        endpoints.switch_off(endpoint_id=endpoint.pk)
        waiting = a_delivery(an_endpoint())
        Delivery.objects.filter(pk=waiting.pk).update(created_at=clock() - HOUR)

        found = measured()

        ended = {name: found[name] - before.get(name, 0) for name in found if name.startswith("deliveries")}
        assert found["waiting"] - before["waiting"] == 1
        assert 3600 <= found["oldest_waiting_seconds"] < 3660
        assert 0 < found["unread_seconds"] < 60
        assert {name: count for name, count in ended.items() if count} == {
            "deliveries_total delivered something.else": 1,
            "deliveries_total failed something.else": 1,
        }


@pytest.mark.django_db
class TestLog:
    def test_tells_of_each_attempt_what_it_sent_and_where(
        self, from_now_on: None, receiver: Receiver, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "billing.services.delivering")
        receiver.will_say(Said(200), Said(500))
        endpoint = an_endpoint(receiver.url())
        arrived, failed = a_delivery(endpoint), a_delivery(endpoint)

        attempt_at(arrived)
        attempt_at(failed)

        lines = [each for each in caplog.records if each.name == "billing.services.delivering"]
        assert [each.getMessage() for each in lines] == [
            "Attempt 1 at something.else: arrived",
            "Attempt 1 at something.else: It answered 500.",
        ]
        assert lines[0].facts == {
            "delivery": str(arrived.pk),
            "news": str(arrived.news_id),
            "endpoint": endpoint.pk,
        }


@pytest.mark.committed
@pytest.mark.usefixtures("at_work")
class TestTasks:
    def test_tell_and_deliver_and_take_later_arguments(
        self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rung: list[Any] = []
        monkeypatch.setattr(tasks.deliver_news, "apply_async", lambda **options: rung.append(options))
        acme, endpoint = an_account(), an_endpoint(receiver.url(), ["grant.created"])
        a_grant(acme)

        tasks.tell_news(told_later=True)
        tasks.deliver_news(told_later=True)
        tasks.seal_secrets_anew(told_later=True)

        assert [each.state for each in deliveries_to(endpoint)] == ["delivered"]
        assert rung == [{"expires": 10.0}]
        tasks.tell_news()
        assert len(rung) == 1
        assert News.objects.filter(about=acme).count() == 1


class TestSchedule:
    def test_rings_for_tasks_that_are_there(self) -> None:
        named = {bell["task"] for bell in SCHEDULE.values()}

        for name in named:
            module, _, task = name.rpartition(".")
            assert getattr(import_module(module), task).name == name
        assert set(ROUTES) < named
