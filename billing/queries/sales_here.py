"""Sales of a connection as we have them: the orders that they are, and which are of some days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from billing.models import OrderLine
from billing.queries.orders import line_of
from billing.rules.orders import ACTIVE, Line
from billing.rules.sales_compared import Standing


@dataclass(frozen=True, slots=True)
class SaleHere:
    """An order as it stands, with its lines. changed_at: when the sale was told last."""

    order_id: UUID
    standing: Standing
    lines: Sequence[Line]
    changed_at: datetime


_ORDERS = """
    SELECT s.external_id, s.changed_at, o.id, o.account_id, a.reference, v.id, v.state
    FROM billing_externalsale s
    JOIN billing_ordername n ON n.external_id = s."order"
    JOIN billing_order o ON o.id = n.order_id
    JOIN wallets_account a ON a.id = o.account_id
    CROSS JOIN LATERAL (
        SELECT id, state FROM billing_orderversion WHERE order_id = o.id ORDER BY number DESC LIMIT 1) v
    WHERE s.connection_id = %(connection)s AND s.external_id = ANY (%(names)s)
"""
# An order is of the days on which a version of it was told, and of those on which a period of it begins.
_OF_DAYS = """
    SELECT s.external_id FROM billing_externalsale s JOIN billing_ordername n ON n.external_id = s."order"
    WHERE s.connection_id = %(connection)s AND (
        EXISTS (SELECT FROM billing_orderversion v WHERE v.order_id = n.order_id
                AND v.recorded_at >= %(since)s AND v.recorded_at < %(until)s)
        OR EXISTS (SELECT FROM billing_orderperiod p WHERE p.order_id = n.order_id
                   AND p.starts_at >= %(since)s AND p.starts_at < %(until)s))
    ORDER BY 1
"""


def sales_here(connection_id: int, names: Collection[str], now: datetime) -> dict[str, SaleHere]:
    """The orders that these sales of theirs are, by their names there. What was never placed is none."""
    rows = _asked(_ORDERS, {"connection": connection_id, "names": list(names)})
    lines: Mapping[Any, list[Line]] = defaultdict(list)
    for row in OrderLine.objects.filter(version__in=[each[5] for each in rows]).order_by("position"):
        lines[row.version_id].append(line_of(row))
    return {
        name: SaleHere(
            order_id,
            Standing(
                is_active=state == ACTIVE,
                account=reference,
                customer=account_id,
                money=money_of([(line.currency, line.amount) for line in lines[version_id]]),
                goods=[
                    (line.offer.code, line.quantity, still_to_come(line.ends_at, now))
                    for line in lines[version_id]
                ],
            ),
            lines[version_id],
            changed_at,
        )
        for name, changed_at, order_id, account_id, reference, version_id, state in rows
    }


def names_of_days(connection_id: int, since: datetime, until: datetime) -> list[str]:
    """Sales of theirs of which something was told, or a period began, from `since` and before `until`."""
    return [
        name for (name,) in _asked(_OF_DAYS, {"connection": connection_id, "since": since, "until": until})
    ]


def money_of(amounts: Collection[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """The sum of each currency."""
    found: dict[str, Decimal] = {}
    for currency, amount in amounts:
        found[currency] = found.get(currency, Decimal(0)) + amount
    return found


def still_to_come(ends_at: datetime | None, now: datetime) -> datetime | None:
    return ends_at if ends_at is not None and ends_at > now else None


def _asked(statement: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(given))
        return list(cursor.fetchall())
