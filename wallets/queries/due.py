"""Accounts whose grants or holds have ended or started and nobody has booked it; found by the indexes made for it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

from django.db import connection

PAGE = 500

Due = Callable[[datetime], Iterator[UUID]]


def accounts_to_expire(moment: datetime) -> Iterator[UUID]:
    """Accounts with tokens whose expiry lies at or before `moment`, in the order of their locks."""
    return _pages(_TO_EXPIRE, moment)


def accounts_to_start(moment: datetime) -> Iterator[UUID]:
    """Accounts with grants whose start lies at or before `moment`, in the order of their locks."""
    return _pages(_TO_START, moment)


def accounts_with_ended_holds(moment: datetime) -> Iterator[UUID]:
    """Accounts with holds whose end lies at or before `moment`, in the order of their locks."""
    return _pages(_WITH_ENDED_HOLDS, moment)


def refilled_accounts(moment: datetime) -> Iterator[UUID]:
    """Accounts with a wallet that was noted empty and has something available again, in the order of their locks."""
    return _pages(_REFILLED, moment)


def _pages(statement: str, moment: datetime) -> Iterator[UUID]:
    after = UUID(int=0)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"moment": moment, "after": after, "page": PAGE})
            page = [row[0] for row in cursor.fetchall()]
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1]


_TO_EXPIRE = """
SELECT DISTINCT account_id FROM wallets_grant
WHERE is_open AND expires_at IS NOT NULL AND expires_at <= %(moment)s AND remaining > held AND account_id > %(after)s
ORDER BY account_id LIMIT %(page)s
"""
_TO_START = """
SELECT DISTINCT account_id FROM wallets_grant
WHERE is_pending AND effective_at <= %(moment)s AND account_id > %(after)s
ORDER BY account_id LIMIT %(page)s
"""
_WITH_ENDED_HOLDS = """
SELECT DISTINCT account_id FROM wallets_hold
WHERE state = 'held' AND expires_at <= %(moment)s AND account_id > %(after)s
ORDER BY account_id LIMIT %(page)s
"""
_REFILLED = """
SELECT DISTINCT account_id FROM wallets_wallet w
WHERE empty_since > 0 AND balance > held - overage AND account_id > %(after)s AND EXISTS (
    SELECT FROM wallets_grant g
    WHERE g.account_id = w.account_id AND g.wallet_id = w.id AND g.is_open AND g.remaining > g.held
      AND g.effective_at <= %(moment)s AND (g.expires_at IS NULL OR g.expires_at > %(moment)s))
ORDER BY account_id LIMIT %(page)s
"""
