"""API keys: who holds one, and which there are."""

import secrets
from dataclasses import dataclass
from hashlib import sha256

from django.db.models import QuerySet

from usage.models import ApiKey
from usage.rules.keys import prefix_of


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """What a key lets in: one product, with these scopes."""

    api_key_id: int
    prefix: str
    product_id: int
    product_code: str
    scopes: frozenset[str]


def holder_of(presented: str) -> KeyHolder | None:
    """Who holds the key that was presented; None where it opens nothing, or no longer does."""
    prefix = prefix_of(presented)
    if prefix is None:
        return None
    key = ApiKey.objects.valid().select_related("product").filter(prefix=prefix).first()
    shown = sha256(presented.encode()).digest()
    if key is None or not secrets.compare_digest(bytes(key.secret_hash), shown):
        return None
    return KeyHolder(key.pk, key.prefix, key.product_id, key.product.code, frozenset(key.scopes))


def all_keys() -> QuerySet[ApiKey]:
    """Every key with its product, the newest first."""
    return ApiKey.objects.select_related("product").order_by("-created_at", "-pk")
