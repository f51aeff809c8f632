"""Accounts, grants and debits for tests, in a line each. Names end in a tail of their own, so that rows may stay."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from pricing.models import Product, RateTable
from pricing.rules.rows import RateRow
from pricing.services import catalogue, drafting, publishing
from usage.models import Debit, Segment
from usage.rules.enrolment import Enrolment, PolicyChoice
from usage.rules.grants import GrantOrder
from usage.rules.orders import DebitOrder, Item, OwnCost, ReversalOrder
from usage.rules.receipts import Receipt
from usage.services import granting, keys, metering, terms
from usage.services.authors import Author
from usage.services.claims import Call
from wallets.models import Account, Entry, Grant, TokenUnit

AUTHOR = Author("tests", "Because a test asks.")
BLOCK = PolicyChoice("block")
UNLIMITED = PolicyChoice("overage")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def up_to(limit: str) -> PolicyChoice:
    """Overage up to so many tokens."""
    return PolicyChoice("overage", Decimal(limit))


def named(word: str) -> str:
    """A reference no other test uses."""
    return f"{word}-{uuid4().hex[:12]}"


def clock() -> datetime:
    """The database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def an_account(now: datetime | None = None, **asked: Any) -> Account:
    reference = named("acme")
    terms.enrol(reference=reference, asked=Enrolment(**asked), author=AUTHOR, now=now)
    return Account.objects.get(reference=reference)


def a_segment(notice_days: int = 0) -> Segment:
    code = named("segment")
    return Segment.objects.create(code=code, name=code.capitalize(), notice_days=notice_days)


def a_product() -> Product:
    return catalogue.create_product(code=named("product"))


def a_call(
    product: Product | None = None, key: str | None = None, body: str = "", now: datetime | None = None
) -> Call:
    """A call under a key of its own, unless one is named."""
    asking = product or Product.objects.filter(code="tests").first() or catalogue.create_product(code="tests")
    return Call(asking.pk, key or uuid4().hex, sha256(body.encode()).digest(), "tests", now)


def a_grant(account: Account, tokens: str = "100", *, now: datetime | None = None, **asked: Any) -> Grant:
    """Trial tokens, unless another kind is asked for."""
    order = GrantOrder(kind=asked.pop("kind", "trial"), tokens=Decimal(tokens), **asked)
    done = granting.grant(reference=account.reference, order=order, call=a_call(now=now))
    return Grant.objects.get(pk=done.answer["id"])


def ait() -> int:
    """The default token unit."""
    return TokenUnit.objects.get(code="AIT").pk


class Shop:
    """A product with a table in which every feature costs one token a unit."""

    def __init__(self, *, since: datetime | None = None, token: str = "AIT") -> None:
        self.product = a_product()
        self.chat, self.image = named("chat"), named("image")
        for code in (self.chat, self.image):
            catalogue.create_feature(product=self.product, code=code, unit="token")
        self.key = keys.create(product_code=self.product.code, scopes=["debit", "read"]).key
        self.table = self.a_table(since=since, token=token)

    def a_table(
        self, *, tokens: str = "1", since: datetime | None = None, token: str = "AIT", **terms_of_price: Any
    ) -> RateTable:
        table = catalogue.create_table(code=named("table"), token=token)
        draft = drafting.open_draft(table=table)
        rows = [RateRow(code, Decimal(tokens), **terms_of_price) for code in (self.chat, self.image)]
        drafting.replace_rates(draft=draft, rows=rows, revision=None)
        publishing.publish(version=draft, moment=since or clock() - 40 * DAY)
        return table

    def an_account(self, now: datetime | None = None, **asked: Any) -> Account:
        """A customer who pays by this table."""
        return an_account(now, **{"rate_table": self.table.code} | asked)

    def debit(
        self,
        account: Account,
        *quantities: str,
        features: tuple[str, ...] = (),
        key: str | None = None,
        at: datetime | None = None,
        now: datetime | None = None,
        dimensions: dict[str, str] | None = None,
        costs: tuple[OwnCost | None, ...] = (),
        subject: dict[str, str] | None = None,
    ) -> Receipt:
        """Charge chat, unless other features are named. costs: what each item says that it cost, if any does."""
        codes = features or (self.chat,) * len(quantities)
        carried = dimensions or {}
        used = zip(codes, quantities, costs or (None,) * len(quantities), strict=True)
        items = tuple(Item(code, Decimal(each), carried, cost) for code, each, cost in used)
        order = DebitOrder(
            account=account.reference,
            product_id=self.product.pk,
            api_key_id=self.key.pk,
            key=key or uuid4().hex,
            fingerprint=b"\0" * 32,
            items=items,
            occurred_at=at or now,
            received_at=at or now or clock(),
            subject=subject,
            now=now,
        )
        return metering.charge(order)


def ledger_of(account: Account) -> list[tuple[str, Decimal]]:
    """The account's movements, oldest first."""
    rows = Entry.objects.filter(account=account).order_by("wallet", "number")
    return list(rows.values_list("kind", "amount"))


def identity(answer: dict[str, Any]) -> UUID:
    return UUID(answer["id"])


def a_reversal(receipt: Receipt, tokens: str | None = None, now: datetime | None = None) -> ReversalOrder:
    """Give back so much of a debit, or all that is left."""
    return ReversalOrder(
        debit_id=receipt.id,
        product_id=Debit.objects.get(pk=receipt.id).product_id,
        key=uuid4().hex,
        fingerprint=b"\1" * 32,
        tokens=None if tokens is None else Decimal(tokens),
        now=now,
    )


def together(calls: list[Any]) -> list[Any]:
    """Call all at the same moment, each on a connection of its own; answers what was answered."""
    barrier, answers = Barrier(len(calls)), []

    def run(each: Any) -> None:
        try:
            barrier.wait()
            answers.append(each())
        finally:
            connection.close()

    threads = [Thread(target=run, args=[each]) for each in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
