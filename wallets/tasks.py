from typing import Any

from celery import shared_task

from wallets.services import sweeping


@shared_task  # type: ignore[untyped-decorator]
def expire_holds(**_future: Any) -> None:
    """Give back what holds keep that are past their end."""
    sweeping.expire_holds_due()


@shared_task  # type: ignore[untyped-decorator]
def start_grants(**_future: Any) -> None:
    """Bring into force the grants whose start has passed."""
    sweeping.start_due()
