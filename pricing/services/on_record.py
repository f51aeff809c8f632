"""Refusals that are kept: who was refused which change of prices, beside the sentence that they read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User

from config.kernel.errors import DomainError, InvalidRequest
from pricing.errors import PublishRefused
from pricing.models import Refusal

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


@contextmanager
def on_record(
    verb: Refusal.Verb, user: User | None, table_id: int | None, number: int | None = None
) -> Iterator[None]:
    """Keep what is refused within, once its own transaction is rolled back; a mistyped cell is no attempt at anything.

    Inside a transaction of the caller's the record shares its fate. number: of the version it is about.
    """
    try:
        yield
    except DomainError as refusal:
        if not isinstance(refusal, InvalidRequest) or isinstance(refusal, PublishRefused):
            record_refusal(verb, user, refusal, table_id=table_id, number=number)
        raise


def record_refusal(
    verb: Refusal.Verb,
    user: User | None,
    refusal: DomainError,
    *,
    table_id: int | None,
    number: int | None = None,
) -> Refusal:
    """Add the refusal to the record, for good."""
    return Refusal.objects.create(
        verb=verb,
        table_id=table_id,
        number=number,
        user=user,
        code=_CAPITAL.sub("_", type(refusal).__name__).lower(),
        sentence=refusal.detail,
    )
