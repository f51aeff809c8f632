"""What a call brought about, found by the key that its caller gave it."""

from __future__ import annotations

from uuid import UUID

from usage.models import Claim


def effects_of(key: str, effect: str) -> list[UUID]:
    """Identities of what claimed the key, of all accounts and products; `effect` is one of `Claim.Effect`."""
    return list(Claim.objects.filter(key=key, effect=effect).values_list("effect_id", flat=True))
