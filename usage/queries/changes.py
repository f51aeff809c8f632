"""What happened to limits and balances, and what is still to be noted of it."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from wallets.queries.due import refilled_accounts


def accounts_to_observe(moment: datetime) -> list[UUID]:
    """Accounts with a change that nobody has noted yet, in the order of their locks; found by indexes made for it."""
    with connection.cursor() as cursor:
        cursor.execute(_WITH_GRACES_OVER, [moment])
        over = {row[0] for row in cursor.fetchall()}
    return sorted(over | set(refilled_accounts(moment)))


# By their term, or because the overage that they were given to is repaid: a scheduled grant does that by itself.
_WITH_GRACES_OVER = """
SELECT DISTINCT g.account_id FROM usage_grace g
JOIN wallets_wallet w ON w.id = g.wallet_id AND w.account_id = g.account_id
WHERE g.ended_at IS NULL AND (g.ends_at <= %s OR w.overdrawn_from <> g.overdrawn_from)
"""
