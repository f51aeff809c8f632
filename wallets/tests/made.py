"""Accounts and grants for the tests of this room, in a line each; rows may stay."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import connection

from wallets.models import Account, Entry, Grant, TokenUnit
from wallets.services import ledger
from wallets.services.ledger import Granting

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def clock() -> datetime:
    """The database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def ait() -> int:
    """The default token unit."""
    return TokenUnit.objects.get(is_default=True).pk


def an_account(**fields: Any) -> Account:
    account = Account.objects.create(reference=f"holder-{uuid4().hex[:12]}", **fields)
    return Account.objects.get(reference=account.reference)


def a_grant(account: Account, tokens: str = "100", *, now: datetime | None = None, **asked: Any) -> Grant:
    """Trial tokens, unless another kind is asked for."""
    granting = Granting(kind=asked.pop("kind", "trial"), tokens=Decimal(tokens), **asked)
    made = ledger.grant(account_id=account.pk, unit_id=ait(), granting=granting, now=now)
    return Grant.objects.get(pk=made.grant_id)


def ledger_of(account: Account) -> list[tuple[str, Decimal]]:
    """The account's movements, oldest first."""
    rows = Entry.objects.filter(account=account).order_by("wallet", "number")
    return list(rows.values_list("kind", "amount"))
