"""Accounts by the producer's reference."""

from datetime import datetime
from uuid import UUID

from config.kernel.errors import NotFound
from wallets.errors import AccountMissing
from wallets.models import Account


def account_named(reference: str, as_of: datetime | None = None) -> Account:
    """The account that a path names.

    as_of: a past instant, at which it must have been there already.

    Raises NotFound.
    """
    account = Account.objects.select_related("parent").filter(reference=reference).first()
    if account is None:
        raise NotFound(f"There is no account {reference}.")
    if as_of is not None and as_of < account.created_at:
        raise NotFound(f"There was no account {reference} then.")
    return account


def account_id_of(reference: str) -> UUID:
    """The identity of an account that a body or a query names.

    Raises AccountMissing.
    """
    found: UUID | None = Account.objects.filter(reference=reference).values_list("pk", flat=True).first()
    if found is None:
        raise AccountMissing(f"There is no account {reference}.")
    return found


def is_within(account_id: UUID, possible_ancestor_id: UUID) -> bool:
    """Whether the account is the other one or stands below it, however deep."""
    rows = Account.objects.raw(
        """WITH RECURSIVE line (id, parent_id) AS (
               SELECT id, parent_id FROM wallets_account WHERE id = %s
               UNION SELECT a.id, a.parent_id FROM wallets_account a JOIN line ON a.id = line.parent_id)
           SELECT id FROM line WHERE id = %s""",
        [account_id, possible_ancestor_id],
    )
    return len(list(rows)) > 0
