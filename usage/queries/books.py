"""How far the books are closed."""

from __future__ import annotations

from datetime import datetime

from usage.models import BooksClosed


def closed_until() -> datetime | None:
    """The instant before which the books are closed; None where they never were."""
    return BooksClosed.objects.order_by("-pk").values_list("until_at", flat=True).first()
