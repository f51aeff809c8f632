"""The one way for verbs to happen at most once a key: under the account's lock, in the effect's own transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from config.kernel.errors import DomainError, IdempotencyKeyReused
from config.kernel.fingerprints import fingerprint_of
from usage.models import Claim
from usage.queries.moments import next_effect
from usage.rules.answers import in_order
from wallets.services import ledger

THE_DESK = 0
"""Stands for the product where a person asks: the page's own key makes a double click one effect."""


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, and the key under which it happens once.

    fingerprint: SHA-256 of what is asked. by: the product's code or the person's name, kept with the effect.
    now: null in production.
    """

    product_id: int
    key: str
    fingerprint: bytes
    by: str
    now: datetime | None = None

    @classmethod
    def at_the_desk(cls, user: User, key: str, asked: object) -> Self:
        """A call by a person. key: made with the page, so that sending it twice is one effect."""
        return cls(THE_DESK, key, fingerprint_of(asked), user.get_username())


@dataclass(frozen=True, slots=True)
class Effect:
    """What an act did: its answer, and the reason that is kept beside it."""

    answer: Mapping[str, Any]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The answer as callers see it. is_replay: the key had been used for this body, and this is the first answer."""

    answer: dict[str, Any]
    is_replay: bool


Act = Callable[[datetime, UUID], "Effect | DomainError"]
"""Does what is asked at the instant given, as the effect of the identity given. A refusal that leaves a denial is
answered, not raised: what is raised leaves nothing."""


def once(*, account_id: UUID, call: Call, effect: str, act: Act, beside: Collection[UUID] = ()) -> Done:
    """Act, or answer what the key answered before. A refusal claims nothing.

    beside: accounts that the act moves tokens of as well.

    Raises IdempotencyKeyReused, and what the act refuses.
    """
    with transaction.atomic():
        for each in sorted({account_id, *beside}):
            ledger.lock(each)
        known = Claim.objects.filter(account_id=account_id, product_id=call.product_id, key=call.key).first()
        if known is not None:
            return _first_answer(known, call, effect)
        moment, effect_id = next_effect()
        moment = call.now or moment
        done = act(moment, effect_id)
        if isinstance(done, Effect):
            Claim.objects.create(
                account_id=account_id,
                product_id=call.product_id,
                key=call.key,
                fingerprint=call.fingerprint,
                effect=effect,
                effect_id=done.answer["id"] if effect == Claim.Effect.GRANT else effect_id,
                answer={"shown": done.answer, "reason": done.reason, "by": call.by},
                recorded_at=moment,
            )
            return Done(in_order(done.answer), is_replay=False)
    raise done


def _first_answer(known: Claim, call: Call, effect: str) -> Done:
    if bytes(known.fingerprint) != call.fingerprint or known.effect != effect or known.answer is None:
        raise IdempotencyKeyReused(
            "This key stands for another body already; choose a new key for a new request."
        )
    return Done(in_order(known.answer["shown"]), is_replay=True)
