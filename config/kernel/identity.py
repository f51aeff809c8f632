"""Identities of account-scoped rows: UUIDv7, made by the database."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.expressions import Func


class Uuid7(Func):
    """PostgreSQL 18's `uuidv7()`: sorts by the moment of its making."""

    function = "uuidv7"
    template = "%(function)s()"
    output_field = models.UUIDField()


def uuid7_key(**options: Any) -> "models.UUIDField[Any, Any]":
    """The primary key of a row that belongs to an account."""
    return models.UUIDField(primary_key=True, db_default=Uuid7(), editable=False, **options)


def first_id_at(moment: datetime) -> UUID:
    """The least identity that a row written at `moment` may have."""
    milliseconds = max(int(moment.timestamp() * 1000), 0)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x8 << 60)
