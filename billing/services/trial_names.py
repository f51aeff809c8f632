"""What a trial offer is given to once: an opportunity, an account, a domain. Whoever issues locks the names first."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256
from uuid import UUID

from django.db import connection

from billing.models import TrialOffer
from billing.rules.trial_orders import TrialOrder
from wallets.models import Account
from wallets.services import ledger


def once_key_of(offer: TrialOffer, account: Account, order: TrialOrder) -> str | None:
    """The account or the domain that the offer is given to once; None where it is given as often as one likes."""
    if offer.once_per == TrialOffer.OncePer.ACCOUNT:
        return f"account:{account.pk}"
    return f"domain:{order.domain}" if offer.once_per == TrialOffer.OncePer.DOMAIN else None


def names_of(offer: TrialOffer, account: Account, order: TrialOrder) -> set[str]:
    """All that the order's trial will be the only one of."""
    opportunity = f"opportunity:{order.opportunity}" if order.opportunity else None
    found = (opportunity, once_key_of(offer, account, order))
    return {f"trial:{offer.pk}:{name}" for name in found if name is not None}


def lock(account_ids: Collection[UUID], names: Collection[str]) -> None:
    """Let nobody else issue to these accounts, nor by these names, until the transaction ends.

    Accounts before names, and each kind in one order, so that those who name the same crosswise wait for each other and
    never in a ring.
    """
    for account_id in sorted(account_ids):
        ledger.lock(account_id)
    keys = sorted({int.from_bytes(sha256(name.encode()).digest()[:8], signed=True) for name in names})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])
