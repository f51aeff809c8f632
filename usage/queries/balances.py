"""Balances as callers see them, now and at any past instant."""

from datetime import datetime
from typing import Any

from config.kernel.amounts import tokens
from config.kernel.errors import InvalidRequest
from usage.queries.moments import database_clock
from usage.queries.policies import ruling_at
from usage.rules import policy_words
from usage.rules.answers import instant
from usage.rules.ladders import Ruling
from wallets.queries.accounts import account_named
from wallets.queries.balances import holding_at, holding_now
from wallets.queries.units import unit_named
from wallets.rules.holding import Holding


def balance(reference: str, *, token: str | None = None, as_of: datetime | None = None) -> dict[str, Any]:
    """What the account can spend in a token unit, the default one where none is named; in a fixed number of queries.

    as_of: a past instant, at which this would have been the answer; None is now.

    Raises NotFound, UnitMissing, InvalidRequest for an instant ahead.
    """
    if as_of is not None and as_of > database_clock():
        raise InvalidRequest.at("as_of", "The time lies ahead.")
    account, unit = account_named(reference, as_of), unit_named(token, "token")
    held = holding_at(account.pk, unit.pk, as_of) if as_of else holding_now(account.pk, unit.pk)
    return _shown(reference, unit.code, held, ruling_at(account.pk, held.moment))


def _shown(reference: str, token: str, held: Holding, ruling: Ruling) -> dict[str, Any]:
    limit, ends = ruling.policy.most_overage, held.next_expiry
    return {
        "account": reference,
        "token": token,
        "available": tokens(held.available),
        "held": tokens(held.held),
        "overage": tokens(held.overage),
        "overage_limit": None if limit is None else tokens(limit),
        "by_kind": {kind: tokens(amount) for kind, amount in held.by_kind.items()},
        "next_expiry": {"at": instant(ends.at), "tokens": tokens(ends.tokens)} if ends else None,
        "policy": policy_words.shown(ruling.policy, ruling.scope),
        "as_of": instant(held.moment),
    }
