"""Packs that an account's people may order, and how many they ordered lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, Sum

from billing.models import Offer, OrderLine
from billing.queries.offers import snapshot_of
from billing.rules.buyer_roles import CONTACT
from billing.rules.offers import Snapshot
from config.kernel.fingerprints import fingerprint_of

WITHIN = timedelta(days=30)


def packs() -> Sequence[Snapshot]:
    """The packs on sale that they may order by themselves, the cheapest first."""
    rows = Offer.objects.packs_for_buyers().with_parts()
    return [snapshot_of(offer) for offer in rows.order_by("currency", "list_price", "code")]


def pack(sku: str) -> Snapshot | None:
    """One of them."""
    row = Offer.objects.packs_for_buyers().with_parts().filter(code=sku).first()
    return snapshot_of(row) if row else None


def seen_as(pack: Snapshot) -> str:
    """Tells whether a pack is still what a person saw of it: its price and currency, and all that it gives."""
    return fingerprint_of(pack).hex()


def ordered_lately(account_id: UUID, moment: datetime) -> int:
    """How many packs the account's people ordered within thirty days, cancelled ones too."""
    theirs = Q(version__number=1, version__placed_by__startswith=CONTACT)
    rows = OrderLine.objects.filter(theirs, account_id=account_id, version__recorded_at__gt=moment - WITHIN)
    return int(rows.aggregate(all=Sum("quantity"))["all"] or 0)
