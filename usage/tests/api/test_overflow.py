"""Amounts beyond 18 digits are refused as malformed, whichever sum they would not fit, and leave no trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from usage.tests.api.client import Answer
from usage.tests.api.conftest import Shop, debit_of

MOST = "999999999999999999"
UNLIMITED = {"mode": "overage", "limit": None}


def traces(shop: Shop, account: str) -> dict[str, Any]:
    """All that callers see of what an account's tokens did."""
    balance = shop.all.get(f"/accounts/{account}/balance").json
    del balance["as_of"]
    ledger = shop.all.get(f"/accounts/{account}/ledger").json["items"]
    grants = shop.all.get(f"/accounts/{account}/grants").json["items"]
    return {"balance": balance, "ledger": ledger, "grants": grants}


@contextmanager
def left_as_they_are(shop: Shop, *accounts: str) -> Iterator[None]:
    before = [traces(shop, account) for account in accounts]
    yield
    assert [traces(shop, account) for account in accounts] == before


def is_too_large(answer: Answer) -> bool:
    return (answer.status, answer.slug) == (400, "invalid-request") and "18 digits" in answer.json["detail"]


def rich_and_indebted(shop: Shop) -> tuple[str, str]:
    """An account whose grants together have 19 digits, because its overage has 18; and the debit that made that."""
    account = shop.account(None, policy=UNLIMITED)
    debit = shop.all.post("/debits", debit_of(account, MOST)).json["id"]
    shop.grant(account, MOST)
    shop.grant(account, "499999999999999999.5")
    return account, debit


class TestGrants:
    @pytest.mark.parametrize("more", [{}, {"kind": "purchase"}, {"effective_at": "2150-01-01T00:00:00Z"}])
    def test_that_are_too_many_together(self, shop: Shop, more: dict[str, str]) -> None:
        account = shop.account(MOST)
        asked = {"kind": "trial", "tokens": MOST, **more}

        with left_as_they_are(shop, account):
            for once in ("again", "again", "anew"):
                assert is_too_large(shop.all.post(f"/accounts/{account}/grants", asked, once=once))

        assert (
            shop.all.post(f"/accounts/{account}/grants", {**asked, "tokens": "0.5"}, once="again").status
            == 201
        )

    def test_are_taken_back_where_they_have_the_most_digits(self, shop: Shop) -> None:
        account = shop.account(None)
        grant = shop.grant(account, MOST)

        voided = shop.all.post(f"/grants/{grant['id']}/void", {"reason": "a mistake"})

        assert (voided.status, voided.json["voided"]) == (200, f"{MOST}.000000")


class TestTransfers:
    def test_to_an_account_that_cannot_hold_more(self, shop: Shop) -> None:
        full = shop.account(MOST)
        part = shop.account("10", parent=full)

        with left_as_they_are(shop, full, part):
            assert is_too_large(shop.all.post(f"/accounts/{part}/transfers", {"to": full, "tokens": "5"}))
            assert is_too_large(shop.all.post(f"/accounts/{full}/transfers", {"to": part, "tokens": MOST}))


class TestDebits:
    @pytest.mark.parametrize("quantities", [(MOST,), ("499999999999999999",) * 3])
    def test_whose_price_or_sum_is_too_large(self, shop: Shop, quantities: tuple[str, ...]) -> None:
        account = shop.account("10", policy=UNLIMITED)
        asked = {
            "account": account,
            "items": [{"feature": "chat.output", "quantity": each} for each in quantities],
        }

        with left_as_they_are(shop, account):
            assert is_too_large(shop.all.post("/debits", asked))
            assert is_too_large(shop.all.post("/quotes", asked))

    def test_whose_overage_together_is_too_large(self, shop: Shop) -> None:
        account = shop.account(None, policy=UNLIMITED)
        asked = debit_of(account, MOST)
        for _ in range(2):
            assert shop.all.post("/debits", asked).status == 201

        with left_as_they_are(shop, account):
            assert is_too_large(shop.all.post("/debits", asked))

    def test_after_which_too_much_is_available(self, shop: Shop) -> None:
        account, _ = rich_and_indebted(shop)

        with left_as_they_are(shop, account):
            assert is_too_large(shop.all.post("/debits", debit_of(account)))


class TestReversals:
    def test_after_which_the_account_would_hold_too_much(self, shop: Shop) -> None:
        account = shop.account("10")
        debit = shop.all.post("/debits", debit_of(account)).json["id"]
        shop.grant(account, "999999999999999994")

        with left_as_they_are(shop, account):
            assert is_too_large(shop.all.post(f"/debits/{debit}/reversals", {}))

    def test_after_which_too_much_is_available(self, shop: Shop) -> None:
        account, debit = rich_and_indebted(shop)

        with left_as_they_are(shop, account):
            assert is_too_large(shop.all.post(f"/debits/{debit}/reversals", {"tokens": "1"}))


@pytest.mark.committed
class TestTogether:
    """As threads and batches charge: several debits a transaction, which one of them undoes."""

    def test_a_debit_alone_is_refused(self, open_shop: Shop) -> None:
        account, _ = rich_and_indebted(open_shop)

        with left_as_they_are(open_shop, account):
            assert is_too_large(open_shop.all.post("/debits", debit_of(account)))

    def test_a_debit_in_a_batch_leaves_its_neighbours_alone(self, open_shop: Shop) -> None:
        rich, (other, _) = open_shop.account(MOST), rich_and_indebted(open_shop)
        rows = [
            {**debit_of(each), "idempotency_key": key}
            for key, each in zip("abc", (rich, other, rich), strict=True)
        ]

        with left_as_they_are(open_shop, other):
            results = open_shop.all.post("/debits/batch", {"debits": rows}, once=None).json["results"]

        assert [each["status"] for each in results] == [201, 400, 201]
        assert results[1]["type"].endswith("/invalid-request")
