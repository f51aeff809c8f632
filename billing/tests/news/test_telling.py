"""Facts become news, once, and news become deliveries to whoever chose their type."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from billing.models import Delivery, News, NewsReading
from billing.queries.facts import FACTS
from billing.services import endpoints, news, recipients
from billing.services.endpoints import EndpointWish
from billing.tests.news.made import (
    SOMEWHERE,
    a_recipient,
    an_endpoint,
    deliveries_to,
    kinds_told,
    told_about,
)
from usage.tests.made import HOUR, Shop, a_grant, an_account, clock, together


def kinds_sent_to(receiver: Any) -> list[str]:
    return [each.news.kind for each in deliveries_to(receiver)]


class TestTell:
    def test_tells_a_fact_once_however_often_it_looks(self, shop: Shop) -> None:
        acme, endpoint = an_account(), an_endpoint()
        a_grant(acme)

        for _ in range(3):
            assert kinds_told(acme) == ["grant.created"]

        assert kinds_sent_to(endpoint) == ["grant.created"]

    def test_answers_what_it_made(self, from_now_on: None) -> None:
        acme = an_account()
        an_endpoint(types=["grant.created"])
        a_recipient(acme)
        a_recipient(an_account())
        a_grant(acme)
        a_grant(acme)

        first, second = news.tell(), news.tell()

        assert (first.news, first.deliveries) == (2, 4)
        assert (second.news, second.deliveries) == (0, 0)

    def test_tells_an_endpoint_of_the_types_it_chose_alone(self, shop: Shop) -> None:
        acme = shop.an_account()
        chooser, other = an_endpoint(types=["grant.created"]), an_endpoint(types=["limit.reached"])
        a_grant(acme)

        news.tell()

        assert (kinds_sent_to(chooser), kinds_sent_to(other)) == (["grant.created"], [])

    def test_tells_an_endpoint_of_nothing_that_was_before_it(self, from_now_on: None) -> None:
        acme = an_account()
        a_grant(acme)
        late = an_endpoint()
        a_grant(acme, "7")

        told = told_about(acme)

        assert len(told) == 2
        assert [each.news.data["tokens"] for each in deliveries_to(late)] == ["7.000000"]

    def test_tells_nobody_of_a_history_that_was_loaded(self, from_now_on: None) -> None:
        acme, endpoint = an_account(), an_endpoint()
        a_grant(acme, now=clock() - HOUR)

        assert kinds_told(acme) == ["grant.created"]
        assert kinds_sent_to(endpoint) == []

    def test_tells_who_is_off_nothing(self, from_now_on: None) -> None:
        acme, endpoint, recipient = an_account(), an_endpoint(), a_recipient()
        endpoints.switch_off(endpoint_id=endpoint.pk, reason="Moving house")
        recipients.switch(recipient_id=recipient.pk, is_on=False)
        a_grant(acme)
        news.tell()
        endpoints.switch_on(endpoint_id=endpoint.pk)
        recipients.switch(recipient_id=recipient.pk, is_on=True)
        a_grant(acme, "7")
        news.tell()

        told = [[each.news.data["tokens"] for each in deliveries_to(who)] for who in (endpoint, recipient)]

        assert told == [["7.000000"], ["7.000000"]]

    def test_tells_a_recipient_of_its_account_alone(self, from_now_on: None) -> None:
        acme, other = an_account(), an_account()
        of_acme, of_all = a_recipient(acme), a_recipient()
        a_grant(acme)
        a_grant(other)
        Shop()  # publishes its prices forty days ago: a history
        news.tell()

        assert {each.news.about_id for each in deliveries_to(of_acme)} == {acme.pk}
        assert {each.news.about_id for each in deliveries_to(of_all)} == {acme.pk, other.pk}

    def test_tells_of_new_types_from_when_they_were_chosen(self, from_now_on: None) -> None:
        acme, endpoint = an_account(), an_endpoint(types=["limit.reached"])
        a_grant(acme)
        news.tell()
        wish = EndpointWish(endpoint.name, SOMEWHERE, ["limit.reached", "grant.created"])
        endpoints.change(endpoint_id=endpoint.pk, wish=wish)
        a_grant(acme, "7")
        news.tell()

        assert [each.news.data["tokens"] for each in deliveries_to(endpoint)] == ["7.000000"]

    def test_pages_through_what_an_outage_left(
        self, from_now_on: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(news, "PAGE", 2)
        acme, endpoint = an_account(), an_endpoint(types=["grant.created"])
        for _ in range(5):
            a_grant(acme)

        assert news.tell().news == 5
        assert len(deliveries_to(endpoint)) == 5

    def test_finds_what_came_to_be_while_it_was_away(self, from_now_on: None) -> None:
        acme = an_account()
        NewsReading.objects.update(since_at=clock() - 90 * HOUR, read_until=clock() - 80 * HOUR)
        a_grant(acme)

        assert kinds_told(acme) == ["grant.created"]
        assert NewsReading.objects.get(name="grants created").read_until > clock() - HOUR

    def test_begins_now_with_a_sort_that_was_never_read(self, from_now_on: None) -> None:
        acme, anew = an_account(), [replace(FACTS[0], name="never read before")]
        a_grant(acme)

        assert news.tell(anew).news == 0
        a_grant(acme, "7")
        assert news.tell(anew).news == 1
        assert [each.data["tokens"] for each in News.objects.filter(about=acme)] == ["7.000000"]


@pytest.mark.django_db
class TestTheDatabase:
    def test_refuses_to_tell_a_fact_twice(self) -> None:
        told = {
            "kind": "grant.created",
            "fact": "one",
            "occurred_at": clock(),
            "recorded_at": clock(),
            "data": {},
        }
        News.objects.create(**told)

        with pytest.raises(IntegrityError, match="news_tell_a_fact_once"):
            News.objects.create(**told)

    def test_refuses_to_deliver_news_twice_to_one(self) -> None:
        endpoint, at = an_endpoint(), clock()
        told = News.objects.create(kind="x", fact="one", occurred_at=at, recorded_at=at, data={})
        Delivery.objects.create(news=told, endpoint=endpoint, created_at=at, next_at=at)

        with pytest.raises(IntegrityError, match="news_are_delivered_once_to_each"):
            Delivery.objects.create(news=told, endpoint=endpoint, created_at=at, next_at=at)


@pytest.mark.committed
@pytest.mark.usefixtures("at_work")
class TestTogether:
    def test_eight_workers_tell_each_fact_once(self) -> None:
        acme, endpoint = an_account(), an_endpoint(types=["grant.created"])
        for _ in range(20):
            a_grant(acme)

        answers = together([news.tell] * 8)

        assert sum(each.news for each in answers) == News.objects.filter(about=acme).count() == 20
        assert len(deliveries_to(endpoint)) == 20

    def test_a_fact_is_found_whose_transaction_ended_after_a_younger_one(self) -> None:
        slow, quick = an_account(), an_account()
        written, may_end = Event(), Event()

        def take_time() -> None:
            try:
                with transaction.atomic():
                    a_grant(slow)
                    written.set()
                    may_end.wait(30)
            finally:
                connection.close()

        writer = Thread(target=take_time)
        writer.start()
        written.wait(30)
        a_grant(quick)
        before = (kinds_told(slow), kinds_told(quick))
        may_end.set()
        writer.join()

        assert before == ([], ["grant.created"])
        assert kinds_told(slow) == ["grant.created"]

    def test_a_worker_that_dies_between_pages_leaves_the_rest_to_the_next(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        acme, endpoint = an_account(), an_endpoint(types=["grant.created"])
        for _ in range(5):
            a_grant(acme)
        monkeypatch.setattr(news, "PAGE", 2)
        first_id_at = news.first_id_at
        calls = iter(range(100))

        def die_at_the_second(moment: Any) -> Any:
            if next(calls) == 1:
                raise MemoryError
            return first_id_at(moment)

        monkeypatch.setattr(news, "first_id_at", die_at_the_second)
        with pytest.raises(MemoryError):
            news.tell()
        left = News.objects.filter(about=acme).count()

        assert left == 2
        assert len(told_about(acme)) == 5
        assert len(deliveries_to(endpoint)) == 5

    def test_an_endpoint_changes_before_or_after_news_are_handed_out(self, owner: psycopg.Connection) -> None:
        """Never meanwhile: its history tells whether it was to be told."""
        acme, endpoint = an_account(), an_endpoint(types=["limit.reached"])
        a_grant(acme)
        wish = EndpointWish(endpoint.name, SOMEWHERE, ["grant.created"])
        verbs = [news.tell, partial(endpoints.change, endpoint_id=endpoint.pk, wish=wish)]
        with psycopg.connect(owner.info.dsn) as elsewhere:
            elsewhere.execute("SELECT pg_advisory_xact_lock(7120, 0)")
            threads = [Thread(target=together, args=[[verb]]) for verb in verbs]
            for each in threads:
                each.start()
            for each in threads:
                each.join(0.3)
            assert [each.is_alive() for each in threads] == [True, True]
        for each in threads:
            each.join()

        told = News.objects.get(about=acme)
        chose_in_time = endpoint.history.latest().history_date < told.recorded_at
        assert told.deliveries.exists() == chose_in_time
