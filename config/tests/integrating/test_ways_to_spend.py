"""The Python of the page on integrating a product, run as it stands against a running product."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.tests.integrating.installation import PICTURE, Installation, a_book, a_job, states
from config.tests.integrating.wire import BUSY, DEAF, HANGS, OPEN, REFUSES

pytestmark = pytest.mark.committed


class TestDebit:
    def test_charges_a_job_once_though_it_comes_twice(
        self, shop: Installation, page: dict[str, Any], desk: Any
    ) -> None:
        account = shop.customer("100")
        job = a_job(account)

        assert [page["draw_picture"](desk, job) for _ in range(2)] == ["a picture for 2.500000 tokens"] * 2
        assert shop.spent(account, "100") == PICTURE

    def test_tells_the_customer_why_not(self, shop: Installation, page: dict[str, Any], desk: Any) -> None:
        poor = shop.customer("1")
        slow = shop.customer("100", policy={"mode": "block", "throttle": [{"tokens_per_minute": "3"}]})
        stopped = shop.customer("100", state="suspended")
        page["draw_picture"](desk, a_job(slow))

        told = [page["draw_picture"](desk, a_job(account)) for account in (poor, slow, stopped)]

        assert told[0] == "Not enough tokens. Buy some, then try again."
        assert re.fullmatch(r"Too fast. Try again in \d\d seconds.", told[1])
        assert told[2] == "This is not possible at the moment."
        assert shop.spent(slow, "100") == PICTURE

    def test_waits_as_long_as_it_is_told_to(self, shop: Installation, page: dict[str, Any]) -> None:
        brisk = shop.customer("100", policy={"mode": "block", "throttle": [{"tokens_per_minute": "60"}]})
        desk = page["Tokendesk"](shop.wire.url, shop.key, patience=5)
        desk.debit("all", brisk, [{"feature": "chat.output", "quantity": 6000}], datetime.now(UTC))
        before = time.monotonic()

        desk.debit("more", brisk, [{"feature": "chat.output", "quantity": 50}], datetime.now(UTC))

        assert 0.9 < time.monotonic() - before < 4
        assert shop.spent(brisk, "100") == Decimal("60.5")

    @pytest.mark.parametrize("trouble", [DEAF, BUSY, REFUSES, HANGS])
    def test_is_sent_again_until_there_is_an_answer(
        self, shop: Installation, page: dict[str, Any], trouble: str
    ) -> None:
        account, desk = shop.customer("100"), page["Tokendesk"](shop.wire.url, shop.key, patience=6)
        shop.wire.go(trouble)
        threading.Timer(1, shop.wire.go, [OPEN]).start()

        assert page["draw_picture"](desk, a_job(account)) == "a picture for 2.500000 tokens"
        assert shop.debits(account) == 1


class TestHold:
    def test_is_captured_in_steps_and_gives_the_rest_back(
        self, shop: Installation, page: dict[str, Any], desk: Any, tmp_path: Path
    ) -> None:
        account = shop.customer("100")
        book = a_book(page, desk, tmp_path)

        written = page["answer"](desk, book, a_job(account, at_most=2000), [200] * 7)

        assert written == 1400
        assert shop.spent(account, "100") == 14
        assert shop.debits(account) == 3
        assert shop.ask("GET", f"/accounts/{account}/balance")["held"] == "0.000000"

    def test_is_not_given_where_tokens_do_not_suffice(
        self, shop: Installation, page: dict[str, Any], desk: Any, tmp_path: Path
    ) -> None:
        account = shop.customer("1")

        with pytest.raises(page["Refused"], match="insufficient-tokens"):
            page["answer"](desk, a_book(page, desk, tmp_path), a_job(account, at_most=2000), [200])

        assert shop.spent(account, "1") == 0

    def test_ends_the_work_where_a_step_is_refused_and_charges_what_was_done(
        self, shop: Installation, page: dict[str, Any], desk: Any, tmp_path: Path
    ) -> None:
        account = shop.customer("12")
        book = a_book(page, desk, tmp_path)

        written = page["answer"](desk, book, a_job(account, at_most=1000), [250] * 100)
        book.catch_up(quiet=0)

        assert written == 1500
        assert shop.spent(account, "12") == 15
        assert shop.ask("GET", f"/accounts/{account}/balance")["overage"] == "3.000000"

    def test_that_nobody_answered_gives_itself_back(
        self, shop: Installation, page: dict[str, Any], hasty: Any
    ) -> None:
        account = shop.customer("100")
        shop.wire.go(DEAF)
        with pytest.raises(page["Away"]):
            hasty.hold("h", account, [{"feature": "chat.output", "quantity": 1000}], seconds=1)
        assert shop.spent(account, "100") == 0
        time.sleep(1)

        assert shop.ask("GET", f"/accounts/{account}/balance")["available"] == "100.000000"

    @pytest.mark.parametrize("trouble", [DEAF, BUSY, REFUSES, HANGS])
    def test_captures_nobody_answered_are_made_up_for(
        self, shop: Installation, page: dict[str, Any], hasty: Any, tmp_path: Path, trouble: str
    ) -> None:
        account, book = shop.customer("100"), a_book(page, hasty, tmp_path)

        def model() -> Iterator[int]:
            yield 600
            shop.wire.go(trouble)
            yield from [600, 600, 100]

        written = page["answer"](hasty, book, a_job(account, at_most=2000), model())
        with pytest.raises(page["Away"]):
            book.catch_up(quiet=0)
        shop.wire.go(OPEN)
        book.catch_up(quiet=0)

        assert written == 1900
        assert shop.spent(account, "100") == 19
        assert states(book) == {"settled"}

    def test_that_ended_meanwhile_is_made_up_for_by_an_event(
        self, shop: Installation, page: dict[str, Any], hasty: Any, tmp_path: Path
    ) -> None:
        account, book = shop.customer("100"), a_book(page, hasty, tmp_path)
        work = {
            "account": account,
            "items": [{"feature": "chat.output", "quantity": 700}],
            "occurred_at": datetime.now(UTC).isoformat(),
        }
        hold = hasty.hold("h", account, work["items"], seconds=1)
        shop.wire.go(REFUSES)
        assert book.capture(hold, "end", work)
        time.sleep(1)
        shop.wire.go(OPEN)

        for _ in range(2):
            book.catch_up(quiet=0)

        assert shop.spent(account, "100") == 7
        assert shop.debits(account) == 1


class TestSeat:
    def test_is_kept_by_heartbeats_and_given_back(
        self, shop: Installation, page: dict[str, Any], desk: Any
    ) -> None:
        account = shop.customer("100")

        with page["seat"](desk, "s-1", account, "desk", "ann", every=0.05) as lost:
            while sum(path.endswith("heartbeat") for path in shop.wire.heard) < 3:
                time.sleep(0.02)
            assert shop.spent(account, "100") == 6

        assert not lost.is_set()
        assert shop.wire.heard[-1].endswith("checkin")
        assert 0 < shop.spent(account, "100") < 1  # the unused part came back

    def test_pays_each_interval_and_is_lost_when_tokens_are_gone(
        self, shop: Installation, page: dict[str, Any], desk: Any
    ) -> None:
        account = shop.customer("3")

        with page["seat"](desk, "s-2", account, "blink", "ann", every=0.3) as lost:
            assert lost.wait(10)

        assert shop.spent(account, "3") == 3

    def test_outlives_a_heartbeat_that_nobody_heard(
        self, shop: Installation, page: dict[str, Any], hasty: Any
    ) -> None:
        account = shop.customer("100")

        with page["seat"](hasty, "s-3", account, "desk", "ann", every=0.05) as lost:
            shop.wire.go(REFUSES)
            time.sleep(1)
            shop.wire.go(OPEN)
            heard = len(shop.wire.heard)
            while len(shop.wire.heard) < heard + 2:
                time.sleep(0.02)
            assert not lost.is_set()


class TestBatches:
    def test_of_events_count_once_and_tell_what_was_rejected(
        self, shop: Installation, page: dict[str, Any], desk: Any
    ) -> None:
        account, now = shop.customer("100"), datetime.now(UTC).isoformat()

        def work(quantity: object) -> dict[str, Any]:
            item = {"feature": "chat.output", "quantity": quantity}
            return {"account": account, "items": [item], "occurred_at": now, "subject": {"user": "u-17"}}

        works = [(f"w-{number}", work(1)) for number in range(1200)] + [("odd", work(-1))]

        told = [page["report"](desk, "/tests", works) for _ in range(2)]

        assert told[0] == told[1] == {"odd": "/data/quantity: The number must be greater than 0."}
        assert shop.spent(account, "100") == 12

    def test_of_debits_count_once_and_tell_what_was_refused(
        self, shop: Installation, page: dict[str, Any]
    ) -> None:
        account, patient = shop.customer("0.4"), page["Tokendesk"](shop.wire.url, shop.key, patience=60)
        items = [{"feature": "chat.output", "quantity": 1}]
        rows = [{"idempotency_key": f"r-{n}", "account": account, "items": items} for n in range(45)]

        told = [page["charge_night"](patient, rows) for _ in range(2)]

        assert [[row["idempotency_key"] for row, _ in each] for each in told] == [
            [f"r-{n}" for n in range(40, 45)]
        ] * 2
        assert {why["status"] for _, why in told[0]} == {402}
        assert shop.spent(account, "0.4") == Decimal("0.4")
