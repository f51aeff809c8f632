"""The inbox: rows that are raised once, settle themselves, and are worked on by people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection, transaction

from billing.errors import CauseStands, InboxResolved, UnknownInboxItem
from billing.models import InboxItem, InboxNote
from config.kernel.errors import InvalidRequest
from config.kernel.identity import first_id_at
from usage.queries.moments import database_clock

Verb = InboxNote.Verb
SETTLED_BY_CAUSE = (InboxItem.Rule.GAP, InboxItem.Rule.SYNC)
"""Rules whose rows stand as long as their cause does, whoever would resolve them."""

_RAISE = """
    INSERT INTO billing_inboxitem
        (rule, subject, customer_id, title, detail, evidence, link, state, raised_at, last_seen_at)
    VALUES (%(rule)s, %(subject)s, %(customer)s, %(title)s, %(detail)s, %(evidence)s::jsonb, %(link)s,
            'open', %(now)s, %(now)s)
    ON CONFLICT (rule, subject) WHERE NOT (state = 'resolved')
    DO UPDATE SET title = excluded.title, detail = excluded.detail, evidence = excluded.evidence, link = excluded.link,
                  last_seen_at = excluded.last_seen_at
    RETURNING id, xmax = 0
"""


@dataclass(frozen=True, slots=True)
class Raised:
    """What a row is about. link: an address within the admin. evidence: what its rule went by, name and value each."""

    rule: str
    subject: str
    title: str
    detail: str = ""
    link: str = ""
    customer_id: UUID | None = None
    evidence: Sequence[tuple[str, str]] = ()


@transaction.atomic
def raise_item(about: Raised, now: datetime | None = None) -> UUID:
    """Have somebody look at it: a row where none is open for this rule and subject, else the same one, seen again."""
    moment = now or database_clock()
    with connection.cursor() as cursor:
        cursor.execute(
            _RAISE,
            {
                "rule": about.rule,
                "subject": about.subject,
                "customer": about.customer_id,
                "title": about.title[:200],
                "detail": about.detail,
                "evidence": json.dumps(about.evidence),
                "link": about.link,
                "now": moment,
            },
        )
        item_id, is_new = cursor.fetchone()
    if is_new:
        InboxNote.objects.create(item_id=item_id, verb=Verb.RAISED, said=about.detail, at=moment)
    found: UUID = item_id
    return found


@transaction.atomic
def settle_item(*, rule: str, subject: str, said: str = "", now: datetime | None = None) -> bool:
    """Resolve the open row of this rule and subject, whose cause has ended; answers whether there was one."""
    rows = InboxItem.objects.unresolved().filter(rule=rule, subject=subject)
    item = rows.select_for_update().first()
    if item is None:
        return False
    _resolve(item, said or "Its cause has ended.", "", now or database_clock())
    return True


def raise_causes(rule: str, causes: Sequence[Raised], now: datetime | None = None) -> int:
    """Have a row for each of the causes that stand, and settle the rows of the rule whose cause is none of them.

    What somebody resolved by hand is not raised again for the same subject: subjects of such rules name the occasion.
    Answers how many causes have a row. Each row is a transaction.
    """
    moment = now or database_clock()
    subjects = {each.subject for each in causes}
    by_hand = InboxNote.objects.filter(verb=Verb.RESOLVED, item__rule=rule, item__subject__in=subjects)
    done = set(by_hand.exclude(by="").values_list("item__subject", flat=True))
    wanted = [each for each in causes if each.subject not in done]
    for each in wanted:
        raise_item(each, moment)
    rows = InboxItem.objects.unresolved().filter(rule=rule, last_seen_at__lt=moment)
    for subject in rows.exclude(subject__in=subjects).values_list("subject", flat=True):
        settle_item(rule=rule, subject=subject, now=moment)
    meanwhile = by_hand.filter(pk__gte=first_id_at(moment)).exclude(by="")
    for subject in set(meanwhile.values_list("item__subject", flat=True)):
        settle_item(rule=rule, subject=subject, said="Somebody resolved it meanwhile.", now=moment)
    return len(wanted)


@transaction.atomic
def acknowledge(*, item_id: UUID, user: User) -> InboxItem:
    """Say that somebody has seen it.

    Raises UnknownInboxItem, InboxResolved.
    """
    item = _open(item_id)
    item.state, item.snoozed_until = InboxItem.State.ACKNOWLEDGED, None
    return _written(item, Verb.ACKNOWLEDGED, "", user)


@transaction.atomic
def snooze(*, item_id: UUID, until: datetime, user: User) -> InboxItem:
    """Put it off until an instant that is still to come; then it is in view again by itself.

    Raises UnknownInboxItem, InboxResolved, InvalidRequest.
    """
    item = _open(item_id)
    if until <= database_clock():
        raise InvalidRequest.at("/until", "Put it off until a time that is still to come.")
    item.state, item.snoozed_until = InboxItem.State.SNOOZED, until
    return _written(item, Verb.SNOOZED, f"until {until:%-d %b %Y %H:%M} UTC", user)


@transaction.atomic
def take(*, item_id: UUID, user: User) -> InboxItem:
    """Make it the user's own.

    Raises UnknownInboxItem, InboxResolved.
    """
    item = _open(item_id)
    item.owner = user
    return _written(item, Verb.TAKEN, "", user)


@transaction.atomic
def give(*, item_id: UUID, to: User, said: str, user: User) -> InboxItem:
    """Make it a colleague's, with a word that stands beside it.

    Raises UnknownInboxItem, InboxResolved, InvalidRequest where the colleague may not work on it.
    """
    if not to.has_perm("billing.change_inboxitem"):
        raise InvalidRequest.at("/to", f"{to} may not work on rows of the inbox.")
    item = _open(item_id)
    item.owner = to
    return _written(item, Verb.TAKEN, f"for {to}: {said}" if said else f"for {to}", user)


@transaction.atomic
def resolve(*, item_id: UUID, reason: str, user: User) -> InboxItem:
    """Resolve it by hand. Where its cause stands it is raised anew when that is found next.

    Raises UnknownInboxItem, InboxResolved, CauseStands, InvalidRequest.
    """
    item = _open(item_id)
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say how it was resolved.")
    if item.rule in SETTLED_BY_CAUSE:
        raise CauseStands()
    return _resolve(item, reason, user.get_username(), database_clock())


def _open(item_id: UUID) -> InboxItem:
    """The row, locked."""
    item = InboxItem.objects.select_for_update(of=("self",)).filter(pk=item_id).first()
    if item is None:
        raise UnknownInboxItem()
    if item.is_resolved:
        raise InboxResolved()
    return item


def _resolve(item: InboxItem, said: str, by: str, moment: datetime) -> InboxItem:
    item.state, item.snoozed_until, item.resolved_at = InboxItem.State.RESOLVED, None, moment
    item.save(update_fields=["state", "snoozed_until", "resolved_at"])
    InboxNote.objects.create(item=item, verb=Verb.RESOLVED, said=said, by=by, at=moment)
    return item


def _written(item: InboxItem, verb: InboxNote.Verb, said: str, user: User) -> InboxItem:
    item.save(update_fields=["state", "snoozed_until", "owner"])
    InboxNote.objects.create(item=item, verb=verb, said=said, by=user.get_username(), at=database_clock())
    return item
