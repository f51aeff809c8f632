"""What is told to Salesforce: figures in collections, tasks once, and what is wrong with one hinders no other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from billing.connectors.salesforce_sending import MOST_PARTS, NOT_TRIED
from billing.rules.connecting import FIELDS, TASK, Later, Message, NotSetUp, Refused, Sent, Unreachable
from billing.tests.connectors.salesforce_books import ACCOUNT, USER, Row
from billing.tests.connectors.salesforce_books import TASK as TASKS
from billing.tests.connectors.salesforce_server import SalesforceServer
from billing.tests.connectors.salesforce_told import SALESFORCE, access


@pytest.fixture
def vendor() -> Iterator[SalesforceServer]:
    server = SalesforceServer()
    yield server
    server.close()


def figures(account: str, **told: str | None) -> Message:
    return Message(FIELDS, f"fields:{account}:{sorted(told.items())}", account, told)


def available(account: Row, tokens: str | None) -> Message:
    return figures(account.id, Tokendesk_Available__c=tokens)


def a_task(account: str, key: str = "task:runs-out:1", **more: str) -> Message:
    told = {"title": "Tokens run out", "evidence": "5 < 7 are left.", "due_on": "2026-12-01"}
    return Message(TASK, key, account, told | more)


def errors(sent: Sequence[Sent]) -> list[tuple[bool, bool]]:
    """Of each: whether it failed, and whether for good."""
    return [(bool(each.answer.error), each.answer.is_final) for each in sent]


def written(account: Row) -> list[Any]:
    return [value for name, value in account.written if name == "Tokendesk_Available__c"]


class TestFigures:
    def test_go_two_hundred_in_a_call(self, vendor: SalesforceServer) -> None:
        accounts = [vendor.books.account() for _ in range(200)]
        sent = SALESFORCE.send(access(vendor), [available(each, "5") for each in accounts])

        assert [each.external_id for each in sent] == [each.id for each in accounts]
        assert all(written(each) == ["5"] for each in accounts)
        assert len(vendor.asked) == 1

    def test_of_one_that_is_refused_or_locked_hinder_no_other(self, vendor: SalesforceServer) -> None:
        good, ruled, gone, locked = (vendor.books.account() for _ in range(4))
        vendor.books.delete(gone)
        vendor.books.locked.add(locked.id)
        vendor.calls.refused.add(ruled.id)
        sent = SALESFORCE.send(access(vendor), [available(each, "1") for each in (gone, ruled, locked, good)])

        assert errors(sent) == [(True, True), (True, True), (True, False), (False, False)]
        assert sent[1].answer.error == (
            "Salesforce: Not at the end of a quarter. (FIELD_CUSTOM_VALIDATION_EXCEPTION)"
        )
        assert "UNABLE_TO_LOCK_ROW" in sent[2].answer.error
        assert [written(each) for each in (good, ruled, locked)] == [["1"], [], []]

        vendor.books.locked.clear()
        assert errors(SALESFORCE.send(access(vendor), [available(locked, "1")])) == [(False, False)]

    def test_that_are_none_take_the_value_away(self, vendor: SalesforceServer) -> None:
        acme = vendor.books.account(Tokendesk_Available__c="5")
        SALESFORCE.send(access(vendor), [available(acme, None)])

        assert acme.values["Tokendesk_Available__c"] is None

    def test_of_one_account_go_in_their_order(self, vendor: SalesforceServer) -> None:
        acme = vendor.books.account()
        sent = SALESFORCE.send(access(vendor), [available(acme, each) for each in ("1", "2", "3")])

        assert errors(sent) == [(False, False)] * 3
        assert written(acme) == ["1", "2", "3"]

    def test_wait_for_a_field_that_nobody_has_made(self, vendor: SalesforceServer) -> None:
        acme = vendor.books.account()

        with pytest.raises(NotSetUp, match="Tokendesk_Overage__c"):
            SALESFORCE.send(access(vendor), [figures(acme.id, Tokendesk_Overage__c="1")])

    def test_that_can_t_be_parsed_are_told_apart_from_the_others_of_their_call(
        self, vendor: SalesforceServer
    ) -> None:
        accounts = [vendor.books.account() for _ in range(64)]
        told = ["many" if place == 41 else "5" for place in range(64)]
        pairs = zip(accounts, told, strict=True)
        sent = SALESFORCE.send(access(vendor), [available(account, each) for account, each in pairs])

        assert [place for place, each in enumerate(sent) if each.answer.error] == [41]
        assert (sent[41].answer.is_final, "JSON_PARSER_ERROR" in sent[41].answer.error) == (True, True)
        assert [written(each) for each in accounts] == [[] if each == "many" else ["5"] for each in told]
        assert len(vendor.asked) == 13

    def test_of_which_none_can_be_parsed_are_not_tried_for_ever(self, vendor: SalesforceServer) -> None:
        accounts = [vendor.books.account() for _ in range(100)]
        sent = SALESFORCE.send(access(vendor), [available(each, "many") for each in accounts])
        final = [each for each in sent if each.answer.is_final]

        assert len(vendor.asked) == MOST_PARTS
        assert final
        assert {each.answer.error for each in sent if not each.answer.is_final} == {NOT_TRIED}


class TestATask:
    def test_is_due_at_its_account_for_who_owns_it(self, vendor: SalesforceServer) -> None:
        owner = vendor.books.make(USER, {"Name": "Owner", "IsActive": True})
        acme = vendor.books.account(OwnerId=owner.id)
        (sent,) = SALESFORCE.send(access(vendor), [a_task(acme.id)])

        assert vendor.books.tables[TASKS][sent.external_id].values == {
            "Subject": "Tokens run out",
            "Description": "5 < 7 are left.",
            "ActivityDate": "2026-12-01",
            "WhatId": acme.id,
            "OwnerId": owner.id,
            "Status": "Not Started",
            "Tokendesk_Key__c": "crm:task:runs-out:1",
        }

    def test_is_made_once_however_often_it_is_told(self, vendor: SalesforceServer) -> None:
        acme = vendor.books.account()
        for failing, fault in (((1, "many"), Later), ((1, "lost"), Unreachable), ((0, "lost"), Unreachable)):
            vendor.failing = [failing]
            with pytest.raises(fault):
                SALESFORCE.send(access(vendor), [a_task(acme.id)])
        ids = {SALESFORCE.send(access(vendor), [a_task(acme.id)])[0].external_id for _ in range(3)}

        assert ids == set(vendor.books.tables[TASKS])
        assert len(ids) == 1

    def test_stays_done_though_it_is_told_again(self, vendor: SalesforceServer) -> None:
        acme = vendor.books.account()
        (sent,) = SALESFORCE.send(access(vendor), [a_task(acme.id)])
        task = vendor.books.tables[TASKS][sent.external_id]
        vendor.books.write(task, {"Status": "Completed"})
        SALESFORCE.send(access(vendor), [a_task(acme.id)])

        assert task.values["Status"] == "Completed"

    def test_is_the_connection_s_user_s_where_the_owner_left(self, vendor: SalesforceServer) -> None:
        left = vendor.books.make(USER, {"Name": "Left", "IsActive": False})
        acme, other = vendor.books.account(OwnerId=left.id), vendor.books.account()
        sent = SALESFORCE.send(access(vendor), [a_task(acme.id, "task:1"), a_task(other.id, "task:2")])

        assert errors(sent) == [(False, False)] * 2
        tasks = [vendor.books.tables[TASKS][each.external_id] for each in sent]
        assert [each.values["OwnerId"] for each in tasks] == [vendor.books.seller.id] * 2
        assert [each.values["WhatId"] for each in tasks] == [acme.id, other.id]

    def test_of_an_account_that_is_gone_hinders_no_other(self, vendor: SalesforceServer) -> None:
        acme, gone = vendor.books.account(), vendor.books.account()
        vendor.books.delete(gone)
        sent = SALESFORCE.send(access(vendor), [a_task(gone.id, "task:1"), a_task(acme.id, "task:2")])

        assert errors(sent) == [(True, True), (False, False)]
        with pytest.raises(Refused, match="no task"):
            SALESFORCE.send(access(vendor), [a_task(acme.id, "task:3", due_on="soon")])

    def test_of_another_connection_is_another(self, vendor: SalesforceServer) -> None:
        acme, mine = vendor.books.account(), access(vendor)
        for code in ("crm", "crm-2"):
            there = type(mine)(code, mine.settings, mine.secrets, mine.private_hosts)
            SALESFORCE.send(there, [a_task(acme.id)])

        assert len(vendor.books.tables[TASKS]) == 2

    def test_has_a_key_that_fits_and_a_subject_too(self, vendor: SalesforceServer) -> None:
        acme = vendor.books.account()
        long = [a_task(acme.id, f"task:{'x' * 300}:{n}", title="T" * 300) for n in range(2)]
        sent = SALESFORCE.send(access(vendor), long)

        assert errors(sent) == [(False, False)] * 2
        assert len(vendor.books.tables[TASKS]) == 2


class TestAnAnswerOfAnotherLength:
    def test_is_none(self, vendor: SalesforceServer, monkeypatch: pytest.MonkeyPatch) -> None:
        accounts = [vendor.books.account() for _ in range(2)]
        monkeypatch.setattr(vendor.calls, "_records", lambda asked: asked.json["records"][:1], raising=True)

        with pytest.raises(Unreachable, match="2 records have 1 answers"):
            SALESFORCE.send(access(vendor), [available(each, "1") for each in accounts])
        assert vendor.books.tables[ACCOUNT]
