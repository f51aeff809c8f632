"""Usage events that wait: whose turn it is, and which of those that are stuck might be rated by now."""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from pricing.models import Feature
from usage.models import Event, WaitingEvent
from usage.rules.events import LANES, DueEvent
from wallets.models import Account

_FACTS = (
    *("id", "account", "product_id", "api_key_id", "feature", "occurred_at"),
    *("quantity", "dimensions", "subject", "cost", "cost_currency"),
)
_LANES = """
    SELECT lane FROM generate_series(0, %s) AS each (lane)
    WHERE EXISTS (SELECT FROM usage_waitingevent w WHERE w.lane = each.lane AND w.reason = '')
"""
_Reason = WaitingEvent.Reason


def lanes_in_use() -> list[int]:
    """The lanes in which an event waits for its turn. Each is one look into the index, however many wait."""
    with connection.cursor() as cursor:
        cursor.execute(_LANES, [LANES - 1])
        return [lane for (lane,) in cursor.fetchall()]


def due(lane: int, most: int) -> list[DueEvent]:
    """The next events of a lane, by the time of their usage; of one instant in the order in which they came."""
    rows = WaitingEvent.objects.in_turn().filter(lane=lane).order_by("occurred_at", "event_id")
    places = list(rows.values_list("event_id", "recorded_at", "tries", "backfill_id")[:most])
    if not places:
        return []
    moments = [recorded_at for _, recorded_at, *_ in places]
    # By the keys of both columns: the months that hold none of them are not looked into.
    events = Event.objects.filter(
        id__in=[event_id for event_id, *_ in places], recorded_at__range=(min(moments), max(moments))
    )
    facts = {row["id"]: row for row in events.values(*_FACTS)}
    return [
        DueEvent(**facts[event_id], tries=tries, backfill_id=backfill_id)
        for event_id, _, tries, backfill_id in places
    ]


def ready_again(most: int) -> list[UUID]:
    """Events that are stuck, and might be rated by now: so many of those whose time to be tried again has come, and
    all whose account or feature is there since."""
    stuck = WaitingEvent.objects.stuck()
    in_time = stuck.filter(due_at__lte=Now()).order_by("due_at").values_list("event_id", flat=True)[:most]
    accounts = Exists(Account.objects.filter(reference=OuterRef("account")))
    features = Exists(Feature.objects.filter(code=OuterRef("feature")))
    known = [
        *stuck.filter(accounts, reason=_Reason.UNKNOWN_ACCOUNT).values_list("event_id", flat=True),
        *stuck.filter(features, reason=_Reason.UNKNOWN_FEATURE).values_list("event_id", flat=True),
    ]
    return [*in_time, *known]
