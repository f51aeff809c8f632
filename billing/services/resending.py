"""A gap's record, sent or fetched again because somebody asked for it; then both books are compared anew."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from billing.connectors.contract import Connector
from billing.errors import CannotResend
from billing.models import Connection, Gap, GapResend, Handling, Outgoing, Received
from billing.queries.gap_records import RecordOfGap, record_of
from billing.rules.connecting import Access, Listed, Refused, Sold, Unreadable
from billing.rules.sales_compared import SALE
from billing.services import applying, compared_days, comparing, gaps, outgoing, receiving, sales_there
from billing.services.accesses import exchanged
from billing.services.lanes import Over
from billing.services.receiving import Told
from usage.queries.moments import database_clock

SOON = timedelta(seconds=3)
LONGEST_WAIT = timedelta(hours=1)
"""So long what was fetched or is to be sent again is waited for; then the gap stays as it is."""


@transaction.atomic
def ask(*, gap_id: UUID, reason: str, user: User) -> GapResend:
    """Have a gap's record sent again, under the same key, or fetched again; the gap closes once both agree.

    A worker begins within seconds. Raises UnknownGap, GapClosed, InvalidRequest, CannotResend.
    """
    gap = gaps.note_asked(gap_id=gap_id, reason=reason, user=user)
    record = record_of(gap)
    if record is None or record.row.state != Connection.State.ON:
        raise CannotResend()
    if GapResend.objects.filter(gap=gap, finished_at=None).exists():
        raise CannotResend(f"It is being {'fetched' if record.kind == SALE else 'sent'} again already.")
    now = database_clock()
    message = None
    if record.kind != SALE:
        message = _message(record)
        if message is None or not outgoing.send_once_more([message.pk], user):
            raise CannotResend("Nothing that was sent from here is of that name.")
    return GapResend.objects.create(
        gap=gap,
        connection=record.row,
        asked_by=user.get_username(),
        reason=reason,
        asked_at=now,
        next_at=now,
        outgoing=message,
    )


def go_on(row: Connection, connector: Connector, is_over: Over) -> int:
    """Go on with what is due of a connection, until the time is over; answers how many came to an end.

    What they refuse for good, or answer in another form, is the end of that one alone.
    Raises ConnectionFault, RenewedElsewhere, ToldMeanwhile: then the rest of it is gone on with later.
    """
    due = GapResend.objects.filter(connection=row, finished_at=None, next_at__lte=database_clock())
    done = 0
    for each in due.select_related("gap", "outgoing", "received").order_by("pk"):
        if is_over():
            break
        record = record_of(each.gap)
        assert record is not None
        try:
            if record.kind == SALE:
                done += _sale(row, connector, each, record.name)
            else:
                done += _item(row, connector, each)
        except (Refused, Unreadable) as fault:
            with transaction.atomic():
                gaps.keep_alone()
                _end(each, f"They gave no answer to it: {fault}")
            done += 1
    return done


def _sale(row: Connection, connector: Connector, resend: GapResend, name: str) -> bool:
    """Fetch a sale and let it be applied; once that is over, compare it. Answers whether that was the end."""
    if resend.received is None:
        if _fetched(row, connector, resend, name):
            return False
    else:
        handling = Handling.objects.get(received=resend.received)
        if handling.state == Handling.State.WAITING and _waits(resend):
            return False
    began_at = database_clock()
    told = comparing.sale_named(row, connector, name)
    pairs = sales_there.pairs_of(row, told, [name], began_at)
    day = resend.gap.day
    with transaction.atomic():
        gaps.keep_alone()
        if sales_there.changed_since(pairs, row, began_at):
            raise comparing.ToldMeanwhile
        agrees = not any(compared_days.differing(row, day, pairs))
        if agrees:
            _agreed(resend)
        compared_days.keep_sales(row, day, pairs)
        _end(resend, "Both say the same." if agrees else _why(resend))
    return True


def _fetched(row: Connection, connector: Connector, resend: GapResend, name: str) -> bool:
    """Keep what they have of the sale as something that they told, to be applied; answers whether there is anything."""
    sold = exchanged(row, connector, partial(_sold, connector, name))
    if not sold:
        return False
    with transaction.atomic():
        told = [Told(each.record, json.dumps(each.record.content).encode()) for each in sold]
        receiving.store(row.pk, told, Received.Way.ASK)
        records = Received.objects.filter(
            connection=row, external_id__in=[each.record.external_id for each in sold]
        )
        received = records.order_by("-pk")[0]
        applying.due_again([received.pk], resend.asked_by)
        resend.received, resend.next_at = received, database_clock() + SOON
        resend.save(update_fields=["received", "next_at"])
    return True


def _sold(connector: Connector, name: str, access: Access) -> list[Sold]:
    return list(connector.sales_named(access, [name]))


def _item(row: Connection, connector: Connector, resend: GapResend) -> bool:
    """Once a message has gone out again, compare it. Answers whether that was the end."""
    message = resend.outgoing
    assert message is not None
    if message.state == Outgoing.State.WAITING and _waits(resend):
        return False
    there: Listed | None = None
    if message.state == Outgoing.State.SENT:
        there = comparing.item_listed(row, connector, message)
    with transaction.atomic():
        gaps.keep_alone()
        content = message.content
        agrees = there is not None and (str(there.currency), there.amount) == (
            content["currency"],
            comparing.amount_of(message),
        )
        if agrees:
            _agreed(resend)
        _end(resend, "Both say the same." if agrees else _why_of(message))
    comparing.compare_day(row, connector, resend.gap.day)
    return True


def _waits(resend: GapResend) -> bool:
    """Look again soon; False where it was waited for long enough."""
    now: datetime = database_clock()
    if now >= resend.asked_at + LONGEST_WAIT:
        return False
    GapResend.objects.filter(pk=resend.pk).update(next_at=now + SOON)
    return True


def _agreed(resend: GapResend) -> None:
    """Close the gap as sent or fetched again, in the name of whoever asked, unless it is closed by now."""
    if Gap.objects.select_for_update(of=("self",)).get(pk=resend.gap_id).is_open:
        gaps.resent(gap_id=resend.gap_id, said=resend.reason, by=resend.asked_by)


def _end(resend: GapResend, said: str) -> None:
    """Once: whoever ends it after another changes nothing."""
    rows = GapResend.objects.filter(pk=resend.pk, finished_at=None)
    if rows.update(finished_at=database_clock(), next_at=None, said=said):
        gaps.note_stays(gap_id=resend.gap_id, said=said)


def _why(resend: GapResend) -> str:
    if resend.received is None:
        return "They have nothing of it that could be fetched."
    handling = Handling.objects.get(received=resend.received)
    outcome = " ".join(str(each.get("said", "")) for each in handling.outcome)
    return f"It was fetched and is {handling.get_state_display()}. {handling.reason or outcome}".strip()


def _why_of(message: Outgoing) -> str:
    if message.state == Outgoing.State.SENT:
        return "It was sent again, and they list it no more or otherwise."
    return f"It is {message.get_state_display()}. {message.reason}".strip()


def _message(record: RecordOfGap) -> Outgoing | None:
    rows = Outgoing.objects.filter(connection=record.row, kind=record.kind)
    return rows.filter(external_id=record.name).first() or rows.filter(key=record.name).first()
