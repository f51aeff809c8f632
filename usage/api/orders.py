"""What was sent, as the orders that services take."""

from uuid import UUID

from django.utils import timezone

from config.http.views import Command
from usage.api import requests
from usage.queries.keys import KeyHolder
from usage.rules.orders import DebitOrder, Item, QuoteOrder, ReversalOrder


def debit(caller: KeyHolder, asked: requests.DebitRequest, key: str, fingerprint: bytes) -> DebitOrder:
    return DebitOrder(
        account=asked.account,
        product_id=caller.product_id,
        api_key_id=caller.api_key_id,
        key=key,
        fingerprint=fingerprint,
        items=_items(asked),
        received_at=timezone.now(),
        occurred_at=asked.occurred_at,
        subject=asked.subject,
        metadata=asked.metadata,
    )


def quote(caller: KeyHolder, asked: requests.QuoteRequest) -> QuoteOrder:
    return QuoteOrder(
        account=asked.account,
        product_id=caller.product_id,
        items=_items(asked),
        received_at=timezone.now(),
        occurred_at=asked.occurred_at,
        version=asked.rate_table_version,
    )


def reversal(caller: KeyHolder, debit_id: UUID, command: Command[requests.ReversalRequest]) -> ReversalOrder:
    return ReversalOrder(
        debit_id=debit_id,
        product_id=caller.product_id,
        key=command.key,
        fingerprint=command.fingerprint,
        tokens=command.asked.tokens,
        reason=command.asked.reason or "",
    )


def _items(asked: requests.DebitRequest) -> tuple[Item, ...]:
    return tuple(Item(each.feature, each.quantity, each.dimensions or {}) for each in asked.items)
