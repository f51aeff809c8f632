"""From which networks API keys are used: noted once a day and process, beside the request and never in its way."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

from django.db import DatabaseError, connection

from usage.models import KeySighting

log = logging.getLogger(__name__)

PREFIXES = {4: 24, 6: 48}
KEPT = 100_000

_noted: set[tuple[int, str]] = set()
_today = ""


def note(api_key_id: int, address: str, received_at: datetime) -> None:
    """Remember that the key was used from this address. What can't be noted is logged and lost; the request goes on."""
    global _today
    day = received_at.astimezone(UTC).date()
    if _today != str(day) or len(_noted) > KEPT:
        _noted.clear()
        _today = str(day)
    if (api_key_id, address) in _noted:
        return
    _noted.add((api_key_id, address))
    network = network_of(address)
    if network is None or connection.in_atomic_block:
        return
    try:
        KeySighting.objects.bulk_create(
            [KeySighting(api_key_id=api_key_id, network=network, day=day)], ignore_conflicts=True
        )
    except DatabaseError:
        log.warning("The network of an API key could not be noted.", exc_info=True)


def network_of(address: str) -> str | None:
    """The network that an address lies in; None where it is none."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return str(ip_network(f"{found}/{PREFIXES[found.version]}", strict=False))
