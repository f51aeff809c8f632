"""Price lists where billing knows more: the first is everybody's, and margins follow what tokens were sold for."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from billing.queries.margins import margins_at, margins_of
from pricing.models import RateTable, Refusal, Version
from pricing.services import catalogue, importing, publishing
from pricing.services.importing import Imported, Order
from pricing.services.on_record import on_record
from usage.services import noticing, terms


@transaction.atomic
def open_table(*, code: str, token: str, name: str, user: User, reason: str = "") -> RateTable:
    """Make a rate table without prices; the first one becomes the default table.

    Raises InvalidRequest, CodeTaken.
    """
    terms.wait_for_shared_terms()  # before the prices' locks
    table = catalogue.create_table(code=code, token=token, name=name, user=user, reason=reason)
    terms.adopt_first_table(table.pk, set_by=user.get_username())
    return table


def import_rates(order: Order, *, user: User | None = None, reason: str = "") -> Imported:
    """Carry out a rate file; a table that it makes becomes the default one where there is none.

    Raises ImportRefused, InvalidRequest, PublishRefused, ReviewNeeded, InstantInThePast, OverlapsInTime,
    NoticeTooShort.
    """
    margin_of = margins_of(order.table, order.token)
    known = RateTable.objects.filter(code=order.table).first()
    with on_record(Refusal.Verb.IMPORT, user, known.pk if known else None), transaction.atomic():
        if known is None:
            terms.wait_for_shared_terms()  # before the prices' locks; a new table may become the default one
        done = importing.import_rates(order, user=user, reason=reason, margin_of=margin_of)
        if done.outcome == "published" and done.version is not None:
            noticing.announce(done.version)
        if done.is_new_table:
            terms.adopt_first_table(done.table.pk, set_by=user.get_username() if user else "")
        return done


def publish(
    *,
    version: Version,
    effective_from: datetime | None = None,
    reason: str = "",
    user: User | None = None,
    revision: int | None = None,
) -> Version:
    """Let a draft price usage, as `pricing.services.publishing.publish` does, which names the refusals too.

    For the accounts of segments that are due notice one is recorded in the same transaction; nothing delivers it yet.

    Raises NoticeTooShort besides.
    """
    with on_record(Refusal.Verb.PUBLISH, user, version.table_id, version.number), transaction.atomic():
        published = publishing.publish(
            version=version,
            effective_from=effective_from,
            reason=reason,
            user=user,
            revision=revision,
            margin_of=margins_at(version.table.token),
        )
        noticing.announce(published)
        return published


def undo(*, version: Version, reason: str = "", user: User | None = None) -> Version:
    """Publish again what was in force before, as `pricing.services.publishing.undo` does.

    What should not have been is taken back at once: no notice is due, and none is recorded.
    """
    margin_of = margins_at(version.table.token)
    return publishing.undo(version=version, reason=reason, user=user, margin_of=margin_of)
