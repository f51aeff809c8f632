"""Promotions: named rules that take money off a line, or add a bonus to its tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from billing.rules.money import rounded
from billing.rules.offers import Snapshot, down
from config.kernel.amounts import EXACT

SHARE, AMOUNT, BONUS = "share", "amount", "bonus"


@dataclass(frozen=True, slots=True)
class PromotionTerms:
    """What a promotion gives, kept with the line that it was applied to.

    value: per cent off, an amount off each one in `currency`, or per cent of the tokens as a bonus.
    sku, offer_kind: what it is for; empty is anything.
    """

    code: str
    name: str
    kind: str
    value: Decimal
    currency: str = ""
    sku: str = ""
    offer_kind: str = ""

    def is_for(self, offer: Snapshot) -> bool:
        """Whether it can be applied to a line of the offer."""
        return (
            self.sku in ("", offer.code)
            and self.offer_kind in ("", offer.kind)
            and self.currency in ("", offer.currency)
            and (self.kind != BONUS or any(not part.is_bonus for part in offer.tokens))
        )


def money_off(promotion: PromotionTerms, listed: Decimal, quantity: Decimal, currency: str) -> Decimal:
    """What it takes off a line of this list amount, at most all of it."""
    if promotion.kind == SHARE:
        return rounded(EXACT.divide(EXACT.multiply(listed, promotion.value), Decimal(100)), currency)
    if promotion.kind == AMOUNT:
        return min(rounded(EXACT.multiply(promotion.value, quantity), currency), listed)
    return Decimal(0)


def with_bonus(offer: Snapshot, promotion: PromotionTerms | None) -> Snapshot:
    """The offer as it is sold with the promotion: a bonus is tokens that it gives besides, in the same rhythm."""
    if promotion is None or promotion.kind != BONUS:
        return offer
    given = [
        replace(
            part,
            tokens=down(EXACT.divide(EXACT.multiply(part.tokens, promotion.value), Decimal(100))),
            is_bonus=True,
            share=Decimal(0),
        )
        for part in offer.tokens
        if not part.is_bonus
    ]
    return replace(offer, tokens=(*offer.tokens, *(part for part in given if part.tokens)))
