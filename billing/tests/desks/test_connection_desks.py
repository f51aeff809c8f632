"""The sync desk: how connections fare, what failed, their secrets, their fields, and fetching everything again."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.models import (
    Connection,
    ConnectionHealth,
    ConnectionSecret,
    Handling,
    Outgoing,
    SyncCursor,
)
from billing.services import connection_secrets, connections
from billing.services.connections import ConnectionWish
from billing.tests.connectors.desk_made import (
    KEY,
    LIST,
    a_connection,
    a_message,
    a_run,
    applied,
    failed,
    page,
    told,
)
from billing.tests.connectors.desk_sample import Sample
from billing.tests.desks.people import at_the_desk_of, text_of
from config.kernel.errors import InvalidRequest
from usage.tests.made import an_account, clock, named

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outside")]

NEVER = '<dd class="d-strong">never</dd>'
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


@pytest.fixture
def support() -> Client:
    return at_the_desk_of("Support")


@pytest.fixture
def auditor() -> Client:
    return at_the_desk_of("Auditor")


class TestAConnection:
    def test_is_made_paused_and_shows_the_secret_that_is_made_here_once(self, support: Client) -> None:
        code = named("hub")
        wish = {
            "name": "Hub",
            "code": code,
            "set-pipeline": "won",
            "set-api_key": KEY,
            "reason": "Sales asked",
        }
        response = support.post(f"{LIST}add/?kind=sample", wish)

        row = Connection.objects.get(code=code)
        (secret,) = set(SECRET.findall(text_of(response))) - {"whsec_"}
        access = connection_secrets.access_of(row, Sample.settings, clock())
        assert (row.state, row.settings, access.secret("api_key")) == ("paused", {"pipeline": "won"}, KEY)
        assert access.secret("signing") == secret
        assert "no-store" in response.headers["Cache-Control"]
        for address in (page(row), page(row, "settings"), page(row, "history"), LIST):
            shown = text_of(support.get(address))
            assert secret not in shown
            assert KEY not in shown
        assert row.history.earliest().history_change_reason == "Sales asked"

    def test_says_beside_the_field_what_is_wrong_and_makes_nothing(self, support: Client) -> None:
        wish = {
            "name": "Hub",
            "code": named("hub"),
            "set-address": "https://127.0.0.1/",
            "set-api_key": "x\ny",
        }
        shown = text_of(support.post(f"{LIST}add/?kind=sample", wish))
        assert "127.0.0.1 is no public address (loopback)." in shown
        assert not Connection.objects.filter(code=wish["code"]).exists()
        with pytest.raises(InvalidRequest) as refused:
            connections.make(code="Not Plain", kind="sample", known=(), wish=ConnectionWish("Hub", {}))
        assert [each.pointer for each in refused.value.errors] == ["/code"]

    def test_is_given_another_secret_that_nobody_sees(self, support: Client) -> None:
        row = a_connection()
        support.post(page(row, "secrets/api_key"), {"secret": "pat-2", "reason": "Rotated"})
        made = support.post(page(row, "secrets/signing"), {"reason": "It was in a log"})

        kept = connection_secrets.access_of(row, Sample.settings, clock()).secrets
        assert kept["api_key"] == ["pat-2", KEY]
        assert SECRET.findall(text_of(made)) == [kept["signing"][0]]
        assert len(kept["signing"]) == 2
        support.post(page(row, "secrets/api_key"), {"secret": "pat-3", "is_leaked": "on"})
        assert connection_secrets.access_of(row, Sample.settings, clock()).secrets["api_key"] == ["pat-3"]
        support.post(page(row, "secrets/signing"), {"is_leaked": "on"})
        assert len(connection_secrets.access_of(row, Sample.settings, clock()).secrets["signing"]) == 1
        shown = text_of(support.get(page(row, "settings"))) + text_of(
            support.get(page(row, "secrets/api_key"))
        )
        assert "pat-" not in shown
        assert not any("pat-" in each for each in ConnectionSecret.objects.values_list("sealed", flat=True))
        assert "New secret signing. It was in a log" in text_of(support.get(page(row, "history")))

    def test_is_paused_let_work_and_switched_off_for_a_reason(self, support: Client) -> None:
        row = a_connection()
        for what, state in (("pause", "paused"), ("on", "on"), ("off", "off")):
            assert "This field is required" in text_of(support.post(page(row, what), {"reason": ""}))
            support.post(page(row, what), {"reason": f"Because {what}"})
            row.refresh_from_db()
            assert (row.state, row.history.latest().history_change_reason) == (state, f"Because {what}")

    def test_warns_of_what_it_lacks_and_lets_nobody_change_it_who_may_only_look(
        self, auditor: Client
    ) -> None:
        row = a_connection(key="")
        assert "It has no secret “API key” yet." in text_of(auditor.get(page(row)))
        for what in ("test", "pause", "on", "off", "settings", "secrets/api_key", "resync", "fields"):
            assert auditor.post(page(row, what), {"reason": "x"}).status_code == 403, what


class TestHowConnectionsFare:
    def test_is_told_in_a_word_and_by_why(self, support: Client) -> None:
        an_account()
        works, warns, fails, rests = (a_connection(named("system")) for _ in range(4))
        ConnectionHealth.objects.filter(connection=fails).update(
            silent=3, fault="It can't be reached: refused."
        )
        failed(told(warns, id=1), "There is no reference.")
        SyncCursor.objects.filter(connection=rests).update(due_at=clock() - timedelta(hours=3))

        shown = text_of(support.get(LIST))

        cards = dict(re.findall(r'change/">([^<]+)</a></h2><span class="[^"]*">([a-z]+)</span>', shown))
        assert [cards[each.name] for each in (works, warns, fails, rests)] == [
            "working",
            "warning",
            "failing",
            "warning",
        ]
        assert "The last 3 exchanges failed: It can&#x27;t be reached: refused." in shown
        assert "1 was given up and waits for a person." in shown
        assert "A fetch is due for 3 hours: is a worker running?" in shown
        assert "2 connections need a person." in text_of(support.get("/admin/"))

    def test_counts_a_call_that_was_taken_as_a_success(self, support: Client) -> None:
        row = a_connection()
        ConnectionHealth.objects.filter(connection=row).update(last_success_at=None)
        assert NEVER in text_of(support.get(page(row, "change")))

        told(row, id=7)

        assert NEVER not in text_of(support.get(page(row, "change")))

    def test_is_asked_for_by_as_many_questions_however_many_there_are(self, support: Client) -> None:
        def asked() -> int:
            with CaptureQueriesContext(
                connection,
            ) as found:
                support.get(LIST)
            return len(found)

        first = a_connection()
        failed(told(first, id=1), "No reference.")
        a_message(first, "acme", fault="It answered 400.")
        a_run(first, "companies")
        support.get(LIST)
        before = asked()
        for n in range(3):
            row = a_connection()
            failed(told(row, id=n), f"Fault {n}.")
            a_message(row, "acme", fault=f"It answered {n}.")
            a_run(row, "companies")

        assert asked() == before


class TestErrors:
    def test_are_told_once_a_fault_with_payload_and_answer(self, support: Client, auditor: Client) -> None:
        row = a_connection()
        for n in range(3):
            failed(
                told(row, id=n, who="ada@example.com"),
                "There is no reference.",
                "There is no reference: Ada has none.",
                where="properties.account_ref",
            )
        a_message(
            row,
            "acme",
            fault="It answered 400.",
            answer='{"message": "no property td_balance"}',
            balance="12.5",
        )

        seen, unseen = text_of(support.get(page(row))), text_of(auditor.get(page(row)))

        assert seen.count("There is no reference.</strong>") == 1
        assert "3 given up" in seen
        assert "ada@example.com" in seen
        assert "Ada has none" in seen
        assert "no property td_balance" in seen
        assert "12.5" in seen
        assert "There is no reference." in unseen
        assert "ada@example.com" not in unseen
        assert "Ada has none" not in unseen
        assert "no property" not in unseen
        assert "12.5" not in unseen

    def test_are_tried_again_one_or_all_of_them_or_ignored(self, support: Client, auditor: Client) -> None:
        row, other = a_connection(), a_connection()
        one, two = (failed(told(row, id=n), "There is no reference.") for n in range(2))
        else_, elsewhere = failed(told(row), "It is no JSON."), failed(told(other), "There is no reference.")
        sent = a_message(row, "acme", fault="It answered 400.")

        def states() -> list[str]:
            return [Handling.objects.get(pk=each.pk).state for each in (one, two, else_, elsewhere)]

        group = {"direction": "in", "fault": "There is no reference."}
        assert auditor.post(page(row, "errors/again"), group).status_code == 403
        support.post(page(row, f"in/{one.pk}/again"))
        assert states() == ["waiting", "dead", "dead", "dead"]
        assert "2 records are tried" not in text_of(
            support.post(page(row, "errors/again"), group, follow=True)
        )
        assert states() == ["waiting", "waiting", "dead", "dead"]
        support.post(page(row, "errors/again"), {"direction": "out", "fault": "It answered 400."})
        assert Outgoing.objects.get(pk=sent.pk).state == "waiting"
        gone = {"direction": "in", "fault": "It is no JSON.", "reason": ""}
        assert "1 record that failed with" in text_of(support.post(page(row, "errors/ignore"), gone))
        support.post(page(row, "errors/ignore"), gone | {"reason": "A test of theirs"})
        assert states() == ["waiting", "waiting", "ignored", "dead"]
        ignored = Handling.objects.get(pk=else_.pk)
        assert (ignored.reason, ignored.decided_by) == ("A test of theirs", "support")
        assert "A test of theirs Ignored by support." in text_of(support.get(page(row, f"in/{else_.pk}")))
        failed(one, "There is no reference.")
        again = text_of(support.get(page(row, f"in/{one.pk}")))
        assert "There is no reference. Last tried again by support." in again
        support.post(page(row, f"out/{sent.pk}/ignore"), {"reason": "No such field"})
        assert "No such field Ignored by support." in text_of(support.get(page(row, f"out/{sent.pk}")))

    def test_call_figures_what_is_sent_to_fields(self, support: Client) -> None:
        row = a_connection()
        sent = a_message(row, "acme")
        a_run(row, "send fields")
        overview, out = text_of(support.get(page(row))), text_of(support.get(f"{page(row)}?tab=out"))

        assert ("send figures" in overview, "send fields" in overview) == (True, False)
        assert f'{sent.pk}/">figures</a>' in out
        assert "figures of acme" in text_of(support.get(page(row, f"out/{sent.pk}")))

    def test_are_shown_with_all_there_is_of_one(self, support: Client, auditor: Client) -> None:
        row = a_connection()
        good = applied(
            told(row, id=7, properties={"account_ref": "acme", "name": "<b>Acme</b>"}), "acme is linked."
        )
        broken = told(row, body=b"{half")
        sent = a_message(
            row, "acme", fault="It answered 400.", answer="no property td_balance", balance="12.5"
        )

        record = text_of(support.get(page(row, f"in/{good.pk}")))
        assert "acme is linked." in record
        assert "&lt;b&gt;Acme&lt;/b&gt;" in record
        assert "properties.account_ref" in record
        assert "A customer" in record
        assert "It can't be applied: It is no JSON." in text_of(support.get(page(row, f"in/{broken.pk}")))
        message = text_of(support.get(page(row, f"out/{sent.pk}")))
        assert "184 ms" in message
        assert "no property td_balance" in message
        assert "12.5" in message
        assert "12.5" not in text_of(auditor.get(page(row, f"out/{sent.pk}")))
        assert "Acme" not in text_of(auditor.get(page(row, f"in/{good.pk}")))
        assert support.get(page(a_connection(), f"in/{good.pk}")).status_code == 404

    def test_page_through_by_a_cursor(self, support: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in ("billing.queries.connection_records", "billing.admin.connections"):
            monkeypatch.setattr(f"{module}.ROWS_SHOWN", 2)
        row = a_connection()
        rows = [told(row, id=n) for n in range(3)]
        first = text_of(support.get(page(row) + "?tab=in"))
        older = re.search(r"below=([0-9a-f-]+)", first)
        assert older
        second = text_of(support.get(page(row) + f"?tab=in&below={older[1]}"))
        assert [[str(each.pk) in text for each in rows] for text in (first, second)] == [
            [False, True, True],
            [True, False, False],
        ]
