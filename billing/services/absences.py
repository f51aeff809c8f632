"""Months that are closed without an outside system's answer, because somebody said why; what each had answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction

from billing.errors import AbsenceNotNeeded, MonthNotClosable
from billing.models import AcceptedAbsence, AccountingPeriod, Connection, PeriodAnswer
from billing.queries.comparisons_due import Answer, answers_for
from billing.rules.months import SETTLES_IN, end_of
from billing.services import gaps
from config.kernel.errors import InvalidRequest
from usage.queries.moments import database_clock

NAMED = 3


@transaction.atomic
def accept(
    *, connection: Connection, month: date, kinds: Iterable[str], user: User, reason: str
) -> AcceptedAbsence:
    """Let a month be closed though a connection has not answered for it. Gaps that it left open stay open.

    month: its first day; it is over. kinds: of connections that can be asked. Raises InvalidRequest, AbsenceNotNeeded.
    """
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why the month is closed without it.")
    gaps.keep_alone()
    now = database_clock()
    waited_for = {each.row.pk for each in answers_for(month, kinds) if each.is_waited_for}
    if now < end_of(month) + SETTLES_IN or connection.pk not in waited_for:
        raise AbsenceNotNeeded()
    return AcceptedAbsence.objects.create(
        connection=connection, month=month, reason=reason.strip(), accepted_by=user, accepted_at=now
    )


def heard(month: date, kinds: Iterable[str]) -> Sequence[Answer]:
    """What each connection has answered for a month, where all have, or somebody goes without.

    Raises MonthNotClosable that names those that have not.
    """
    answers = answers_for(month, kinds)
    waited_for = [each for each in answers if each.is_waited_for]
    if not waited_for:
        return answers
    named = ", ".join(str(each.row) for each in waited_for[:NAMED])
    more = f" and {len(waited_for) - NAMED} more" if len(waited_for) > NAMED else ""
    verb = "has" if len(waited_for) == 1 else "have"
    raise MonthNotClosable(
        f"{named}{more} {verb} not answered yet what they have of {month:%B %Y} since it was over. Wait for it, or say "
        "under Reconciliation why the month is closed without."
    )


def keep(period: AccountingPeriod, answers: Sequence[Answer]) -> None:
    """Keep with a closing what each connection had answered. Within its transaction."""
    PeriodAnswer.objects.bulk_create(
        [
            PeriodAnswer(
                period=period,
                connection=each.row,
                answered_at=each.answered_at,
                absence=None if each.answered_at else each.absence,
            )
            for each in answers
        ]
    )
