"""Many callers at one moment, each on a connection of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from usage.rules.orders import DebitOrder, Item
from usage.rules.receipts import Receipt
from usage.services import charging
from usage.tests.made import Shop, clock
from wallets.models import Account, Entry, Grant, Wallet

CALLERS = 24
PATIENCE_SECONDS = 60.0


def at_once(calls: Sequence[Callable[[], Any]], callers: int = CALLERS) -> list[Any]:
    """Make all calls, that many at the same moment; answers what each answered, an exception as it was raised.

    A busy machine may keep a caller waiting for long, for a lock or for its disk; who is right matters here.
    """
    charging._combiner()._deadline_seconds = PATIENCE_SECONDS
    callers = min(len(calls), callers)
    start = Barrier(callers)
    parts = [range(caller, len(calls), callers) for caller in range(callers)]
    answers: list[Any] = [None] * len(calls)

    def run(places: Sequence[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '60s'")
        start.wait()
        try:
            for place in places:
                answers[place] = _answer(calls[place])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(callers) as threads:
        list(threads.map(run, parts))
    return answers


def blocked(threads: ThreadPoolExecutor, call: Callable[[], Any]) -> Future[Any]:
    """Make the call on a connection of its own; returns once it waits for a lock, or has ended."""
    pids: Future[int] = Future()

    def run() -> Any:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '60s'; SELECT pg_backend_pid()")
                cursor.nextset()
                pids.set_result(cursor.fetchone()[0])
            return call()
        finally:
            connections.close_all()

    answer = threads.submit(run)
    with connection.cursor() as cursor:
        while not answer.done():
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s))", [pids.result()])
            if cursor.fetchone()[0]:
                break
    return answer


def _answer(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as refusal:
        return refusal


def receipts(answers: Sequence[Any]) -> list[Receipt]:
    return [answer for answer in answers if isinstance(answer, Receipt)]


def all_answered(answers: Sequence[Any]) -> list[Receipt]:
    """The receipts, where there is nothing else; what went wrong first is raised."""
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return receipts(answers)


def refusals(answers: Sequence[Any], kind: type[Exception]) -> int:
    """How many were refused so; anything else that went wrong is raised."""
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, kind):
            raise answer
    return sum(isinstance(answer, kind) for answer in answers)


def each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every debit have a transaction of its own, as in as many processes."""
    monkeypatch.setattr(charging, "charge", lambda request: charging.charge_alone(charging._written(request)))


def an_order(
    shop: Shop, account: Account, quantity: str = "1", *, key: str = "", at: datetime | None = None
) -> DebitOrder:
    items = (Item(shop.chat, Decimal(quantity), {}),)
    return DebitOrder(
        account=account.reference,
        product_id=shop.product.pk,
        api_key_id=shop.key.pk,
        key=key or uuid4().hex,
        fingerprint=hashlib.sha256(f"{quantity} {at}".encode()).digest(),
        items=items,
        occurred_at=at,
        received_at=at or clock(),
    )


def prove(account: Account) -> Wallet:
    """That numbers are gapless, each entry begins where the last one ended, and the balance is what the grants hold."""
    wallet = Wallet.objects.get(account=account, unit__code="AIT")
    entries = list(Entry.objects.filter(wallet=wallet).order_by("number"))
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    after = [Decimal(0), *(entry.balance_after for entry in entries)]
    assert [entry.balance_before for entry in entries] == after[:-1]
    held = sum((grant.remaining for grant in Grant.objects.filter(wallet=wallet)), Decimal(0))
    assert wallet.balance == after[-1] == held - wallet.overage
    return wallet
