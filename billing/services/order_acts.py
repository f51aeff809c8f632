"""In whose name, when and by which version an order takes effect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.models import Order
from usage.services.authors import Author
from wallets.models import Account


@dataclass(frozen=True, slots=True)
class Act:
    """In whose name and when an order takes effect, under the account's lock. cause_id: names it in the ledger."""

    account: Account
    order: Order
    version: int
    author: Author
    moment: datetime
    cause_id: UUID
