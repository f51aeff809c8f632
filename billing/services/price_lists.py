"""New price lists: the first one is at once what everybody pays by."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from pricing.models import RateTable
from pricing.services import catalogue, importing
from pricing.services.importing import Imported, Order
from usage.services import terms


@transaction.atomic
def open_table(*, code: str, token: str, name: str, user: User, reason: str = "") -> RateTable:
    """Make a rate table without prices; the first one becomes the default table.

    Raises InvalidRequest, CodeTaken.
    """
    table = catalogue.create_table(code=code, token=token, name=name, user=user, reason=reason)
    terms.adopt_first_table(table.pk, set_by=user.get_username())
    return table


@transaction.atomic
def import_rates(order: Order, *, user: User, reason: str = "") -> Imported:
    """Carry out a rate file; a table that it makes becomes the default one where there is none.

    Raises ImportRefused, InvalidRequest, PublishRefused, InstantInThePast, OverlapsInTime.
    """
    done = importing.import_rates(order, user=user, reason=reason)
    if done.is_new_table:
        terms.adopt_first_table(done.table.pk, set_by=user.get_username())
    return done
