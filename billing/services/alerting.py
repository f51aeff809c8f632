"""Alerts of an account's people: chosen, looked at in turn, each crossing written once and told once by e-mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from billing.models import Alert, AlertCrossing, Contact
from billing.queries.alert_facts import facts_of
from billing.rules import buyer_letters
from billing.rules.alerts import DAYS, PER_CENT, AccountFacts, Crossed, crossed
from billing.rules.deliveries import Answer, Mail
from config.kernel.database import call
from config.kernel.errors import Conflict, InvalidRequest, NotFound
from config.kernel.signing import signed
from usage.queries.moments import database_clock
from usage.services.authors import Author
from wallets.models import Account

MOST_ALERTS = 20
LOOKED_EVERY = timedelta(minutes=5)
LEASE = timedelta(minutes=2)
PAUSES = (1, 5, 15, 60, 240)
"""Minutes until a mail that failed is tried again; after the last it is given up."""


@transaction.atomic
def choose(
    *, contact_id: int, kind: str, threshold: int, author: Author, now: datetime | None = None
) -> Alert:
    """Have a contact told when this is crossed; at once where it is already.

    threshold: 1 to 100 per cent, or 1 to 365 days.

    Raises InvalidRequest, Conflict where it is chosen already, NotFound.
    """
    most = 100 if kind in PER_CENT else 365
    if kind not in (*PER_CENT, *DAYS):
        raise InvalidRequest.at("/kind", "There is no such alert.")
    if not 1 <= threshold <= most:
        raise InvalidRequest.at("/threshold", f"Say 1 to {most}.")
    contact = Contact.objects.select_for_update().filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("There is no such contact.")
    if contact.alerts.filter(kind=kind, threshold=threshold).exists():
        raise Conflict("You have chosen this alert already.")
    if contact.alerts.count() >= MOST_ALERTS:
        raise Conflict(f"You have {MOST_ALERTS} alerts; remove one first.")
    alert = Alert(contact=contact, kind=kind, threshold=threshold, set_by=author.name)
    alert.set_at = now or database_clock()
    signed(alert, author.user, author.reason).save()
    return alert


@transaction.atomic
def remove(*, contact_id: int, alert_id: int, author: Author) -> None:
    """Tell a contact of this no more; what was not told yet is not told.

    Raises NotFound, of another's alert too.
    """
    alert = Alert.objects.filter(contact=contact_id, pk=alert_id).first()
    if alert is None:
        raise NotFound("There is no such alert.")
    alert.set_by = author.name
    signed(alert, author.user, author.reason).delete()


def look(seconds: float, now: datetime | None = None) -> int:
    """Write down what was crossed since the last look, account by account, the longest unseen first.

    seconds: how long to go on. Answers how many accounts were looked at. Those that nobody looked at within five
    minutes are due.
    """
    began_at, seen = monotonic(), 0
    moment = now or database_clock()
    for account_id in _due(moment):
        if monotonic() - began_at > seconds:
            break
        _look_at(account_id, moment)
        seen += 1
    return seen


def tell(mail: Callable[[Mail], Answer], home: str, now: datetime | None = None) -> int:
    """Mail the crossings that nobody was told of. home: the address of the pages. Answers how many went out.

    What is over before its mail could go is not told any more, nor is anything to people of a closed account.
    """
    moment, sent = now or database_clock(), 0
    while (crossing := _claimed(moment)) is not None:
        contact = crossing.alert.contact
        place = f"{home}{contact.customer_id}/"
        name = f"alert.{crossing.pk}"
        letter = buyer_letters.alert(contact.address, str(contact.customer), crossing.words, place, name)
        answer = mail(letter)
        _told(crossing, answer, moment)
        sent += not answer.error
    return sent


def _due(moment: datetime) -> Sequence[UUID]:
    rows = Alert.objects.filter(contact__is_on=True).exclude(contact__customer__state=Account.State.CLOSED)
    unseen = rows.exclude(looked_at__gt=moment - LOOKED_EVERY)
    by_age = unseen.order_by(F("looked_at").asc(nulls_first=True), "pk")
    return list(dict.fromkeys(by_age.values_list("contact__customer_id", flat=True)))


def _look_at(account_id: UUID, moment: datetime) -> None:
    """Read what the account's alerts go by while nothing is locked, then write down what they come to."""
    seen = list(_alerts_of(account_id))
    facts = facts_of(Account.objects.get(pk=account_id), {alert.kind for alert in seen}, moment)
    _write_down(account_id, {alert.pk: alert.looked_at for alert in seen}, facts, moment)


@transaction.atomic
def _write_down(
    account_id: UUID, seen: Mapping[int, datetime | None], facts: AccountFacts, moment: datetime
) -> None:
    """Of alerts that were seen and that nobody looked at since: what that one found is newer."""
    rows = _alerts_of(account_id).select_for_update(of=("self",))
    alerts = [each for each in rows if each.pk in seen and each.looked_at == seen[each.pk]]
    for alert in alerts:
        found = crossed(alert.kind, alert.threshold, facts, moment)
        if found is not None:
            _note(alert, found, moment)
    Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(looked_at=moment)


def _alerts_of(account_id: UUID) -> QuerySet[Alert]:
    return Alert.objects.filter(contact__customer_id=account_id, contact__is_on=True).order_by("pk")


def _note(alert: Alert, found: Sequence[Crossed], moment: datetime) -> None:
    """Begin the crossings that are new and end those that are over."""
    going_on = AlertCrossing.objects.filter(alert=alert, ended_at=None)
    going_on.exclude(subject__in=[each.subject for each in found]).update(ended_at=moment)
    AlertCrossing.objects.bulk_create(
        [
            AlertCrossing(
                alert=alert, subject=each.subject, words=each.words, crossed_at=moment, next_at=moment
            )
            for each in found
        ],
        ignore_conflicts=True,
    )


_CLAIM = """
UPDATE billing_alertcrossing SET tries = tries + 1, next_at = %(now)s + %(lease)s
WHERE id = (SELECT c.id FROM billing_alertcrossing c JOIN billing_alert a ON a.id = c.alert_id
            JOIN billing_contact p ON p.id = a.contact_id AND p.is_on
            JOIN wallets_account w ON w.id = p.customer_id AND w.state <> 'closed'
            WHERE c.told_at IS NULL AND c.ended_at IS NULL AND c.next_at <= %(now)s AND c.tries <= %(most)s
            ORDER BY c.next_at, c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED)
RETURNING id
"""


def _claimed(moment: datetime) -> AlertCrossing | None:
    row = call(_CLAIM, {"now": moment, "lease": LEASE, "most": len(PAUSES)})
    if row is None:
        return None
    found = AlertCrossing.objects.select_related("alert__contact__customer").get(pk=row.id)
    return found


def _told(crossing: AlertCrossing, answer: Answer, moment: datetime) -> None:
    """Write down how the mail went. One that is refused for good is tried no more."""
    rows = AlertCrossing.objects.filter(pk=crossing.pk)
    if not answer.error:
        rows.update(told_at=moment, error="")
    else:
        tries = len(PAUSES) + 1 if answer.is_final else crossing.tries
        pause = timedelta(minutes=PAUSES[min(tries, len(PAUSES)) - 1])
        rows.update(error=answer.error[:1000], next_at=moment + pause, tries=tries)
