"""What a product did while nobody answered is charged afterwards: nothing is lost, nothing is doubled."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from config.tests.integrating.installation import PICTURE, Installation, a_book, a_job, states
from config.tests.integrating.wire import BUSY, DEAF, HANGS, OPEN, REFUSES
from config.tests.running import managed

pytestmark = pytest.mark.committed


class TestBookWhileNobodyAnswers:
    @pytest.mark.parametrize("trouble", [DEAF, BUSY, REFUSES, HANGS, "no database"])
    def test_loses_nothing_and_doubles_nothing(
        self, shop: Installation, page: dict[str, Any], hasty: Any, tmp_path: Path, trouble: str
    ) -> None:
        account, book = shop.customer("1000"), a_book(page, hasty, tmp_path)
        jobs = [a_job(account) for _ in range(12)]
        drawn = [page["draw_anyway"](book, job) for job in jobs[:3]]
        try:
            shop.without_a_database() if trouble == "no database" else shop.wire.go(trouble)
            for job in jobs[3:9]:
                drawn += [page["draw_anyway"](book, job) for _ in range(2)]  # its queue delivers it twice
                time.sleep(0.1)
            again = a_book(page, hasty, tmp_path)  # the process died, another one finds the book
            with pytest.raises(page["Away"]):
                again.catch_up(quiet=0)
        finally:
            shop.with_a_database() if trouble == "no database" else shop.wire.go(OPEN)
        time.sleep(0.3)
        drawn += [page["draw_anyway"](again, job) for job in jobs[8:]]
        for _ in range(3):
            again.catch_up(quiet=0)

        paid_later = drawn.count("a picture, to be paid for later")
        assert len(drawn) == 3 + 12 + 4
        assert paid_later >= 13  # the client is hasty: on a slow machine it waits for fewer
        assert shop.spent(account, "1000") == 12 * PICTURE
        assert shop.debits(account) == 12
        assert states(again) == {"settled"}

    @pytest.mark.parametrize("trouble", [DEAF, REFUSES])
    def test_charges_what_policy_would_have_refused_all_the_same(
        self, shop: Installation, page: dict[str, Any], hasty: Any, tmp_path: Path, trouble: str
    ) -> None:
        account, book = shop.customer("4"), a_book(page, hasty, tmp_path)
        shop.wire.go(trouble)
        for _ in range(4):
            page["draw_anyway"](book, a_job(account))
            time.sleep(0.25)  # so that each is sent
        shop.wire.go(OPEN)

        for _ in range(2):
            book.catch_up(quiet=0)

        assert shop.spent(account, "4") == 4 * PICTURE
        assert shop.debits(account) == 4
        assert states(book) == {"settled"}

    def test_leaves_calls_alone_that_may_still_be_under_way(
        self, shop: Installation, page: dict[str, Any], hasty: Any, tmp_path: Path
    ) -> None:
        account, book = shop.customer("4"), a_book(page, hasty, tmp_path)
        shop.wire.go(HANGS)
        page["draw_anyway"](book, a_job(account))
        shop.wire.go(OPEN)

        book.catch_up()

        assert states(book) == {"open"}
        assert shop.spent(account, "4") == 0

    def test_dates_the_work_when_it_was_done(
        self, shop: Installation, page: dict[str, Any], hasty: Any, tmp_path: Path
    ) -> None:
        account, book = shop.customer("100"), a_book(page, hasty, tmp_path)
        jobs = [a_job(account) for _ in range(2)]
        shop.wire.go(REFUSES)
        for job in jobs:
            page["draw_anyway"](book, job)
        time.sleep(1)
        shop.wire.go(OPEN)
        book.catch_up(quiet=0)
        shop.spent(account, "100")

        told = shop.ask("GET", f"/accounts/{account}/ledger")["items"]
        debits = {each["cause_id"] for each in told if each["kind"] == "draw"}
        times = {shop.ask("GET", f"/debits/{debit}")["occurred_at"] for debit in debits}
        assert times == {f"{job['asked_at']:%Y-%m-%dT%H:%M:%S.%fZ}" for job in jobs}

    def test_fails_closed_when_enough_is_unpaid(
        self, shop: Installation, page: dict[str, Any], hasty: Any, tmp_path: Path
    ) -> None:
        account, book = shop.customer("100"), a_book(page, hasty, tmp_path, most_open=2)
        shop.wire.go(REFUSES)

        told = [page["draw_or_not"](book, a_job(account)) for _ in range(4)]

        assert told == ["a picture, to be paid for later"] * 2 + ["This is not possible at the moment."] * 2

    def test_gives_back_what_a_lost_answer_took_for_work_that_was_not_done(
        self, shop: Installation, page: dict[str, Any], hasty: Any, tmp_path: Path
    ) -> None:
        account, book = shop.customer("100"), a_book(page, hasty, tmp_path, most_open=0)
        job = a_job(account)
        shop.wire.go(DEAF)
        assert page["draw_or_not"](book, job) == "This is not possible at the moment."
        shop.wire.go(OPEN)
        assert shop.spent(account, "100") == PICTURE

        for _ in range(2):
            book.catch_up(quiet=-1)

        assert shop.spent(account, "100") == 0
        with pytest.raises(ValueError, match="given up"):
            book.charge(job["id"], page["body_of"](job))

    def test_shows_what_only_a_person_can_mend(
        self, shop: Installation, page: dict[str, Any], hasty: Any, tmp_path: Path
    ) -> None:
        account, book = shop.customer("100"), a_book(page, hasty, tmp_path)
        shop.wire.go(REFUSES)
        odd = page["body_of"](a_job(account)) | {"items": [{"feature": "chat.output", "quantity": "-1"}]}
        book.charge("odd", odd)
        time.sleep(0.3)
        page["draw_anyway"](book, a_job(account))
        shop.wire.go(OPEN)

        book.catch_up(quiet=-1)

        assert {state[:3] for state in states(book)} == {"400", "set"}
        assert shop.spent(account, "100") == PICTURE

    def test_keeps_all_of_it_while_the_key_is_not_taken(
        self, shop: Installation, page: dict[str, Any], hasty: Any, tmp_path: Path
    ) -> None:
        account, book = shop.customer("100"), a_book(page, hasty, tmp_path)
        shop.wire.go(REFUSES)
        for _ in range(2):
            page["draw_anyway"](book, a_job(account))
        shop.wire.go(OPEN)
        revoked = a_book(page, page["Tokendesk"](shop.wire.url, "td_0_0", patience=0.3), tmp_path)

        with pytest.raises(page["Refused"], match="unauthenticated"):
            revoked.catch_up(quiet=0)

        assert states(book) == {"open"}
        book.catch_up(quiet=0)
        assert shop.spent(account, "100") == 2 * PICTURE

    def test_is_settled_by_a_loop_beside_the_product(
        self, shop: Installation, page: dict[str, Any], hasty: Any, tmp_path: Path
    ) -> None:
        account, book, over = shop.customer("100"), a_book(page, hasty, tmp_path), threading.Event()
        loop = threading.Thread(target=page["settle"], args=[book, over, 0.1, 0])
        shop.wire.go(HANGS)
        loop.start()
        page["draw_anyway"](book, a_job(account))
        shop.wire.go(OPEN)
        while states(book) != {"settled"}:
            time.sleep(0.05)
        over.set()
        loop.join()

        assert shop.spent(account, "100") == PICTURE


def test_the_books_are_right_after_all_that(shop: Installation) -> None:
    managed(shop.product, "audit")
