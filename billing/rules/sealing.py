"""Secrets at rest: sealed with a key derived from the installation's own, opened with its former ones too."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"tokendesk webhook secrets, 1"


class Unreadable(Exception):
    """None of the keys opens this: SECRET_KEY was changed, and the former one is not among SECRET_KEY_FALLBACKS."""


def seal(text: str, keys: Sequence[str]) -> str:
    """The text, to be opened with the first key. keys: SECRET_KEY, then its fallbacks."""
    return _box(keys).encrypt(text.encode()).decode("ascii")


def opened(sealed: str, keys: Sequence[str]) -> str:
    """The text that was sealed with one of the keys.

    Raises Unreadable.
    """
    try:
        return _box(keys).decrypt(sealed.encode("ascii")).decode()
    except InvalidToken as fault:
        raise Unreadable("No key of this installation opens the secret.") from fault


def is_current(sealed: str, keys: Sequence[str]) -> bool:
    """Whether the first key alone opens it."""
    try:
        opened(sealed, keys[:1])
    except Unreadable:
        return False
    return True


def _box(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
    return base64.urlsafe_b64encode(derived)
