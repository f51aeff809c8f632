"""What is known already of what a stream brings, and what was counted before."""

from __future__ import annotations

from collections.abc import Collection

from billing.models import Connection, ExternalSale, Link, Received, Resync

SHOWN = 10


def is_known(connection_id: int, external_ids: Collection[str]) -> set[str]:
    """Which of these records were received before, in this very revision."""
    rows = Received.objects.filter(connection=connection_id, external_id__in=list(external_ids))
    return set(rows.values_list("external_id", flat=True))


def names_known(row: Connection, names: Collection[str]) -> frozenset[str]:
    """Which of these things of theirs are linked to something of ours."""
    if not names:
        return frozenset()
    asked = {"connection": row, "external_id__in": list(names)}
    linked = Link.objects.filter(**asked).values_list("external_id", flat=True)
    sold = ExternalSale.objects.filter(**asked).values_list("external_id", flat=True)
    return frozenset(linked) | frozenset(sold)


def last_resyncs(connection_id: int) -> list[Resync]:
    """What was counted of a connection lately, newest first."""
    rows = Resync.objects.filter(connection=connection_id).select_related("asked_by")
    return list(rows.order_by("-pk")[:SHOWN])
