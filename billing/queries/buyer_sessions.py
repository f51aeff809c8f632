"""Whose browser it is that asks for an account's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from billing.models import BuyerSession
from billing.rules.buyer_roles import may, signature
from billing.rules.secrets import digest_of
from wallets.models import Account


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at an account. contact_id: None where a link opened it. called: how the page addresses the person."""

    session_id: int
    account: Account
    role: str
    contact_id: int | None
    called: str

    def may(self, least: str) -> bool:
        return may(self.role, least)

    @property
    def signature(self) -> str:
        """Who it is in the books. Raises ValueError for the holder of a link, who changes nothing."""
        if self.contact_id is None:
            raise ValueError("Whoever holds a link has no name to sign with.")
        return signature(self.contact_id)


def visitor(secret: str, now: datetime) -> Visitor | None:
    """Whom a cookie's secret lets in now; None where it opens nothing any more. One question.

    Whoever was switched off, and everybody of a closed account, is let in no more from that instant.
    """
    rows = BuyerSession.objects.filter(digest=digest_of(secret), ended_at=None, expires_at__gt=now)
    rows = rows.exclude(customer__state=Account.State.CLOSED)
    let_in = Q(contact__is_on=True) | Q(link__revoked_at=None, link__expires_at__gt=now)
    row = rows.filter(let_in).select_related("contact", "customer__parent").first()
    if row is None:
        return None
    contact = row.contact
    if contact is None:
        return Visitor(row.pk, row.customer, "viewer", None, "a link")
    return Visitor(row.pk, row.customer, contact.role, contact.pk, contact.address)
