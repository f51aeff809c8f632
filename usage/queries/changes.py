"""What happened to limits and balances, and what is still to be noted of it."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from wallets.queries.due import refilled_accounts


def accounts_to_observe(moment: datetime) -> list[UUID]:
    """Accounts with a change that nobody has noted yet, in the order of their locks; found by indexes made for it."""
    with connection.cursor() as cursor:
        cursor.execute(_WITH_GRACES_OVER, [moment])
        found = {row[0] for row in cursor.fetchall()}
        cursor.execute(_WITH_ROOMS_OF_ENDED_HOLDS, [moment])
        found |= {row[0] for row in cursor.fetchall()}
    return sorted(found | set(refilled_accounts(moment)))


# By their term, or because the overage that they were given to is repaid: a scheduled grant does that by itself.
_WITH_GRACES_OVER = """
SELECT DISTINCT g.account_id FROM usage_grace g
JOIN wallets_wallet w ON w.id = g.wallet_id AND w.account_id = g.account_id
WHERE g.ended_at IS NULL AND (g.ends_at <= %s OR w.overdrawn_from <> g.overdrawn_from)
"""
# Whatever ended them: the job for holds, or a movement or a read of the account before that.
_WITH_ROOMS_OF_ENDED_HOLDS = """
SELECT DISTINCT k.account_id
FROM (SELECT account_id, hold_id FROM usage_holdbudget WHERE kept > 0
      UNION ALL SELECT account_id, hold_id FROM usage_holdcover WHERE kept > 0) AS k
JOIN wallets_hold h ON h.id = k.hold_id AND h.account_id = k.account_id
WHERE h.expires_at <= %s
"""
