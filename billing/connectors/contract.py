"""What every connector is. `billing/tests/connectors/contract.py` holds each of them to it.

A connector is one class, in `connectors/<kind>.py` with files of its name beside it, that speaks the words of
`rules.connecting` on our side and the vendor's protocol on theirs.
It knows neither models nor services, keeps nothing between calls, and is never called inside a transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from billing.rules.connecting import (
    Access,
    Checked,
    Incoming,
    Listed,
    Message,
    Page,
    Record,
    Renewed,
    Sent,
    Setting,
    Sold,
    Unreadable,
    Unverified,
    Wish,
)
from billing.rules.mapping import Mapped, Target

OTHER_FORM = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, OSError)
"""What reading raises of things that are not as their vendor publishes them."""


class Connector:
    """One kind of outside system. What a connector does not do it leaves as it is here.

    kind: its word in tables and addresses, for good. settings: what a person says about a connection of this kind.
    targets: what can be mapped, with the vendor's usual expressions. streams: what can be pulled, in this order.
    stream_titles: what people read of a stream, where its name does not say it.
    sends: the kinds of messages it can carry. batch: how many of them in one call, at most.
    lists: those of them that can be asked for again, to be compared. sells: it can be asked what was sold there.
    """

    kind: ClassVar[str]
    title: ClassVar[str]
    settings: ClassVar[Sequence[Setting]] = ()
    targets: ClassVar[Sequence[Target]] = ()
    streams: ClassVar[Sequence[str]] = ()
    stream_titles: ClassVar[Mapping[str, str]] = {}
    sends: ClassVar[frozenset[str]] = frozenset()
    lists: ClassVar[frozenset[str]] = frozenset()
    sells: ClassVar[bool] = False
    batch: ClassVar[int] = 1

    def title_of(self, stream: str) -> str:
        """What people read of a stream; of one that is offered no more its name."""
        return self.stream_titles.get(stream, stream)

    def verify(self, access: Access, incoming: Incoming) -> Record:
        """The record that a call from outside carries, once its signature is proven. Without the network.

        Raises Unverified, Unreadable, NotSetUp.
        """
        raise Unverified("Connections of this kind take no calls.")

    def record_in(self, body: bytes) -> Record:
        """The record that a call with this body carries, whoever makes it: nothing of it is proven.

        Raises Unreadable.
        """
        raise Unreadable("Connections of this kind take no calls.")

    def complete(self, access: Access, record: Record) -> Record:
        """The record with what it leaves out and `read` needs, asked for over the network. By default it needs nothing.

        Called before each `read`, outside transactions, with an access opened for this call: what is asked for is at
        least as new as `access.at`, so a version of that instant is right in whatever order records are applied. What
        comes of it is read and not kept. Raises as `pull`; what hinders the connection hinders no record for good.
        """
        return record

    def read(self, record: Record, mapped: Mapped) -> Sequence[Wish]:
        """What a completed record comes to. A pure function of the two: run again, it answers the same.

        Raises Unreadable.
        """
        raise NotImplementedError

    def pull(self, access: Access, stream: str, cursor: str) -> Page:
        """The page of a stream that begins at the cursor; empty: from the very beginning.

        The page's own cursor is stored with its records: what was answered once may be answered again, and nothing
        is left out. Raises Unreachable, Later, AccessExpired, Refused, NotSetUp.
        """
        raise NotImplementedError

    def send(self, access: Access, messages: Sequence[Message]) -> Sequence[Sent]:
        """Tell `batch` messages at most, all of one kind. Answers how each went, in the same order.

        What is told again under the same key is done once there. All of it takes two minutes at most. An invoice item's
        answer names it. Raises as `pull`, which then holds for all.
        """
        raise NotImplementedError

    def listed(self, access: Access, kind: str, since: datetime, until: datetime) -> Sequence[Listed]:
        """All that they have of messages of a kind that this connection sent, made from `since` and before `until`.

        Raises as `pull`.
        """
        raise NotImplementedError

    def sold(self, access: Access, since: datetime, until: datetime) -> Iterator[Sold]:
        """All that was sold there from `since` and before `until`, paid anew or changed in it, each once, as it stands.

        What is not ours may be among it: reading tells. Asked page by page while it is gone through; it ends where that
        is all. Raises as `pull`, in the middle too: then nothing of it counts.
        """
        raise NotImplementedError

    def sales_named(self, access: Access, names: Sequence[str]) -> Iterator[Sold]:
        """The sales of these names, or that became of them, as they stand; what they don't know is left out.

        Raises as `pull`.
        """
        raise NotImplementedError

    def renew(self, access: Access, now: datetime) -> Renewed | None:
        """Secrets in place of those that ran out or soon will; None where they don't.

        Raises Unreachable, Later, Refused, NotSetUp.
        """
        return None

    def check(self, access: Access) -> Checked:
        """Whether the connection works, by a call that changes nothing.

        Raises as `pull`.
        """
        raise NotImplementedError
