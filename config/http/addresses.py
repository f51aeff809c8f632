"""Where a request comes from."""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings


def address_of(environ: Mapping[str, Any]) -> str:
    """The caller's address: of the connection, or what the outermost of our own proxies saw.

    PROXIES_IN_FRONT says how many of them there are; what a caller writes into the header beyond them is not believed.
    """
    hops = settings.PROXIES_IN_FRONT
    if not hops:
        return str(environ.get("REMOTE_ADDR", ""))
    told = [each.strip() for each in str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",") if each.strip()]
    return told[-hops] if len(told) >= hops else str(environ.get("REMOTE_ADDR", ""))


def network_of(address: str) -> str:
    """Whom to count as one caller: of version 6 whoever has one address has all that share 64 bits."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), 64), strict=False))
