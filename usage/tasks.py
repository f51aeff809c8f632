from typing import Any

from celery import shared_task

from usage.services import rehearsing, seating

SECONDS_A_TURN = 10.0
"""How long a rehearsal works before it lets other jobs have the worker."""


@shared_task  # type: ignore[untyped-decorator]
def rehearse(rehearsal_id: int, **_future: Any) -> None:
    """Go on with a rehearsal, and ring again where some is left."""
    if rehearsing.work(rehearsal_id, SECONDS_A_TURN):
        rehearse.delay(rehearsal_id)


@shared_task  # type: ignore[untyped-decorator]
def rehearse_what_is_asked(**_future: Any) -> None:
    """Ring for the rehearsals that are new, or were lost with a bell or a worker."""
    for rehearsal_id in rehearsing.due():
        rehearse.delay(rehearsal_id)


@shared_task  # type: ignore[untyped-decorator]
def end_seats(**_future: Any) -> None:
    """End the seats that gave no sign of life in time."""
    seating.sweep()
