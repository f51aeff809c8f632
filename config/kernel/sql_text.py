"""The text of SQL files, without Django."""

import hashlib


def digest_of(text: str) -> str:
    """The digest that a migration records of a file."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
