"""Accounts by the producer's reference."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from config.kernel.errors import FieldError, NotFound
from wallets.errors import AccountMissing
from wallets.models import Account

FOUND_ONE_BY_ONE = 500


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


def account_id_of(reference: str, pointer: str = "/account") -> UUID:
    """The identity of an account that a body or a query names. pointer: to where it is named.

    Raises AccountMissing.
    """
    found: UUID | None = Account.objects.filter(reference=reference).values_list("pk", flat=True).first()
    if found is None:
        fault = FieldError(pointer, "There is no such account.")
        raise AccountMissing(f"There is no account {reference}.", errors=[fault])
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


def named_like(accounts: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Accounts whose reference, name or ids elsewhere contain the text."""
    ids: QuerySet[Any] = accounts.annotate(ids_as_text=Cast("external_ids", TextField()))
    return ids.filter(Q(reference__icontains=text) | Q(name__icontains=text) | Q(ids_as_text__icontains=text))


def meant_by(text: str) -> list[UUID] | QuerySet[Any]:
    """The account whose reference is the text; where there is none, all that are named like it.

    Few are answered one by one, for a plan of what is asked of them next that knows which they are.
    """
    exactly = Account.objects.filter(reference=text).values_list("pk", flat=True)
    alike = named_like(Account.objects.all(), text).values_list("pk", flat=True)
    found = list(exactly) or list(alike[: FOUND_ONE_BY_ONE + 1])
    return alike if len(found) > FOUND_ONE_BY_ONE else found
