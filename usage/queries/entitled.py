"""What callers ask of entitlements: one account's list, one feature of it, a matrix of many."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from config.kernel.database import too_large
from config.kernel.errors import FieldError, InvalidRequest, NotFound, UnknownAccount
from usage.queries.entitlements import TOO_MANY_TOKENS, Answer, entitlements
from usage.queries.feature_cards import card_named, cards_after, cards_named
from usage.queries.standings import standings
from usage.rules import access
from usage.rules.entitlements import Entitlement
from usage.rules.orders import Item


def page(reference: str, *, after: str | None, limit: int) -> Answer:
    """At most `limit` features with what the account may use of them, in the order of codes, after the one given.

    Raises NotFound.
    """
    return _of(reference, entitlements([reference], cards_after(after, limit)))


def one(reference: str, code: str, quantity: Decimal) -> tuple[Answer, Entitlement]:
    """What the account may use of one feature, and what so much of it would cost.

    Raises NotFound, and InvalidRequest where no debit could be of this quantity.
    """
    card = card_named(code)
    answer = _of(reference, entitlements([reference], [card] if card else [], quantity=quantity))
    if card is None:
        raise NotFound(f"There is no feature {code}.")
    _check(code, quantity)
    told = answer.entitlements[0]
    if told.would_cost is not None and told.would_cost >= TOO_MANY_TOKENS:
        raise too_large()
    return answer, told


def matrix(references: Sequence[str], codes: Sequence[str]) -> list[Answer]:
    """What each of these accounts may use of each of these features, both in the order given.

    Raises UnknownAccount, UnknownFeature that name all there are not.
    """
    known = entitlements(references, cards_named(codes))
    faults = [
        FieldError(f"/accounts/{place}", "There is no such account.")
        for place, reference in enumerate(references)
        if reference not in known
    ]
    if faults:
        unknown = next(reference for reference in references if reference not in known)
        raise UnknownAccount(f"There is no account {unknown}.", errors=faults)
    return [known[reference] for reference in references]


def _of(reference: str, found: dict[str, Answer]) -> Answer:
    if reference not in found:
        raise NotFound(f"There is no account {reference}.")
    return found[reference]


def _check(code: str, quantity: Decimal) -> None:
    """Refuse a part of what is sold by whole periods."""
    try:
        list(access.unlocks(standings().unlocking(), [Item(code, quantity, {})]))
    except InvalidRequest as refusal:
        raise InvalidRequest.at("quantity", refusal.detail) from None
