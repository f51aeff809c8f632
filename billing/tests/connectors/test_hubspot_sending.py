"""What is told to HubSpot: figures in batches, tasks once, and what is wrong with one hinders no other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from billing.connectors.hubspot_sending import UNSAID
from billing.rules.connecting import FIELDS, TASK, Later, Message, NotSetUp, Refused, Sent, Unreachable
from billing.tests.connectors.held import NOW
from billing.tests.connectors.hubspot_books import COMPANIES, TASKS, Thing
from billing.tests.connectors.hubspot_server import HubSpotServer
from billing.tests.connectors.hubspot_told import HUBSPOT, access


@pytest.fixture
def vendor() -> Iterator[HubSpotServer]:
    server = HubSpotServer()
    yield server
    server.close()


def figures(company: str, **told: str | None) -> Message:
    return Message(FIELDS, f"fields:{company}:{sorted(told.items())}", company, told)


def a_task(company: str, key: str = "task:runs-out:1", **more: str) -> Message:
    told = {"title": "Tokens run out", "evidence": "5 < 7 are left.", "due_on": "2026-12-01"}
    return Message(TASK, key, company, told | more)


def errors(sent: Sequence[Sent]) -> list[tuple[bool, bool]]:
    """Of each: whether it failed, and whether for good."""
    return [(bool(each.answer.error), each.answer.is_final) for each in sent]


def written(company: Thing) -> list[tuple[str, str]]:
    return [each for each in company.written if each[0].startswith("tokendesk_")]


class TestFigures:
    def test_go_a_hundred_in_a_call(self, vendor: HubSpotServer) -> None:
        companies = [vendor.books.company() for _ in range(100)]
        sent = HUBSPOT.send(
            access(vendor), [figures(each.id, tokendesk_available=each.id) for each in companies]
        )

        assert [each.external_id for each in sent] == [each.id for each in companies]
        assert all(written(each) == [("tokendesk_available", each.id)] for each in companies)
        assert len(vendor.asked) == 1

    def test_of_one_that_is_refused_hinder_no_other(self, vendor: HubSpotServer) -> None:
        good, odd, gone = (vendor.books.company() for _ in range(3))
        vendor.books.delete(COMPANIES, gone)
        sent = HUBSPOT.send(
            access(vendor),
            [
                figures(gone.id, tokendesk_available="1"),
                figures(odd.id, tokendesk_available="many"),
                figures(good.id, tokendesk_available="2"),
            ],
        )

        assert errors(sent) == [(True, True), (True, True), (False, False)]
        assert "not a valid number" in sent[1].answer.error
        assert (written(good), written(odd)) == ([("tokendesk_available", "2")], [])

    def test_that_are_none_take_the_value_away(self, vendor: HubSpotServer) -> None:
        acme = vendor.books.company(tokendesk_runs_out_on="2026-12-01")
        HUBSPOT.send(access(vendor), [figures(acme.id, tokendesk_runs_out_on=None)])

        assert acme.properties["tokendesk_runs_out_on"] == ""

    def test_reach_what_their_company_was_merged_into(self, vendor: HubSpotServer) -> None:
        first, second = vendor.books.company(), vendor.books.company()
        merged = vendor.books.merge(COMPANIES, first, second)
        (sent,) = HUBSPOT.send(access(vendor), [figures(first.id, tokendesk_available="3")])

        assert (sent.answer.error, sent.external_id) == ("", merged.id)
        assert written(merged) == [("tokendesk_available", "3")]

    def test_of_one_company_go_in_their_order(self, vendor: HubSpotServer) -> None:
        acme = vendor.books.company()
        sent = HUBSPOT.send(
            access(vendor), [figures(acme.id, tokendesk_available=each) for each in ("1", "2", "3")]
        )

        assert errors(sent) == [(False, False)] * 3
        assert [value for _, value in written(acme)] == ["1", "2", "3"]

    def test_wait_for_a_property_that_nobody_has_made(self, vendor: HubSpotServer) -> None:
        acme = vendor.books.company()
        vendor.books.unknown.add("tokendesk_plan")

        with pytest.raises(NotSetUp, match="tokendesk_plan"):
            HUBSPOT.send(access(vendor), [figures(acme.id, tokendesk_plan="Team")])


class TestATask:
    def test_is_due_at_its_company_for_who_owns_it(self, vendor: HubSpotServer) -> None:
        acme = vendor.books.company(hubspot_owner_id="31")
        (sent,) = HUBSPOT.send(access(vendor), [a_task(acme.id)])

        task = vendor.books.things[TASKS][sent.external_id]
        assert task.properties == {
            "hs_task_subject": "Tokens run out",
            "hs_task_body": "5 &lt; 7 are left.",
            "hs_task_status": "NOT_STARTED",
            "hs_task_type": "TODO",
            "hs_timestamp": "2026-12-01T12:00:00.000Z",
            "hubspot_owner_id": "31",
            "tokendesk_key": "crm:task:runs-out:1",
        }
        assert vendor.books.links[(TASKS, task.id, COMPANIES)] == {acme.id: {192}}

    def test_is_made_once_however_often_it_is_told(self, vendor: HubSpotServer) -> None:
        acme = vendor.books.company()
        for failing, fault in (((2, "ten"), Later), ((2, "lost"), Unreachable), ((0, "lost"), Unreachable)):
            vendor.failing = [failing]
            with pytest.raises(fault):
                HUBSPOT.send(access(vendor), [a_task(acme.id)])
        names = {HUBSPOT.send(access(vendor), [a_task(acme.id)])[0].external_id for _ in range(3)}

        assert names == set(vendor.books.things[TASKS])
        assert len(names) == 1

    def test_is_the_other_s_where_two_make_it_at_once(
        self, vendor: HubSpotServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        acme = vendor.books.company()
        find, is_first = vendor.books.find, True

        def between(sort: str, name: str, id_property: str = "") -> Thing | None:
            nonlocal is_first
            found = find(sort, name, id_property)
            if id_property and is_first:
                is_first = False
                vendor.books.make(TASKS, {"tokendesk_key": name, "hs_timestamp": "2026-12-01"})
            return found

        monkeypatch.setattr(vendor.books, "find", between)
        (sent,) = HUBSPOT.send(access(vendor), [a_task(acme.id)])

        assert sent.answer.error == ""
        assert [sent.external_id] == list(vendor.books.things[TASKS])

    def test_of_a_company_that_is_gone_hinders_no_other(self, vendor: HubSpotServer) -> None:
        acme = vendor.books.company()
        sent = HUBSPOT.send(access(vendor), [a_task("5", "task:1"), a_task(acme.id, "task:2")])

        assert errors(sent) == [(True, True), (False, False)]
        with pytest.raises(Refused, match="no task"):
            HUBSPOT.send(access(vendor), [a_task(acme.id, "task:3", due_on="soon")])

    def test_of_another_connection_is_another(self, vendor: HubSpotServer) -> None:
        acme, mine = vendor.books.company(), access(vendor)
        for code in ("crm", "crm-2"):
            HUBSPOT.send(type(mine)(code, mine.settings, mine.secrets, mine.private_hosts), [a_task(acme.id)])

        assert len(vendor.books.things[TASKS]) == 2


class TestAnAnswerThatLeavesOneOut:
    def test_says_so_and_lets_it_be_tried_again(
        self, vendor: HubSpotServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        acme = vendor.books.company()
        done = vendor.calls.done
        monkeypatch.setattr(vendor.calls, "done", lambda asked: _emptied(done(asked)))
        (sent,) = HUBSPOT.send(access(vendor), [figures(acme.id, tokendesk_available="1")])

        assert (sent.answer.error, sent.answer.is_final) == (UNSAID, False)


class TestTokens:
    def test_are_renewed_and_the_refresh_token_is_kept_though_it_changes(self, vendor: HubSpotServer) -> None:
        vendor.rotates = True
        mine = access(vendor)
        renewed = HUBSPOT.renew(mine, NOW)

        assert renewed is not None
        assert renewed.secrets["refresh_token"] == vendor.refresh_token != mine.secret("refresh_token")
        assert renewed.expires_at == NOW + timedelta(minutes=30)
        with pytest.raises(Refused, match="refresh token"):
            HUBSPOT.renew(mine, NOW)

    def test_of_a_private_app_last(self, vendor: HubSpotServer) -> None:
        mine = access(vendor)
        private = type(mine)("crm", mine.settings, {"access_token": mine.secrets["access_token"]})

        assert HUBSPOT.renew(private, NOW) is None

    def test_are_not_given_to_who_is_not_the_app(self, vendor: HubSpotServer) -> None:
        with pytest.raises(Refused, match="client secret"):
            HUBSPOT.renew(access(vendor, client_id="another"), NOW)


def _emptied(reply: object) -> object:
    told = getattr(reply, "told", None)
    assert isinstance(told, dict)
    told["results"] = []
    return reply
