"""Secrets that are sent to somebody and kept here only as their hash."""

from __future__ import annotations

from hashlib import sha256


def digest_of(secret: str) -> bytes:
    """What is kept of a secret. It is random and long, so that a plain SHA-256 gives nothing away."""
    return sha256(secret.encode()).digest()
