"""Which grants pay for what, drawn one after the other: the plan of the SQL function, derived again to explain it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from wallets.rules.repaying import pays_for


@dataclass(frozen=True, slots=True)
class Drawable:
    """What a grant could give. is_late: tokens whose expiry was booked, for usage that is older."""

    id: UUID
    features: Sequence[str]
    tokens: Decimal
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What a grant gave. first_item: the place of the item that drew from it first."""

    id: UUID
    tokens: Decimal
    is_late: bool
    first_item: int


def drawn(
    grants: Sequence[Drawable], items: Sequence[tuple[str, Decimal]]
) -> tuple[list[Taken], list[Decimal]]:
    """What each grant gives, and what of each item none pays.

    grants: in draw order. items: features with their tokens, drawn in the order sent.
    """
    lacking = [tokens for _, tokens in items]
    taken: list[Taken] = []
    for grant in grants:
        left, first = grant.tokens, None
        for place, (feature, _) in enumerate(items):
            part = min(left, lacking[place])
            if part and pays_for(grant.features, feature):
                lacking[place] -= part
                left -= part
                first = place if first is None else first
        if first is not None:
            if taken and taken[-1].id == grant.id:
                first = taken[-1].first_item  # the grant's own place, whichever of its tokens pay
            taken.append(Taken(grant.id, grant.tokens - left, grant.is_late, first))
    return sorted(taken, key=lambda each: each.first_item), lacking
