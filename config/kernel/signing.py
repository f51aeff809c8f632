"""Who changed what, when and why: the signature that history keeps beside each change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db.models import Model

Row = TypeVar("Row", bound=Model)
_past: ContextVar[datetime | None] = ContextVar("past", default=None)


@contextmanager
def dated(moment: datetime) -> Iterator[None]:
    """Let what is signed within the block have happened at `moment`. Only for loading a history that is over."""
    token = _past.set(moment)
    try:
        yield
    finally:
        _past.reset(token)


def signed(row: Row, user: User | None, reason: str) -> Row:
    """The row, such that saving or deleting it leaves `user` and `reason` in its history."""
    signature: Any = row
    signature._history_user = user
    signature._change_reason = reason or None
    vars(row).pop("_history_date", None)
    if moment := _past.get():
        signature._history_date = moment
    return row


def record(row: Model, user: User | None, reason: str) -> None:
    """Add to the row's history what SQL or a bulk statement did to it."""
    model: Any = type(row)
    model.history.bulk_history_create(
        [row], update=True, default_user=user, default_change_reason=reason or None, default_date=_past.get()
    )
