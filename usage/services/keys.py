"""API keys: handing them out and taking them back."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.contrib.auth.models import User
from django.db import transaction

from config.kernel.errors import InvalidRequest
from config.kernel.signing import signed
from pricing.errors import UnknownProduct
from pricing.models import Product
from usage.errors import KeyMissing, KeyRevoked
from usage.models import ApiKey
from usage.queries.moments import database_clock
from usage.rules.keys import text_of

PREFIX_BYTES, SECRET_BYTES = 4, 24


@dataclass(frozen=True, slots=True)
class Issued:
    """A new key. text: what the product shows from now on; it is kept nowhere."""

    key: ApiKey
    text: str


@transaction.atomic
def create(
    *, product_code: str, scopes: Sequence[str], name: str = "", user: User | None = None, reason: str = ""
) -> Issued:
    """Make a key of a product, with these scopes.

    Raises UnknownProduct, InvalidRequest.
    """
    product = Product.objects.filter(code=product_code).first()
    if product is None:
        raise UnknownProduct(f"There is no product {product_code}.")
    asked = list(dict.fromkeys(scopes))
    known = list(ApiKey.Scope.values)
    if not asked or not set(asked) <= set(known):
        raise InvalidRequest.at("/scopes", f"A key has one or more of the scopes {', '.join(known)}.")
    prefix, secret = secrets.token_hex(PREFIX_BYTES), secrets.token_hex(SECRET_BYTES)
    text = text_of(prefix, secret)
    key = ApiKey(
        product=product,
        name=name,
        prefix=prefix,
        secret_hash=sha256(text.encode()).digest(),
        scopes=asked,
        created_at=database_clock(),
    )
    signed(key, user, reason).save(force_insert=True)
    return Issued(key, text)


@transaction.atomic
def revoke(*, prefix: str, user: User | None = None, reason: str = "") -> ApiKey:
    """Take a key back; it opens nothing any more within a second.

    prefix: of the key; the whole `td_…` form does as well.

    Raises KeyMissing, KeyRevoked.
    """
    named = prefix.removeprefix("td_").partition("_")[0]
    key = ApiKey.objects.select_for_update().filter(prefix=named).first()
    if key is None:
        raise KeyMissing(f"There is no key {prefix}.")
    if key.revoked_at is not None:
        raise KeyRevoked(f"The key {named} was revoked at {key.revoked_at:%Y-%m-%d %H:%M:%S} UTC already.")
    key.revoked_at = database_clock()
    signed(key, user, reason).save(update_fields=["revoked_at"])
    return key
