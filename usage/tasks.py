from typing import Any

from celery import shared_task
from django.conf import settings

from usage.services import (
    backfilling,
    correcting,
    observing,
    partitions,
    rating,
    rehearsing,
    rerating,
    rolling,
    seating,
    waiting,
)

SECONDS_A_TURN = 10.0
"""How long a rehearsal or a re-rating works before it lets other jobs have the worker."""
SECONDS_A_TURN_OF_EVENTS = 5.0
SECONDS_A_TURN_OF_ROLLING = 8.0
DRAINERS = 2
"""Threads that rate events: one's pricing goes on while PostgreSQL books for the other."""


@shared_task  # type: ignore[untyped-decorator]
def rehearse(rehearsal_id: int, **_future: Any) -> None:
    """Go on with a rehearsal, and ring again where some is left."""
    if rehearsing.work(rehearsal_id, SECONDS_A_TURN):
        rehearse.delay(rehearsal_id)


@shared_task  # type: ignore[untyped-decorator]
def expire_grants(**_future: Any) -> None:
    """Book out what has expired, and note whom it leaves without tokens."""
    observing.expire_due()


@shared_task  # type: ignore[untyped-decorator]
def note_changes(**_future: Any) -> None:
    """Note what time alone has changed: graces that are over, balances that have recovered."""
    observing.observe_due()


@shared_task  # type: ignore[untyped-decorator]
def rehearse_what_is_asked(**_future: Any) -> None:
    """Ring for the rehearsals that are new, or were lost with a bell or a worker."""
    for rehearsal_id in rehearsing.due():
        rehearse.delay(rehearsal_id)


@shared_task  # type: ignore[untyped-decorator]
def rerate(rerating_id: int, **_future: Any) -> None:
    """Go on with a re-rating, and ring again where some is left."""
    if correcting.work(rerating_id, SECONDS_A_TURN):
        rerate.delay(rerating_id)


@shared_task  # type: ignore[untyped-decorator]
def rerate_what_is_asked(**_future: Any) -> None:
    """Ring for the re-ratings that are new, approved, to be taken back, or were lost with a bell or a worker."""
    for rerating_id in rerating.due():
        rerate.delay(rerating_id)


@shared_task  # type: ignore[untyped-decorator]
def end_seats(**_future: Any) -> None:
    """End the seats that gave no sign of life in time."""
    seating.sweep()


@shared_task  # type: ignore[untyped-decorator]
def rate_events(**_future: Any) -> None:
    """Rate usage events that wait, and ring again where some are left."""
    if rating.work_together(SECONDS_A_TURN_OF_EVENTS, DRAINERS):
        rate_events.delay()


@shared_task  # type: ignore[untyped-decorator]
def sweep_events(**_future: Any) -> None:
    """Let events that are stuck be tried again in their time, and rate those whose bell was not heard.

    And give back the debits of backfills that are being taken back.
    """
    waiting.revive()
    rate_events()
    backfilling.work_on_reverts(SECONDS_A_TURN_OF_EVENTS)


@shared_task  # type: ignore[untyped-decorator]
def tend_months_of_events(**_future: Any) -> None:
    """Make the months ahead into which usage events are recorded; detach those that the operator keeps no longer."""
    partitions.make_ahead()
    partitions.detach_old(settings.EVENT_RETENTION_MONTHS)


@shared_task  # type: ignore[untyped-decorator]
def roll_up(**_future: Any) -> None:
    """Add what was recorded lately to the roll-ups of usage, and ring again where some is left."""
    if rolling.roll(SECONDS_A_TURN_OF_ROLLING):
        roll_up.delay()


@shared_task  # type: ignore[untyped-decorator]
def forget_old_hours(**_future: Any) -> None:
    """Forget the hours of usage that the operator keeps no longer; days stay."""
    rolling.forget(settings.USAGE_HOURS_KEPT_DAYS)
