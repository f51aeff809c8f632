"""The keys that were let in lately, kept in the process: looked up again after half a second, trusted for one."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Event, Lock
from typing import Generic, TypeVar

from config.kernel.errors import Unavailable

SECONDS_FRESH = 0.5
SECONDS_TRUSTED = 1.0
SECONDS_TO_ANSWER = 0.5
SECONDS_OF_PATIENCE = 2.0
MOST_KEPT = 10_000

Holder = TypeVar("Holder")


@dataclass(slots=True)
class _LookUp(Generic[Holder]):
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
        self._under_way: dict[bytes, _LookUp[Holder]] = {}
        self._lock = Lock()

    def holder(self, secret: str) -> Holder | None:
        """The holder of `secret`, or None.

        Raises Unavailable where that could not be found out in time.
        """
        digest = sha256(secret.encode("utf-8", "replace")).digest()
        now = self._seconds()
        known = self._known.get(digest)
        if known is None:
            return self._look_up(digest, secret, _LookUp(now))
        known_at, holder = known
        if now - known_at < SECONDS_FRESH:
            return holder
        look_up, is_this_threads = self._joined(digest, now)
        if is_this_threads:
            return self._look_up(digest, secret, look_up)
        return holder if now - known_at < SECONDS_TRUSTED else self._awaited(digest, look_up)

    def _joined(self, digest: bytes, now: float) -> tuple[_LookUp[Holder], bool]:
        """The look-up of a key under way, and whether it is this thread's; one that hangs is given up for another."""
        with self._lock:
            present = self._under_way.get(digest)
            if present is not None and now - present.began_at < SECONDS_TO_ANSWER:
                return present, False
            begun = self._under_way[digest] = _LookUp(now)
            return begun, True

    def _look_up(self, digest: bytes, secret: str, look_up: _LookUp[Holder]) -> Holder | None:
        try:
            look_up.holder = self._find(secret)
            look_up.has_failed = False
            self._keep(digest, look_up)
        finally:
            with self._lock:
                if self._under_way.get(digest) is look_up:
                    del self._under_way[digest]
            look_up.is_over.set()
        return look_up.holder

    def _awaited(self, digest: bytes, look_up: _LookUp[Holder]) -> Holder | None:
        """What another thread finds; where it does not answer, what a third one found meanwhile."""
        if look_up.is_over.wait(SECONDS_OF_PATIENCE) and not look_up.has_failed:
            return look_up.holder
        known_at, holder = self._known.get(digest, (0.0, None))
        if holder is None or self._seconds() - known_at >= SECONDS_TRUSTED:
            raise Unavailable("The API key could not be looked up in time; nothing was done.")
        return holder

    def _keep(self, digest: bytes, look_up: _LookUp[Holder]) -> None:
        if look_up.holder is None:
            self._known.pop(digest, None)
            return
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
        self._known[digest] = (look_up.began_at, look_up.holder)

    def forget(self) -> None:
        """Look every key up again."""
        self._known.clear()
