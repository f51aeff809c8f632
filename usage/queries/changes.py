"""What happened to limits and balances, and what is still to be noted of it."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from wallets.queries.due import refilled_accounts


def accounts_to_observe(moment: datetime) -> list[UUID]:
    """Accounts with a change that nobody has noted yet, in the order of their locks; found by indexes made for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT account_id FROM usage_grace WHERE ended_at IS NULL AND ends_at <= %s", [moment]
        )
        over = {row[0] for row in cursor.fetchall()}
    return sorted(over | set(refilled_accounts(moment)))
