"""What tells whether the same key asks for the same thing again."""

from __future__ import annotations

from hashlib import sha256


def fingerprint_of(asked: object) -> bytes:
    """SHA-256 of what a person asks, by how Python writes it: for text, numbers, instants and tuples of them."""
    return sha256(repr(asked).encode()).digest()
