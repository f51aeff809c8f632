"""What the database refuses, told as the refusals that people read. The one place where that happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from config.kernel.errors import Conflict, DomainError

_BY_POSTGRESQL = "violates "
_OTHERWISE = {
    "23505": "Something of this name is there already.",
    "23503": "Something else still needs this.",
    "23502": "Something that is needed is missing.",
}


def refusal_of(error: IntegrityError) -> DomainError:
    """The refusal that a broken constraint or a guarding trigger stands for."""
    cause = getattr(error.__cause__, "diag", None)
    constraint = getattr(cause, "constraint_name", None) or ""
    said = getattr(cause, "message_primary", None) or ""
    if said and _BY_POSTGRESQL not in said:  # a trigger wrote the sentence itself
        return Conflict(said)
    fallback = _OTHERWISE.get(getattr(cause, "sqlstate", None) or "")
    return Conflict(_sentences().get(constraint) or fallback or "The database refuses this.")


def _sentences() -> dict[str, str]:
    """What each named constraint of a model says to people."""
    return {
        constraint.name: str(constraint.violation_error_message)
        for model in apps.get_models()
        for constraint in model._meta.constraints
        if constraint.violation_error_message != constraint.default_violation_error_message
    }


@contextmanager
def refusals() -> Iterator[None]:
    """Raise what the database refuses within as a DomainError, with nothing of it written."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise refusal_of(error) from error


@contextmanager
def told(request: HttpRequest, success: str = "") -> Iterator[None]:
    """Run one verb and tell how it went: its refusal as an error, else the sentence given."""
    try:
        try:
            yield
        except IntegrityError as error:
            raise refusal_of(error) from error
    except DomainError as refusal:
        tell(request, refusal)
    else:
        if success:
            messages.success(request, success)


def tell(request: HttpRequest, refusal: DomainError) -> None:
    """Show a refusal, and below it the first fields at fault."""
    messages.error(request, refusal.detail)
    for fault in refusal.errors[:10]:
        messages.error(
            request, f"{fault.pointer.lstrip('/')}: {fault.detail}" if fault.pointer else fault.detail
        )
