"""Random lives of grants: what is reckoned is what a plain reading of the ledger comes to, to the cent and month."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from billing.models import GrantMonth, GrantRevenue
from billing.queries import audit_revenue
from billing.services import auditing, recognising
from billing.tests.books_of_revenue import sell, wallets_of
from config.kernel.errors import DomainError
from usage.rules.grants import TransferOrder
from usage.services import granting, reversing
from usage.tests.made import DAY, UNLIMITED, Shop, a_call, a_grant, a_reversal
from wallets.models import Account, Entry
from wallets.services import ledger

START = datetime(2002, 1, 3, tzinfo=UTC)
CHECKS = [check.name for check in audit_revenue.REVENUE]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["debit", "debit", "late", "reverse", "void", "transfer", "return", "sell", "wait"]),
        st.integers(1, 40),
    ),
    min_size=4,
    max_size=14,
)


class Life:
    """A customer and its part, who do what the steps say."""

    def __init__(self) -> None:
        self.shop, self.now, self.debits = Shop(since=START - 40 * DAY), START, []  # type: ignore[var-annotated]
        self.account = self.shop.an_account(START, policy=UNLIMITED)
        self.part = self.shop.an_account(START, parent=self.account.reference)
        self.sold: dict[UUID, Fraction] = {}
        self.sell(33)
        a_grant(self.account, "20", now=self.now, priority=60)

    def sell(self, tokens: int) -> None:
        paid = f"{tokens * 7}.13"
        expires_at = self.now + timedelta(days=tokens % 9 + 3)
        grant = sell(self.account, str(tokens), paid, now=self.now, expires_at=expires_at)
        self.sold[grant.pk] = Fraction(paid)

    def step(self, name: str, amount: int) -> None:
        self.now += timedelta(days=amount % 5, hours=1)
        try:
            getattr(self, f"_{name}")(amount)
        except DomainError:
            return

    def _debit(self, amount: int) -> None:
        self.debits.append(self.shop.debit(self.account, str(amount), now=self.now))

    def _late(self, amount: int) -> None:
        ledger.expire(account_id=self.account.pk, now=self.now)
        at = self.now - timedelta(days=amount % 9)
        self.debits.append(self.shop.debit(self.account, f"{amount}.5", at=at, now=self.now))

    def _reverse(self, amount: int) -> None:
        if self.debits:
            chosen = self.debits[amount % len(self.debits)]
            reversing.reverse(a_reversal(chosen, str(amount), self.now))

    def _void(self, amount: int) -> None:
        grant_id = sorted(self.sold)[amount % len(self.sold)]
        granting.void(grant_id=grant_id, reason="", call=a_call(now=self.now))

    def _transfer(self, amount: int) -> None:
        self._move(self.account, self.part, amount)

    def _return(self, amount: int) -> None:
        self._move(self.part, self.account, amount)

    def _move(self, source: Account, target: Account, amount: int) -> None:
        order = TransferOrder(to=target.reference, tokens=Decimal(amount))
        granting.transfer(reference=source.reference, order=order, call=a_call(now=self.now))

    def _sell(self, amount: int) -> None:
        self.sell(amount)

    def _wait(self, amount: int) -> None:
        ledger.expire(account_id=self.account.pk, now=self.now)
        ledger.expire(account_id=self.part.pk, now=self.now)


def cents(paid: Fraction, part: Decimal, whole: Decimal) -> int:
    return floor(paid * 100 * Fraction(part) / Fraction(whole) + Fraction(1, 2))


def reckoned(life: Life) -> tuple[dict[UUID, list[int]], dict[tuple[UUID, int], int]]:
    """By reading the ledger from its beginning: paid, earned, lapsed, refunded, moved by grant; earned by month."""
    paid, made = dict(life.sold), {}
    counts: dict[UUID, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    earned: dict[tuple[UUID, int], int] = defaultdict(int)
    takers: dict[UUID, list[Fraction]] = defaultdict(list)
    signs = {"draw": ("s", 1), "late_draw": ("s", 1), "repay": ("s", 1), "restore": ("s", -1)}
    signs |= {"expire": ("e", 1), "late_hold": ("e", -1), "void": ("v", 1), "transfer_out": ("t", 1)}
    entries = Entry.objects.filter(account__in=[life.account, life.part], grant__isnull=False).order_by("id")
    for entry in entries:
        grant, mine = entry.grant_id, counts[entry.grant_id]
        if entry.kind in ("grant", "transfer_in"):
            made[grant] = entry.amount
            if entry.kind == "transfer_in":
                paid[grant] = takers[entry.cause_id].pop(0)
            continue
        before = (cents(paid.get(grant, Fraction(0)), mine["s"], made[grant]), mine["t"])
        name, sign = signs[entry.kind]
        if entry.kind == "void" and entry.cause_kind != "void":  # it came back to what had been voided
            name = "e"
        mine[name] += sign * entry.amount
        if entry.kind == "late_draw":
            mine["e"] -= entry.amount
        price, whole = paid.get(grant, Fraction(0)), made[grant]
        earned[grant, entry.recorded_at.month] += cents(price, mine["s"], whole) - before[0]
        if entry.kind == "transfer_out":
            moved = cents(price, whole - before[1], whole) - cents(price, whole - mine["t"], whole)
            takers[entry.cause_id].append(Fraction(moved, 100))
    found = {}
    for grant, whole in made.items():
        price, mine = paid.get(grant, Fraction(0)), counts[grant]
        right = [whole, whole - mine["t"], whole - mine["t"] - mine["v"]]
        right.append(right[-1] - mine["e"])
        scale = [cents(price, each, whole) for each in right]
        moved, refunded, lapsed = (scale[n] - scale[n + 1] for n in range(3))
        found[grant] = [int(price * 100), cents(price, mine["s"], whole), lapsed, refunded, moved]
    return found, {key: sum_ for key, sum_ in earned.items() if sum_}


def kept(life: Life) -> tuple[dict[UUID, list[int]], dict[tuple[UUID, int], int]]:
    accounts = [life.account, life.part]
    rows = GrantRevenue.objects.filter(account__in=accounts)
    names = ("paid", "recognised", "breakage", "refunded", "transferred")
    months: dict[tuple[UUID, int], Any] = defaultdict(int)
    for row in GrantMonth.objects.filter(account__in=accounts):
        months[row.grant_id, row.month.month] += int(row.recognised * 100)
    return (
        {row.grant_id: [int(getattr(row, name) * 100) for name in names] for row in rows},
        {key: sum_ for key, sum_ in months.items() if sum_},
    )


@pytest.mark.django_db
class TestRandomLives:
    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # a shorter life would take minutes to find
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(steps=STEPS, at_once=st.integers(1, 9))
    def test_are_reckoned_as_their_ledger_reads(
        self, steps: list[tuple[str, int]], at_once: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(recognising, "ENTRIES_AT_ONCE", 2 * at_once)
        life = Life()
        wallets = [(each.account_id, each.pk) for each in wallets_of(life.account, life.part)]
        for place, (name, amount) in enumerate(steps):
            life.step(name, amount)
            if place % 4 == at_once % 4:
                recognising.reckon_wallets(wallets)
        wallets = [(each.account_id, each.pk) for each in wallets_of(life.part, life.account)]
        while recognising.reckon_wallets(wallets):
            continue

        assert kept(life) == reckoned(life)
        assert auditing.findings(CHECKS) == ()
