"""What was sent, as the orders that services take."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils import timezone
from msgspec import UnsetType

from config.http.views import Command
from config.kernel.errors import InvalidRequest
from usage.api import requests
from usage.api.requests_of_policies import Block, Overage, choice
from usage.queries.keys import KeyHolder
from usage.rules.enrolment import Enrolment, PolicyChoice
from usage.rules.grants import PRIORITY, GrantOrder, TransferOrder
from usage.rules.holds import SECONDS, CaptureOrder, HoldOrder, ReleaseOrder
from usage.rules.orders import DebitOrder, Item, OwnCost, QuoteOrder, ReversalOrder
from usage.services.claims import Call


def debit(caller: KeyHolder, asked: requests.DebitRequest, key: str, fingerprint: bytes) -> DebitOrder:
    return DebitOrder(
        account=asked.account,
        product_id=caller.product_id,
        api_key_id=caller.api_key_id,
        key=key,
        fingerprint=fingerprint,
        items=_items(asked.items),
        received_at=timezone.now(),
        occurred_at=asked.occurred_at,
        subject=asked.subject,
        metadata=asked.metadata,
    )


def quote(caller: KeyHolder, asked: requests.QuoteRequest) -> QuoteOrder:
    return QuoteOrder(
        account=asked.account,
        product_id=caller.product_id,
        items=_items(asked.items),
        received_at=timezone.now(),
        occurred_at=asked.occurred_at,
        subject=asked.subject,
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


def hold(caller: KeyHolder, command: Command[requests.HoldRequest]) -> HoldOrder:
    asked = command.asked
    return HoldOrder(
        account=asked.account,
        product_id=caller.product_id,
        api_key_id=caller.api_key_id,
        key=command.key,
        fingerprint=command.fingerprint,
        items=_items(asked.items),
        received_at=timezone.now(),
        occurred_at=asked.occurred_at,
        subject=asked.subject,
        metadata=asked.metadata,
        expires_in=SECONDS if asked.expires_in is None else asked.expires_in,
    )


def capture(caller: KeyHolder, hold_id: UUID, command: Command[requests.CaptureRequest]) -> CaptureOrder:
    """Raises InvalidRequest for a step of nothing."""
    items, is_final = command.asked.items, command.asked.final is not False
    if items == [] and not is_final:
        raise InvalidRequest.at(
            "/final", "A step charges something; an empty list of items releases the hold."
        )
    return CaptureOrder(
        hold_id=hold_id,
        product_id=caller.product_id,
        api_key_id=caller.api_key_id,
        key=command.key,
        fingerprint=command.fingerprint,
        items=None if items is None else _items(items),
        is_final=is_final,
    )


def release(caller: KeyHolder, hold_id: UUID, command: Command[requests.ReleaseRequest]) -> ReleaseOrder:
    return ReleaseOrder(
        hold_id, caller.product_id, command.key, command.fingerprint, reason=command.asked.reason or ""
    )


def _items(asked: Iterable[requests.Item]) -> tuple[Item, ...]:
    return tuple(Item(each.feature, each.quantity, each.dimensions or {}, _cost(each)) for each in asked)


def _cost(asked: requests.Item) -> OwnCost | None:
    return None if asked.cost is None else OwnCost(asked.cost, asked.currency)


def call(caller: KeyHolder, command: Command[Any]) -> Call:
    """Who asks, and the key under which it happens once."""
    return Call(caller.product_id, command.key, command.fingerprint, caller.product_code)


def grant(asked: requests.GrantRequest) -> GrantOrder:
    return GrantOrder(
        kind=asked.kind,
        tokens=asked.tokens,
        token=asked.token,
        effective_at=asked.effective_at,
        expires_at=asked.expires_at,
        priority=PRIORITY if asked.priority is None else asked.priority,
        features=tuple(asked.features or ()),
        unit_cost=asked.unit_cost,
        currency=asked.currency,
        reason=asked.reason or "",
        external_id=asked.external_id,
    )


def transfer(asked: requests.TransferRequest) -> TransferOrder:
    return TransferOrder(to=asked.to, tokens=asked.tokens, reason=asked.reason or "")


def enrolment(asked: requests.AccountRequest) -> Enrolment:
    return Enrolment(
        name=asked.name,
        rate_table=asked.rate_table,
        segment=asked.segment,
        rate_table_from=asked.rate_table_from,
        external_ids=asked.external_ids,
        time_zone=asked.time_zone,
        state=asked.state,
        parent=asked.parent,
        policy=_policy(asked.policy),
        entitlements=asked.entitlements,
    )


def _policy(asked: Block | Overage | None | UnsetType) -> PolicyChoice | None | UnsetType:
    return choice(asked) if isinstance(asked, Block | Overage) else asked
