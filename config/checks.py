"""What start-up refuses or warns of, before anything is served."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


def two_roles(**_kwargs: Any) -> list[CheckMessage]:
    """Warn where one role both owns the tables and runs the product: then only triggers guard the books."""
    if settings.ADDRESSES.owner_url is not None or not settings.ADDRESSES.is_given:
        return []
    said = "DATABASE_URL alone was given: one role owns the tables and runs the product."
    return [Warning(said, hint="Give the owner's as DATABASE_OWNER_URL.", id="tokendesk.W001")]


def register_all() -> None:
    register(two_roles, Tags.database)
