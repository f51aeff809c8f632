"""What the rows of a rate table priced lately."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from billing.queries.recent import first_id_at, patiently
from pricing.models import Rate
from pricing.rules.rows import RowKey

USED_DAYS = 30


def used_lately(table_id: int, moment: datetime) -> Mapping[RowKey, Decimal]:
    """Units of the last thirty days by feature or pattern and dimensions; nothing where there is too much to count."""
    begins = moment - timedelta(days=USED_DAYS)
    asked = {"table": table_id, "since": first_id_at(begins), "begins": begins}
    rows = patiently(_USED, asked) or []
    rates = Rate.objects.in_bulk([rate_id for rate_id, _ in rows])
    used: defaultdict[RowKey, Decimal] = defaultdict(Decimal)
    for rate_id, units in rows:
        used[rates[rate_id].row.key] += units
    return used


_USED = """
    SELECT l.rate_id, sum(l.quantity - l.covered_quantity)
    FROM usage_debit AS d JOIN usage_debitline AS l ON l.debit_id = d.id AND l.account_id = d.account_id
    WHERE d.id >= %(since)s AND d.recorded_at >= %(begins)s AND d.table_id = %(table)s
    GROUP BY 1
"""
