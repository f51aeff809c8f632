from typing import Any

from celery import shared_task

from billing.services import nightly


@shared_task  # type: ignore[untyped-decorator]
def audit_once_a_night(**_future: Any) -> None:
    """Audit the books, once a night."""
    nightly.audit_once_a_night()
