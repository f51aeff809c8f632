"""Reading what grants and ledger say: what time has come for is done first, as before any movement."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from usage.queries import grants, ledger
from wallets.queries.accounts import account_named
from wallets.queries.grants import grant_of_id
from wallets.services.sweeping import settle_if_due

Answer = dict[str, Any]


def grant(grant_id: UUID) -> Answer:
    """One grant, as it is now.

    Raises NotFound.
    """
    found = grant_of_id(grant_id)
    if found is not None:
        settle_if_due(found.account_id)
    return grants.grant(grant_id)


def grants_page(reference: str, *, after: str | None, limit: int) -> Sequence[Answer]:
    """At most `limit` grants of the account, the newest first, after the one whose id is given.

    Raises NotFound.
    """
    settle_if_due(account_named(reference).pk)
    return grants.grants_page(reference, after=after, limit=limit)


def ledger_page(
    reference: str, *, token: str | None = None, after: str | None, limit: int
) -> Sequence[Answer]:
    """At most `limit` movements of the account in a token unit, the newest first, after the number given.

    Raises NotFound, UnitMissing.
    """
    settle_if_due(account_named(reference).pk)
    return ledger.ledger_page(reference, token=token, after=after, limit=limit)
