"""The measuring itself: what is sent, what is read, what is made of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks import report
from benchmarks.http_load import Load, Plan
from benchmarks.rehearsal import debits_each
from benchmarks.rounds import Sample
from billing.rules.signatures import proven, secret_text

PLAN = Plan("localhost", 80, "/api/v1/debits", "td_key", ['{"account":"a"}'], 1, 1, "load-1")
SECRET = secret_text(b"\1" * 32)
SAMPLE = Sample(a_second=1000, postgres_cpu=100)


class TestLoad:
    def test_sends_a_new_key_each_time_in_the_header(self) -> None:
        load = Load(PLAN)

        first, second = load.request(), load.request()

        assert b"\r\nIdempotency-Key: load-1-1\r\nContent-Length: 15\r\n\r\n{" in first
        assert b"\r\nIdempotency-Key: load-1-2\r\n" in second

    def test_writes_a_new_key_into_each_row_of_a_batch(self) -> None:
        rows = '{"debits":[{"idempotency_key":"@"},{"idempotency_key":"@"}]}'

        head, body = Load(replace(PLAN, bodies=[rows], keys_a_body=2)).request().split(b"\r\n\r\n")

        assert b"Idempotency-Key" not in head
        assert body == b'{"debits":[{"idempotency_key":"load-1-1-1"},{"idempotency_key":"load-1-1-2"}]}'
        assert head.endswith(b"Content-Length: %d" % len(body))

    @pytest.mark.parametrize(
        ("received", "is_complete"),
        [
            (b"HTTP/1.1 201 Created\r\ncontent-type: a\r\ncontent-length: 2\r\n\r\n{}", True),
            (b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{", False),
            (b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n", False),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", True),
        ],
    )
    def test_knows_when_an_answer_is_complete(self, received: bytes, is_complete: bool) -> None:
        assert Load._is_complete(received) == is_complete

    def test_takes_an_answer_that_does_not_confirm_for_a_refusal(self) -> None:
        load = Load(replace(PLAN, confirmation='"accepted":2', confirmations=1))

        load._count(b'HTTP/1.1 202 Accepted\r\n\r\n{"accepted":2}', 1)
        load._count(b'HTTP/1.1 202 Accepted\r\n\r\n{"accepted":1}', 1)

        assert load.statuses == {b"202": 1, b"a row of a batch was not taken": 1}

    def test_sends_under_the_media_type_of_its_plan(self) -> None:
        assert b"\r\nContent-Type: text/x\r\n" in Load(replace(PLAN, media_type="text/x")).request()

    def test_signs_each_webhook_under_an_id_of_its_own(self) -> None:
        plan = replace(PLAN, bodies=['{"external_id":"@"}'], keys_a_body=1, signing_secret=SECRET)
        load = Load(plan)

        for number in (1, 2):
            head, body = load.request().split(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:])
            exact = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
            headers["webhook-signature"] = exact["webhook-signature"]
            assert proven([SECRET], headers, body, datetime.now(UTC)) == f"load-1-{number}"
            assert body == b'{"external_id":"load-1-%d-1"}' % number
            assert "authorization" not in headers


class TestReport:
    def test_holds_events_against_the_function_of_the_same_round(self) -> None:
        samples = {
            "function": [replace(SAMPLE, a_second=speed) for speed in (1000, 2000, 1000)],
            "events_in": [replace(SAMPLE, a_second=speed) for speed in (4000, 4000, 3500)],
            "events_booked": [replace(SAMPLE, a_second=speed) for speed in (600, 1200, 700)],
        }

        taken_in, booked = report.events_rows(samples)

        assert (taken_in.measured, taken_in.is_kept) == ("3.50× (4,000 a second)", True)
        assert (booked.measured, booked.is_kept) == ("0.60× (700 a second)", False)

    def test_tells_what_outside_systems_tell_without_a_bound(self) -> None:
        samples = {
            "function": [replace(SAMPLE, a_second=speed) for speed in (1000, 2000, 1000)],
            "told": [replace(SAMPLE, a_second=speed) for speed in (500, 500, 400)],
            "applied": [replace(SAMPLE, a_second=speed) for speed in (60, 120, 70)],
        }

        told, applied = report.telling_rows(samples)

        assert (told.measured, told.is_kept) == ("0.400× (500 a second)", None)
        assert applied.measured == "0.060× (70 a second)"

    def test_takes_the_median_of_the_ratios_within_a_round(self) -> None:
        samples = {
            "function": [replace(SAMPLE, a_second=speed) for speed in (700, 800, 100)],
            "tpcb": [replace(SAMPLE, a_second=speed) for speed in (1000, 1000, 1000)],
        }

        assert report.ratio(samples, "function", "tpcb") == 0.7

    def test_calls_a_ledger_dearer_by_time(self) -> None:
        samples = {
            "young": [SAMPLE],
            "old": [replace(SAMPLE, a_second=800)],
            "few_grants": [SAMPLE],
            "many_grants": [replace(SAMPLE, a_second=1000, postgres_cpu=110)],
        }

        old, many = report.growth_rows(samples, 5_000_000)

        assert (old.measured, old.is_kept) == ("1.25× (CPU 1.00×)", False)
        assert (many.measured, many.is_kept) == ("1.00× (CPU 1.10×)", True)

    def test_tells_what_a_million_lines_take_and_whether_many_cost_more(self) -> None:
        lines = {"rehearsed_small": 250_000, "rehearsed_large": 500_000}
        seconds = {"rehearsed_small": 2.0, "rehearsed_large": 6.0, "tiers": 31.0, "formulas": 9.0}

        plain, tiers, formulas, dearer = report.rehearsal_rows(lines, seconds)

        assert (plain.measured, plain.is_kept) == ("12.0 s", True)
        assert (tiers.measured, tiers.is_kept) == ("62.0 s", False)
        assert formulas.is_kept
        assert (dearer.measured, dearer.is_kept) == ("1.50×", False)


class TestRehearsal:
    def test_makes_about_the_lines_that_were_asked_for(self) -> None:
        assert [debits_each(lines, 10_000) for lines in (250_000, 1_000_000)] == [12, 50]
