"""Who changed what, and why: the signature that history keeps beside each change."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db.models import Model

Row = TypeVar("Row", bound=Model)


def signed(row: Row, user: User | None, reason: str) -> Row:
    """The row, such that saving or deleting it leaves `user` and `reason` in its history."""
    signature: Any = row
    signature._history_user = user
    signature._change_reason = reason or None
    return row


def record(row: Model, user: User | None, reason: str) -> None:
    """Add to the row's history what SQL or a bulk statement did to it."""
    model: Any = type(row)
    model.history.bulk_history_create(
        [row], update=True, default_user=user, default_change_reason=reason or None
    )
