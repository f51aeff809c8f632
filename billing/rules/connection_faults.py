"""What goes wrong between the product and an outside system. `rules.connecting` hands these on."""

from __future__ import annotations


class ConnectionFault(Exception):
    """A reason, in a sentence, why something did not come in or go out."""


class NotSetUp(ConnectionFault):
    """Something that a person needs to say about the connection is missing or wrong."""


class Unverified(ConnectionFault):
    """Nobody knows who sent it: no signature, a wrong one, or one whose time is over."""


class Unreadable(ConnectionFault):
    """It says what nothing can be made of. where: the place in it, as a path."""

    def __init__(self, why: str, where: str = "") -> None:
        super().__init__(why)
        self.where = where


class Incomplete(Unreadable):
    """Nothing was asked for yet that it leaves out: what it comes to is known when it is completed."""


class Unreachable(ConnectionFault):
    """They gave no answer, or one that is no answer; later they may. status: of HTTP, where there was one."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status


class Later(ConnectionFault):
    """They ask to be left alone. seconds: for how long."""

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(why)
        self.seconds = seconds


class AccessExpired(ConnectionFault):
    """They don't know our token any more; a renewed one may help."""


class Refused(ConnectionFault):
    """They answered that they will not, and would answer so again. excerpt: how the answer begins."""

    def __init__(self, why: str, status: int, excerpt: str = "") -> None:
        super().__init__(why)
        self.status, self.excerpt = status, excerpt
