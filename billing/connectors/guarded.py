"""Connections to public addresses alone, and none longer than agreed: what webhooks go out by.

A name is looked up once; every address it has is checked, and the connection goes to one that was checked. So a name
that answers otherwise the second time leads nowhere else.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

import httpcore

from billing.rules.targets import Address, Target, why_closed

SECONDS_AT_ONE_OF_SEVERAL = 3.0

LookUp = Callable[[str, int], Sequence[Address]]


class Refused(Exception):
    """The target lies in a network that nothing is sent to, or its name is unknown."""


class TooSlow(Exception):
    """The time for the whole exchange is over."""


class Deadline:
    """One time limit for everything that an exchange does."""

    def __init__(self, seconds: float) -> None:
        self._at = monotonic() + seconds

    def left(self) -> float:
        """The seconds that are left.

        Raises TooSlow where none are.
        """
        left = self._at - monotonic()
        if left <= 0:
            raise TooSlow
        return left


def addresses_of(host: str, port: int) -> Sequence[Address]:
    """What a name stands for now, by the machine's own means. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(sockaddr[0]) for *_, sockaddr in found]


def checked_addresses(
    target: Target, private_hosts: frozenset[str], deadline: Deadline, look_up: LookUp = addresses_of
) -> Sequence[Address]:
    """The addresses that a target may be reached at, every one of them public unless an operator named the host.

    Raises Refused, TooSlow.
    """
    found = [target.address] if target.address else _looked_up(target, deadline, look_up)
    if not target.is_among(private_hosts):
        for address in found:
            if why := why_closed(address):
                raise Refused(f"{target.host} leads to {address}, which is no public address ({why}).")
    return found


def _looked_up(target: Target, deadline: Deadline, look_up: LookUp) -> Sequence[Address]:
    """Look a name up in a thread of its own: nothing else ends a look-up in time."""
    answers: SimpleQueue[Sequence[Address] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(look_up(target.host, target.port))
        except Exception as fault:
            answers.put(fault)

    Thread(target=ask, daemon=True, name="look-up").start()
    try:
        found = answers.get(timeout=deadline.left())
    except Empty:
        raise TooSlow from None
    if isinstance(found, Exception) or not found:
        raise Refused(f"The name {target.host} is not known.")
    return list(dict.fromkeys(found))


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to the addresses of one target that were checked, and to nothing else, within one deadline."""

    def __init__(self, target: Target, addresses: Sequence[Address], deadline: Deadline) -> None:
        self._target, self._addresses, self._deadline = target, addresses, deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        if (host, port) != (self._target.host, self._target.port):
            raise httpcore.ConnectError(f"{host}:{port} was not checked")
        fault: Exception = httpcore.ConnectError("no address")
        for place, address in enumerate(self._addresses, start=1):
            left = self._deadline.left()
            if place < len(self._addresses):
                left = min(left, SECONDS_AT_ONE_OF_SEVERAL)
            try:
                stream = self._plain.connect_tcp(str(address), port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                fault = failed
            else:
                return _Timed(stream, self._deadline)
        raise fault


class _Timed(httpcore.NetworkStream):
    """A stream whose every step takes what is left of the deadline at most, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(
            self._stream.start_tls(ssl_context, server_hostname, self._deadline.left()), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@cache
def trust() -> ssl.SSLContext:
    """The authorities whose certificates are believed: certifi's."""
    return httpcore.default_ssl_context()


def cause_of(fault: BaseException) -> str:
    """What a fault of the network says, to stand in a sentence."""
    said = str(fault) or type(fault).__name__
    return said.rstrip(".")
