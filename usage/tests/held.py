"""Holds for tests, in a line each, at a shop of `usage.tests.made`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from config.kernel.errors import DomainError
from usage.models import Claim, Denial, HoldStep
from usage.rules.holds import CaptureOrder, HoldOrder, HoldReceipt, ReleaseOrder
from usage.rules.orders import Item
from usage.services import holding
from usage.tests.made import Shop, ait, clock
from wallets.models import Account, Entry, Grant, Hold, HoldEntry, Wallet
from wallets.queries.balances import holding_now


def hold_order(
    shop: Shop,
    account: Account,
    *quantities: str,
    features: Sequence[str] = (),
    key: str = "",
    at: datetime | None = None,
    now: datetime | None = None,
    expires_in: int = 900,
    **given: Any,
) -> HoldOrder:
    """Of chat, unless other features are named."""
    codes = features or (shop.chat,) * len(quantities)
    return HoldOrder(
        account=account.reference,
        product_id=shop.product.pk,
        api_key_id=shop.key.pk,
        key=key or uuid4().hex,
        fingerprint=sha256(repr((quantities, codes)).encode()).digest(),
        items=items_of(codes, quantities),
        received_at=at or now or clock(),
        occurred_at=at or now,
        now=now,
        expires_in=expires_in,
        **given,
    )


def a_hold(shop: Shop, account: Account, *quantities: str, **given: Any) -> HoldReceipt:
    return holding.make(hold_order(shop, account, *quantities, **given))


def capture_order(
    shop: Shop,
    hold: HoldReceipt | UUID,
    *quantities: str,
    features: Sequence[str] = (),
    is_final: bool = True,
    key: str = "",
    now: datetime | None = None,
    as_estimated: bool = False,
) -> CaptureOrder:
    """Of chat, unless other features are named; without quantities of nothing."""
    codes = features or (shop.chat,) * len(quantities)
    items = None if as_estimated else items_of(codes, quantities)
    return CaptureOrder(
        hold_id=hold if isinstance(hold, UUID) else hold.id,
        product_id=shop.product.pk,
        api_key_id=shop.key.pk,
        key=key or uuid4().hex,
        fingerprint=sha256(
            repr(("capture", hold if isinstance(hold, UUID) else hold.id, items, is_final)).encode()
        ).digest(),
        items=items,
        is_final=is_final,
        now=now,
    )


def capture(shop: Shop, hold: HoldReceipt, *quantities: str, **given: Any) -> HoldReceipt:
    return holding.capture(capture_order(shop, hold, *quantities, **given))


def release_order(
    shop: Shop, hold: HoldReceipt, *, key: str = "", now: datetime | None = None, **given: Any
) -> ReleaseOrder:
    fingerprint = sha256(f"release {hold.id}".encode()).digest()
    return ReleaseOrder(hold.id, shop.product.pk, key or uuid4().hex, fingerprint, now=now, **given)


def release(shop: Shop, hold: HoldReceipt, **given: Any) -> HoldReceipt:
    return holding.release(release_order(shop, hold, **given))


def items_of(codes: Sequence[str], quantities: Sequence[str]) -> tuple[Item, ...]:
    return tuple(Item(code, Decimal(each), {}) for code, each in zip(codes, quantities, strict=True))


def free(account: Account, now: datetime | None = None) -> tuple[Decimal, Decimal, Decimal]:
    """What is available, held and owed."""
    told = holding_now(account.pk, ait(), now)
    return told.available, told.held, told.overage


def written(account: Account) -> dict[str, Any]:
    """All that stands in the books of an account, but denials."""
    rows: dict[str, Any] = {
        "wallets": list(Wallet.objects.filter(account=account).values()),
        "grants": list(Grant.objects.filter(account=account).order_by("id").values()),
        "holds": list(Hold.objects.filter(account=account).order_by("id").values()),
    }
    for model in (Entry, HoldEntry, HoldStep, Claim):
        rows[model.__name__] = model.objects.filter(account=account).count()
    return rows


def denials(account: Account) -> list[tuple[str, str, int]]:
    rows = Denial.objects.filter(account=account).order_by("first_at")
    return list(rows.values_list("reason", "feature", "count"))


def attempted(act: Any) -> Any:
    """What it answers, or its refusal."""
    try:
        return act()
    except DomainError as refusal:
        return refusal
