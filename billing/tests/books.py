"""A small history with something of everything in it, and the pen of whoever would falsify it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from config.kernel.errors import InsufficientTokens
from pricing.services import drafting, publishing
from usage.rules.grants import TransferOrder
from usage.rules.orders import ReversalOrder
from usage.services import granting, reversing
from usage.tests.made import DAY, HOUR, Shop, a_call, a_grant, up_to
from wallets.models import Account, Grant
from wallets.services import ledger

SPRING = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Books:
    """What was written, by the names under which a lie speaks of it."""

    names: dict[str, Any]

    @property
    def account(self) -> UUID:
        found: UUID = self.names["account"]
        return found


def keep_books() -> Books:
    """Live through twenty days of a customer: every kind of entry is written at least once."""
    shop = Shop(since=SPRING - DAY)
    customer = shop.an_account(SPRING, policy=up_to("100"))
    part = shop.an_account(SPRING, parent=customer.reference)
    trial = a_grant(
        customer, "50", now=SPRING, features=(shop.chat,), expires_at=SPRING + 10 * DAY, priority=10
    )
    bought = a_grant(customer, "100", now=SPRING, kind="purchase", unit_cost=Decimal("0.02"))
    brief = a_grant(
        customer,
        "9",
        now=SPRING,
        kind="promo",
        features=(shop.image,),
        expires_at=SPRING + 5 * DAY,
        priority=5,
    )
    later = a_grant(customer, "500", now=SPRING, effective_at=datetime(2035, 1, 1, tzinfo=UTC))
    refunded = a_grant(customer, "7", now=SPRING, kind="promo", priority=95)
    granting.void(grant_id=refunded.pk, reason="", call=a_call(now=SPRING + HOUR))

    first = shop.debit(customer, "20", "10", now=SPRING + DAY)
    second = shop.debit(customer, "80", now=SPRING + 2 * DAY, features=(shop.chat,))
    ledger.expire(account_id=customer.pk, now=SPRING + 6 * DAY)
    late = shop.debit(customer, "4", at=SPRING + 3 * DAY, now=SPRING + 6 * DAY, features=(shop.image,))
    deep = shop.debit(customer, "70", "60", features=(shop.image, shop.chat), now=SPRING + 7 * DAY)
    repaying = a_grant(customer, "30", now=SPRING + 8 * DAY, kind="purchase", unit_cost=Decimal("0.01"))
    part_back = _reverse(shop, deep.id, "70", SPRING + 9 * DAY)
    whole = _reverse(shop, first.id, None, SPRING + 11 * DAY)
    _reprice(shop, SPRING + 12 * DAY)
    a_grant(customer, "40", now=SPRING + 12 * DAY, kind="adjustment")
    moved = granting.transfer(
        reference=customer.reference,
        order=TransferOrder(to=part.reference, tokens=Decimal(5)),
        call=a_call(now=SPRING + 13 * DAY),
    )
    after = shop.debit(customer, "30", now=SPRING + 14 * DAY)
    _ask_too_much(shop, part, SPRING + 14 * DAY)
    grants = {"trial": trial, "bought": bought, "brief": brief, "later": later, "repaying": repaying}
    debits = {"first": first, "second": second, "late": late, "deep": deep, "after": after}
    return Books(
        {
            "account": customer.pk,
            "part": part.pk,
            "table": shop.table.pk,
            "product": shop.product.pk,
            "whole": whole,
            "part_back": part_back,
            "transfer": UUID(moved.answer["id"]),
            **{name: grant.pk for name, grant in grants.items()},
            **{name: debit.id for name, debit in debits.items()},
            **_of_customer(customer, refunded),
        }
    )


def _of_customer(customer: Account, refunded: Grant) -> dict[str, Any]:
    wallet = _one("SELECT id FROM wallets_wallet WHERE account_id = %s", customer.pk)
    lot = _one("SELECT id FROM wallets_overage WHERE account_id = %s ORDER BY id LIMIT 1", customer.pk)
    return {"wallet": wallet, "lot": lot, "refunded": refunded.pk}


def _reverse(shop: Shop, debit_id: UUID, tokens: str | None, now: datetime) -> UUID:
    order = ReversalOrder(
        debit_id=debit_id,
        product_id=shop.product.pk,
        key=uuid4().hex,
        fingerprint=b"\1" * 32,
        tokens=tokens and Decimal(tokens),
        now=now,
    )
    return reversing.reverse(order).id


def _reprice(shop: Shop, now: datetime) -> None:
    """A second version, twice as dear."""
    before = shop.table.versions.get()
    draft = drafting.draft_from(version=before)
    rows = [replace(rate.row, tokens=Decimal(2)) for rate in draft.rates.all()]
    drafting.replace_rates(draft=draft, rows=rows, revision=None)
    publishing.publish(version=draft, moment=now)


def _ask_too_much(shop: Shop, account: Account, now: datetime) -> None:
    for _ in range(2):
        try:
            shop.debit(account, "1000", now=now)
        except InsufficientTokens:
            continue
        raise AssertionError("a debit beyond the floor was charged")


def _one(statement: str, *given: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchone()[0]


@contextmanager
def unguarded(table: str) -> Iterator[None]:
    """The owner's power to look away: the table's own triggers sleep and wake again."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table]
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def falsify(books: Books, table: str, statement: str, drop: Sequence[str] = ()) -> None:
    """Change rows behind the product's back.

    drop: constraints that would have refused it; "table.name" where it is another table's.
    """
    with unguarded(table), connection.cursor() as cursor:
        for name in drop:
            of_table, _, constraint = name.rpartition(".")
            cursor.execute("SELECT EXISTS (SELECT FROM pg_constraint WHERE conname = %s)", [constraint])
            is_constraint = cursor.fetchone()[0]
            cursor.execute(
                f"ALTER TABLE {of_table or table} DROP CONSTRAINT {constraint}"
                if is_constraint
                else f"DROP INDEX {constraint}"
            )
        cursor.execute(statement, books.names)
        assert cursor.rowcount, "the lie changed nothing"
