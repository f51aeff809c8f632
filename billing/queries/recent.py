"""What happened lately, found by the time that a version 7 identity carries: no scan, and no index of its own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID


def first_id_at(moment: datetime) -> UUID:
    """The least identity that a row written at `moment` may have."""
    milliseconds = max(int(moment.timestamp() * 1000), 0)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x8 << 60)
