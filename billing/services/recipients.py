"""Recipients of e-mail: listed, changed, switched on and off, each at the switchboard as endpoints are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from billing.errors import UnknownRecipient
from billing.models import Recipient
from billing.rules.news_types import TYPES, unknown
from billing.services import outbox, switchboard
from config.kernel.errors import InvalidRequest
from config.kernel.signing import signed


@dataclass(frozen=True, slots=True)
class RecipientWish:
    """Who is to be told. about: the account whose news these are; None: everything. types: of news, one or more."""

    address: str
    types: Sequence[str]
    about: UUID | None = None
    is_on: bool = True


@transaction.atomic
def create(*, wish: RecipientWish, user: User | None = None, reason: str = "") -> Recipient:
    """Tell an address of what happens from now.

    Raises InvalidRequest; IntegrityError where the address is listed for the same already.
    """
    _check(wish)
    now = switchboard.take()
    recipient = Recipient(
        address=wish.address, types=list(wish.types), about_id=wish.about, is_on=wish.is_on, created_at=now
    )
    return _save(recipient, now, user, reason)


@transaction.atomic
def change(
    *, recipient_id: int, wish: RecipientWish, user: User | None = None, reason: str = ""
) -> Recipient:
    """Tell another address, of other types or of another account, from now; what waits goes to the new address.

    One that is switched off is told of nothing any more, and what waits for it is given up.

    Raises InvalidRequest, UnknownRecipient; IntegrityError as `create`.
    """
    _check(wish)
    now = switchboard.take()
    recipient = _locked(recipient_id)
    recipient.address, recipient.types, recipient.about_id = wish.address, list(wish.types), wish.about
    return _switched(recipient, wish.is_on, now, user, reason)


@transaction.atomic
def switch(*, recipient_id: int, is_on: bool, user: User | None = None, reason: str = "") -> Recipient:
    """Tell a recipient of nothing any more, and give up what waits; or tell it again of what happens from now.

    Raises UnknownRecipient.
    """
    now = switchboard.take()
    recipient = _locked(recipient_id)
    return recipient if recipient.is_on == is_on else _switched(recipient, is_on, now, user, reason)


def _check(wish: RecipientWish) -> None:
    """Raises InvalidRequest."""
    if not wish.types or unknown(list(wish.types)):
        raise InvalidRequest.at("/types", f"Choose one or more of {', '.join(TYPES)}.")
    try:
        validate_email(wish.address)
    except ValidationError as fault:
        raise InvalidRequest.at("/address", "This is no e-mail address.") from fault


def _locked(recipient_id: int) -> Recipient:
    recipient = Recipient.objects.select_for_update().filter(pk=recipient_id).first()
    if recipient is None:
        raise UnknownRecipient("There is no such recipient.")
    return recipient


def _switched(recipient: Recipient, is_on: bool, now: datetime, user: User | None, reason: str) -> Recipient:
    goes_off = recipient.is_on and not is_on
    recipient.is_on = is_on
    _save(recipient, now, user, reason)
    if goes_off:
        said = f"The recipient was switched off. {reason}".strip()
        outbox.give_up_waiting(recipient_id=recipient.pk, reason=said)
    return recipient


def _save(recipient: Recipient, now: datetime, user: User | None, reason: str) -> Recipient:
    dated: Any = signed(recipient, user, reason)
    dated._history_date = now
    dated.save()
    return recipient
