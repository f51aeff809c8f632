"""The keys that were let in lately, kept in the process for half a second."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Event, Lock
from typing import Generic, TypeVar

from config.kernel.errors import Unavailable

SECONDS_FRESH = 0.5
SECONDS_TRUSTED = 1.0
SECONDS_OF_PATIENCE = 0.5
MOST_KEPT = 10_000

Holder = TypeVar("Holder")


@dataclass(slots=True)
class _Look(Generic[Holder]):
    """One thread looking a key up again. holder: what it found once it is over, unless it failed."""

    began_at: float
    is_over: Event = field(default_factory=Event)
    has_failed: bool = True
    holder: Holder | None = None


class KeyRing(Generic[Holder]):
    """Who holds a key. What is revoked is refused at the latest a second later in every process.

    find: looks a secret up for good; None where it opens nothing. Only keys that open something are kept, by
    their digest. While one thread looks again, the others go on with what was known, until it is a second old:
    then they wait for what that one finds, and a look-up that does not answer lets nobody in.
    """

    def __init__(
        self, find: Callable[[str], Holder | None], *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._find = find
        self._seconds = seconds
        self._known: dict[bytes, tuple[float, Holder]] = {}
        self._looks: dict[bytes, _Look[Holder]] = {}
        self._lock = Lock()

    def holder(self, secret: str) -> Holder | None:
        """The holder of `secret`, or None.

        Raises Unavailable where that could not be found out in time.
        """
        digest = sha256(secret.encode("utf-8", "replace")).digest()
        now = self._seconds()
        known = self._known.get(digest)
        if known is None:
            return self._look(digest, secret, _Look(now))
        looked_at, holder = known
        if now - looked_at < SECONDS_FRESH:
            return holder
        look, is_ours = self._look_under_way(digest, now)
        if is_ours:
            return self._look(digest, secret, look)
        return holder if now - looked_at < SECONDS_TRUSTED else _awaited(look)

    def _look_under_way(self, digest: bytes, now: float) -> tuple[_Look[Holder], bool]:
        """The present look-up of a key, and whether it is ours to do; one that hangs is given up for another."""
        with self._lock:
            present = self._looks.get(digest)
            if present is not None and now - present.began_at < SECONDS_OF_PATIENCE:
                return present, False
            ours = self._looks[digest] = _Look(now)
            return ours, True

    def _look(self, digest: bytes, secret: str, look: _Look[Holder]) -> Holder | None:
        try:
            look.holder = self._find(secret)
            look.has_failed = False
            self._keep(digest, look)
        finally:
            with self._lock:
                if self._looks.get(digest) is look:
                    del self._looks[digest]
            look.is_over.set()
        return look.holder

    def _keep(self, digest: bytes, look: _Look[Holder]) -> None:
        if look.holder is None:
            self._known.pop(digest, None)
            return
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
        self._known[digest] = (look.began_at, look.holder)

    def forget(self) -> None:
        """Look every key up again."""
        self._known.clear()


def _awaited(look: _Look[Holder]) -> Holder | None:
    if not look.is_over.wait(SECONDS_OF_PATIENCE) or look.has_failed:
        raise Unavailable("The API key could not be looked up in time; nothing was done.")
    return look.holder
