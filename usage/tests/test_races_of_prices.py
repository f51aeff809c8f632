"""Debits that race with publishing: each pays the price of its instant, none an old one."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from pricing.models import RateTable, Version
from pricing.rules.rows import RateRow
from pricing.services import drafting, publishing
from usage.models import Debit, DebitLine
from usage.services import metering
from usage.tests.made import DAY, UNLIMITED, Shop, an_account, clock
from usage.tests.racing import an_order, at_once, prove, receipts

pytestmark = pytest.mark.committed


def publish(shop: Shop, table: RateTable, tokens: int, moment: datetime | None = None) -> Version:
    draft = drafting.open_draft(table=table)
    drafting.replace_rates(draft=draft, rows=[RateRow(shop.chat, Decimal(tokens))], revision=None)
    return publishing.publish(version=draft, moment=moment)


def test_five_thousand_debits_shuffled_around_a_price_change_cost_what_their_instant_costs() -> None:
    shop = Shop()
    change = clock() - DAY
    publish(shop, shop.table, 2, moment=change)
    accounts = [shop.an_account(policy=UNLIMITED) for _ in range(25)]
    dice = random.Random(42)
    near = [change, change - timedelta(microseconds=1)]
    instants = near + [change + timedelta(seconds=dice.uniform(-43_200, 43_200)) for _ in range(4_998)]
    orders = [an_order(shop, dice.choice(accounts), key=f"call-{n}", at=at) for n, at in enumerate(instants)]
    sent = orders + dice.sample(orders, 250)
    dice.shuffle(sent)

    answers = at_once(
        [partial(metering.charge_batch, sent[start : start + 75]) for start in range(0, len(sent), 75)]
    )

    rows = receipts([row for answer in answers for row in answer])
    assert len(rows) == 5_250
    assert sum(row.is_replay for row in rows) == 250
    assert len({row.id for row in rows}) == 5_000
    assert {(row.occurred_at >= change, row.tokens) for row in rows} == {(False, 1), (True, 2)}
    owed = sum(prove(account).overage for account in accounts)
    assert owed == sum(2 if at >= change else 1 for at in instants)


def test_four_processes_debit_at_no_old_price_after_a_publish_was_answered(services: Any) -> None:
    shop = Shop()
    account = shop.an_account(policy=UNLIMITED)
    asked = {
        "account": account.reference,
        "product": shop.product.pk,
        "api_key": shop.key.pk,
        "feature": shop.chat,
    }
    command = [sys.executable, "-m", "usage.tests.debiting_process", json.dumps(asked)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": services.environment}
    processes: list[Any] = [subprocess.Popen(command, **pipes) for _ in range(4)]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 4

    publishes = []
    for tokens in range(2, 52):
        began_at = time.monotonic()
        publish(shop, shop.table, tokens)
        publishes.append((began_at, time.monotonic(), tokens))
    debits = [line for process in processes for line in json.loads(process.communicate("\n")[0])]

    assert len(debits) > 100
    assert len({tokens for _, _, tokens in debits}) > 1
    for called_at, answered_at, tokens in debits:
        newest_answered = max((price for _, answered, price in publishes if answered < called_at), default=1)
        newest_begun = max((price for began, _, price in publishes if began < answered_at), default=1)
        assert newest_answered <= Decimal(tokens) <= newest_begun
    at_their_instant = DebitLine.objects.filter(account=account).annotate(
        version=F("debit__version"),
        begins=F("debit__version__effective_from"),
        ends=F("debit__version__effective_until"),
        at=F("debit__occurred_at"),
    )
    assert not [
        line
        for line in at_their_instant
        if line.at < line.begins or (line.ends is not None and line.at >= line.ends)
    ]
    assert prove(account).overage == sum(Decimal(tokens) for _, _, tokens in debits)
    assert Debit.objects.filter(account=account).count() == len(debits)


def test_batches_and_waiting_publishes_never_stop_each_other_for_good() -> None:
    shop = Shop()
    tables = [shop.table, shop.a_table()]
    accounts = [an_account(policy=UNLIMITED, rate_table=tables[n % 2].code) for n in range(6)]
    is_over = Event()
    published: list[Version] = []

    def keep_publishing() -> None:
        try:
            while not is_over.is_set():
                published.append(publish(shop, tables[len(published) % 2], 1))
        finally:
            connection.close()

    publisher = Thread(target=keep_publishing)
    publisher.start()
    batches = []
    for turn in range(40):
        turned = accounts if turn % 2 else accounts[::-1]
        batches.append(partial(metering.charge_batch, [an_order(shop, account) for account in turned * 3]))
    try:
        answers = at_once(batches)
    finally:
        is_over.set()
        publisher.join()

    rows = [row for answer in answers for row in answer]
    assert [row for row in rows if isinstance(row, Exception)] == []
    assert len(published) > 1
    assert sum(prove(account).overage for account in accounts) == len(rows) == 40 * 18
