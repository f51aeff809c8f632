"""Weekly digests: written once a week for each person who chose one, and sent until the mail server took them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from billing.errors import DigestNotAllowed
from billing.models import DigestChoice, DigestMail
from billing.queries.digests import NEEDS, digest
from billing.rules.deliveries import WAITS, Answer, Mail
from billing.rules.digests import due_at, week_of
from usage.queries.moments import database_clock
from usage.queries.rolled import rolled

SendMail = Callable[[Mail], Answer]
NOT_ALLOWED = "Whom it was written for may not see it any more."
LEASE = timedelta(minutes=5)
"""How long a turn has for one mail; where it died, another tries again with the same message identity."""


@transaction.atomic
def choose(*, user: User, about: str) -> None:
    """Let the user get this digest from the next Monday on; empty stops it.

    Raises DigestNotAllowed where the user may not see what it tells, or has no address.
    """
    if about and not _may_see(user, about):
        raise DigestNotAllowed()
    User.objects.select_for_update().get(pk=user.pk)  # two first choices at once wait here
    present = DigestChoice.objects.filter(user=user).first()
    if not about and present is None:
        return
    row = present or DigestChoice(user=user)
    row.about, row.is_on, row.set_at = about or row.about, bool(about), database_clock()
    row._history_user = user  # type: ignore[attr-defined]
    row.save(force_insert=present is None)


def write_due(home: str, now: datetime | None = None) -> int:
    """Write the digest of the present week for whoever chose one before it was due; answers how many are new.

    home: the address of the admin, to whose pages it leads.

    Written once however many write: a person and a week have one row. Who may no longer see what it tells gets none.
    It waits until the day before is rolled up, for a mail can't be mended.
    """
    moment = now or database_clock()
    if not rolled().has_yesterday:
        return 0
    week = week_of(moment)
    chosen = DigestChoice.objects.on().filter(set_at__lte=due_at(week), user__is_active=True)
    waiting = chosen.exclude(user__in=DigestMail.objects.filter(week=week).values("user"))
    return sum(_write(each, home, moment) for each in waiting.select_related("user").order_by("pk"))


def _write(choice: DigestChoice, home: str, moment: datetime) -> bool:
    user, week = choice.user, week_of(moment)
    if not _may_see(user, choice.about):
        return False
    told = digest(choice.about, moment, home)
    written = {
        "about": choice.about,
        "subject": told.subject,
        "text": told.text,
        "html": told.html,
        "next_at": moment,
        "written_at": moment,
    }
    _, is_new = DigestMail.objects.get_or_create(user=user, week=week, defaults=written)
    return is_new


def send_due(send: SendMail, now: datetime | None = None) -> int:
    """Send what was written and is due; answers how many mails the mail server took.

    Who may no longer see what it tells does not get it either.
    """
    count = 0
    while claimed := _claim(now or database_clock()):
        if _may_see(claimed.user, claimed.about):
            mail = Mail(claimed.user.email, claimed.subject, claimed.text, str(claimed.pk), claimed.html)
            answer = send(mail)
        else:
            answer = Answer(error=NOT_ALLOWED, is_final=True)
        count += _record(claimed, answer, now or database_clock())
    return count


def _may_see(user: User, about: str) -> bool:
    return bool(user.is_active and user.email and user.has_perms(NEEDS[about]))


@transaction.atomic
def _claim(moment: datetime) -> DigestMail | None:
    """The mail that is due first, lent to this turn for a while."""
    rows = DigestMail.objects.filter(state=DigestMail.State.WAITING, next_at__lte=moment)
    row = (
        rows.select_for_update(of=("self",), skip_locked=True)
        .select_related("user")
        .order_by("next_at")
        .first()
    )
    if row is not None:
        row.attempts, row.next_at = row.attempts + 1, moment + LEASE
        row.save(update_fields=["attempts", "next_at"])
    return row


def _record(row: DigestMail, answer: Answer, moment: datetime) -> bool:
    """Keep how it went. What is not taken is tried again, as news are."""
    row.error = answer.error
    if not answer.error:
        row.state, row.sent_at = DigestMail.State.SENT, moment
    elif answer.is_final or row.attempts > len(WAITS):
        row.state = DigestMail.State.DEAD
    else:
        row.next_at = moment + WAITS[row.attempts - 1]
    row.save(update_fields=["error", "state", "sent_at", "next_at"])
    return not answer.error
