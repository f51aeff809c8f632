"""The queue of usage events, an event's page, and what lies beyond policy."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from billing.tests.desks.people import at_the_desk_of
from usage.models import WaitingEvent
from usage.queries import queue
from usage.tests.made import DAY, Shop, a_grant, clock, named
from usage.tests.reported import an_event, debit_of, rate, reason_of, report, the_event

pytestmark = pytest.mark.django_db

QUEUE, EVENTS, BEYOND = (f"/admin/usage/{name}/" for name in ("waitingevent", "event", "beyondpolicy"))


@pytest.fixture
def support() -> Client:
    return at_the_desk_of("Support")


@pytest.fixture
def shop() -> Shop:
    return Shop()


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


class TestQueue:
    def test_tells_how_many_wait_since_when_and_why(self, support: Client, shop: Shop) -> None:
        rate()  # what other tests left
        before = WaitingEvent.objects.stuck().count()
        stuck = [an_event(shop, named("nobody")) for _ in range(2)]
        report(shop, *stuck, an_event(shop, shop.an_account(), at=clock() - 36 * DAY))
        rate()
        report(shop, an_event(shop, shop.an_account()))

        said = text_of(support, QUEUE)

        assert "Waiting for their turn 1 the oldest came just now" in said
        assert (
            f"The account is unknown {WaitingEvent.objects.filter(reason='unknown_account').count()} stuck"
            in said
        )
        assert "Older than 35 days" in said
        assert "There is no account nobody-" in said
        assert WaitingEvent.objects.stuck().count() == before + 3

    def test_counts_what_the_last_minute_took_in_and_booked(
        self, support: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account, began_at = shop.an_account(), clock()
        monkeypatch.setattr(queue, "database_clock", lambda: began_at + queue.MINUTE)
        report(shop, *[an_event(shop, account) for _ in range(3)])
        rate()
        report(shop, an_event(shop, account))

        said = text_of(support, QUEUE)

        assert "In the last minute 3 booked 4 taken in" in said

    def test_shows_what_is_stuck_for_one_reason(self, support: Client, shop: Shop) -> None:
        lost, late = named("nobody"), shop.an_account()
        report(shop, an_event(shop, lost), an_event(shop, late, at=clock() - 36 * DAY))
        rate()

        only_old = text_of(support, f"{QUEUE}?reason=too_old")

        assert late.reference in only_old
        assert lost not in only_old
        assert lost in text_of(support, f"{QUEUE}?reason=stuck")
        assert lost not in text_of(support, f"{QUEUE}?reason=turn")
        assert lost in text_of(support, f"{QUEUE}?q={lost}")

    def test_lets_those_that_are_chosen_be_rated_again(self, support: Client, shop: Shop) -> None:
        chosen, other = (an_event(shop, named("nobody")) for _ in range(2))
        report(shop, chosen, other)
        rate()

        answer = support.post(
            QUEUE, {"action": "rate_again", "_selected_action": [str(the_event(chosen).pk)]}, follow=True
        )

        assert "1 event was stuck. They are tried again within ten seconds." in answer.content.decode()
        assert [reason_of(each) for each in (chosen, other)] == ["", "unknown_account"]
        again = {"action": "rate_again", "_selected_action": [str(the_event(chosen).pk)]}
        assert "None of them was stuck." in support.post(QUEUE, again, follow=True).content.decode()

    def test_lets_nobody_else_do_that(self, shop: Shop) -> None:
        sent = an_event(shop, named("nobody"))
        report(shop, sent)
        rate()
        auditor = at_the_desk_of("Auditor")

        auditor.post(QUEUE, {"action": "rate_again", "_selected_action": [str(the_event(sent).pk)]})
        refused = auditor.post(f"{EVENTS}{the_event(sent).pk}/again/")

        assert refused.status_code == 403
        assert reason_of(sent) == "unknown_account"

    def test_warns_where_the_next_month_is_wanting(
        self, support: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from usage.admin import events

        monkeypatch.setattr(events, "months_ahead", lambda: 0)

        assert "The next month of events is wanting." in text_of(support, QUEUE)


class TestEvent:
    def test_shows_what_was_sent_and_its_debit(self, support: Client, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "4")
        sent = an_event(shop, account, "10")
        report(shop, sent)
        rate()

        said = text_of(support, f"{EVENTS}{the_event(sent).pk}/change/")

        assert "A debit of 10 AIT" in said
        assert "6 of it are beyond what the policy would have let pass" in said
        assert "&quot;quantity&quot;: &quot;10&quot;" in said
        assert (
            f"/admin/usage/debit/{debit_of(sent).pk}/"
            in support.get(f"{EVENTS}{the_event(sent).pk}/change/").content.decode()
        )

    def test_shows_why_it_waits_and_lets_it_be_rated_again(self, support: Client, shop: Shop) -> None:
        sent = an_event(shop, named("nobody"))
        report(shop, sent)
        rate()
        address = f"{EVENTS}{the_event(sent).pk}/"

        assert f"There is no account {sent.account}." in text_of(support, f"{address}change/")
        answer = support.post(f"{address}again/", follow=True)

        assert "It is tried again within ten seconds." in answer.content.decode()
        assert reason_of(sent) == ""

    def test_is_found_by_its_keys(self, support: Client, shop: Shop) -> None:
        account = shop.an_account()
        found, other = an_event(shop, account), an_event(shop, account)
        report(shop, found, other)

        for term in (f"{account.reference} {found.sent_id}", str(the_event(found).pk)):
            said = text_of(support, f"{EVENTS}?q={term}")
            assert found.sent_id in said
            assert other.sent_id not in said

    def test_that_never_was_is_not_found(self, support: Client) -> None:
        assert support.get(f"{EVENTS}01996f4e-8a70-7c31-b0c4-5d6f1a2b3c4d/change/").status_code == 404


class TestBeyondPolicy:
    def test_lists_debits_with_what_policy_would_have_refused(self, support: Client, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "4", effective_at=clock() - DAY)
        sent = an_event(shop, account, "10", at=clock() - timedelta(hours=1))
        report(shop, sent)
        rate()

        said = text_of(support, f"{BEYOND}?q={account.reference}")
        page = text_of(support, f"/admin/usage/debit/{debit_of(sent).pk}/change/")

        assert f"{account.reference} 6 AIT 6 of 10" in said
        assert "beyond policy 6 it would have refused" in page
        assert f"It books the usage event {sent.sent_id} of /tests." in page
        assert "6 beyond it" in text_of(support, f"/admin/wallets/account/{account.pk}/change/")
        assert "of which the policy would have refused 6: usage that was reported" in page


class TestHome:
    def test_names_events_that_are_stuck(self, support: Client, shop: Shop) -> None:
        shop.an_account()
        report(shop, an_event(shop, named("nobody")))
        rate()

        assert re.search(
            r"\d usage events? can't be rated\. \d+: the account is unknown", text_of(support, "/admin/")
        )
