"""Where a webhook may lead: the spelling of its URL, and which addresses are nobody's own network.

Nothing is guessed: what two programs might read differently is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

LONGEST_URL = 2000
PORTS = {"http": 80, "https": 443}

_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?]*)(?P<path>[/?].*)?")
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_QUAD = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})")

Address = IPv4Address | IPv6Address

# By the registries of special addresses (RFC 6890): not the same in every version of Python's own lists.
_CLOSED = {
    "this host": "0.0.0.0/8 ::/128",
    "loopback": "127.0.0.0/8 ::1/128",
    "private": "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10",
    "shared by a provider": "100.64.0.0/10",
    "link-local": "169.254.0.0/16 fe80::/10",
    "multicast": "224.0.0.0/4 ff00::/8",
    "reserved": "192.0.0.0/24 198.18.0.0/15 240.0.0.0/4 2001::/23 64:ff9b:1::/48 100::/64",
    "for documentation": "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20",
    "a tunnel": "192.88.99.0/24 2002::/16",
}
_NETWORKS = [
    (why, IPv6Network(each) if ":" in each else IPv4Network(each))
    for why, listed in _CLOSED.items()
    for each in listed.split()
]
_PUBLIC_V6 = IPv6Network("2000::/3")
_TRANSLATED = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in the parts by which it is called. host: lower-case, without brackets. path: with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def address(self) -> Address | None:
        """The address, where the host is one and no name."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def authority(self) -> str:
        """The host as it is named in a request, with its port where that is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def is_among(self, hosts: Collection[str]) -> bool:
        """Whether an operator named this host, or this host and port."""
        return self.host in hosts or f"{self.host}:{self.port}" in hosts


def target_of(url: str) -> Target:
    """The parts of a webhook's URL. Raises ValueError with a sentence that says what is wrong with it."""
    if len(url) > LONGEST_URL:
        raise ValueError(f"A URL has {LONGEST_URL:,} characters at most.")
    if not _CHARACTERS.fullmatch(url):
        raise ValueError(
            "A URL has plain letters, digits and signs alone, and no #; write other names as xn--…."
        )
    parts = _URL.fullmatch(url)
    if parts is None:
        raise ValueError("A URL begins with https:// or http://, in small letters.")
    if "@" in parts["authority"]:
        raise ValueError("A URL holds no user and no password.")
    found = _AUTHORITY.fullmatch(parts["authority"])
    if found is None:
        raise ValueError("The URL names no host, or its port is no number.")
    port = int(found["port"]) if found["port"] else PORTS[parts["scheme"]]
    if not 1 <= port <= 65535:
        raise ValueError("A port is a number from 1 to 65535.")
    path = parts["path"] or "/"
    return Target(parts["scheme"], _host(found["host"]), port, path if path.startswith("/") else f"/{path}")


def _host(written: str) -> str:
    if written.startswith("["):
        try:
            return str(IPv6Address(written[1:-1]))
        except ValueError:
            raise ValueError(f"{written} is no IPv6 address.") from None
    host = written.lower()
    if _NUMBER.fullmatch(host.rsplit(".", 1)[-1]):  # what ends in a number is an address, however it is spelt
        if not _QUAD.fullmatch(host):
            raise ValueError(f"{written} is no plain IPv4 address: write four decimal numbers.")
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise ValueError(f"{written} is no IPv4 address.") from None
    if not _NAME.fullmatch(host):
        raise ValueError(f"{written} is no host name.")
    return host


def why_closed(address: Address) -> str:
    """Why nothing is sent to this address, in a word or two; empty where it is a public one."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped
        if inner is None and address in _TRANSLATED:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return why_closed(inner)
    for why, network in _NETWORKS:
        if address in network:
            return why
    is_public = isinstance(address, IPv4Address) or (address in _PUBLIC_V6 and address.scope_id is None)
    return "" if is_public else "reserved"
