"""The keys that were let in lately, kept in the process for half a second."""

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Generic, TypeVar

SECONDS_FRESH = 0.5
MOST_KEPT = 10_000

Holder = TypeVar("Holder")


class KeyRing(Generic[Holder]):
    """Who holds a key. What is revoked is refused at the latest half a second later in every process.

    find: looks a secret up for good; None where it opens nothing. Only keys that open something are kept, by
    their digest. While one thread looks again, the others go on with what was known.
    """

    def __init__(
        self, find: Callable[[str], Holder | None], *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._find = find
        self._seconds = seconds
        self._known: dict[bytes, tuple[float, Holder]] = {}

    def holder(self, secret: str) -> Holder | None:
        """The holder of `secret`, or None."""
        digest = sha256(secret.encode("utf-8", "replace")).digest()
        now = self._seconds()
        if known := self._known.get(digest):
            looked_at, holder = known
            if now - looked_at < SECONDS_FRESH:
                return holder
            self._known[digest] = (now, holder)
        return self._look(digest, secret, now)

    def _look(self, digest: bytes, secret: str, now: float) -> Holder | None:
        try:
            holder = self._find(secret)
        except BaseException:
            self._known.pop(digest, None)
            raise
        if holder is None:
            self._known.pop(digest, None)
        else:
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            self._known[digest] = (now, holder)
        return holder

    def forget(self) -> None:
        """Look every key up again."""
        self._known.clear()
