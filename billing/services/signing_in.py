"""Signing in by e-mail: an address is given, a link is mailed where it is known, the link opens a session once.

Giving an address does the same whether it is known or not: a row is written, and who is meant is looked up by a job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower

from billing.models import AccessLink, BuyerSession, Contact, SignInAsked, SignInToken
from billing.rules import buyer_letters
from billing.rules.buyer_letters import WayIn
from billing.rules.deliveries import Answer, Mail
from billing.rules.secrets import digest_of
from config.kernel.database import call
from usage.queries.moments import database_clock
from wallets.models import Account

TOKEN_LASTS = timedelta(minutes=15)
SESSION_LASTS = timedelta(days=14)
LINK_SESSION_LASTS = timedelta(hours=12)
WITHIN = timedelta(minutes=15)
MOST_FOR_AN_ADDRESS = {WITHIN: 5, timedelta(hours=1): 10, timedelta(days=1): 20}
MOST_FROM_A_CLIENT = {WITHIN: 20}
"""Times within so long; what goes beyond is answered alike and does nothing."""
KEPT = timedelta(days=1)
LEASE, PAUSE = timedelta(minutes=2), timedelta(minutes=1)
MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that began, and what its cookie carries."""

    customer_id: UUID
    secret: str
    expires_at: datetime


@transaction.atomic
def ask(*, address: str, client: str, now: datetime | None = None) -> None:
    """Have a way in mailed to an address, if it is a contact's. Whether it is makes no difference here.

    client: where the request comes from, of which a hash is kept for a day.
    """
    moment = now or database_clock()
    wanted, origin = address.strip().lower(), digest_of(client)
    _one_at_a_time(f"address {wanted}", f"client {client}")
    asked = SignInAsked.objects.filter(invites=None)
    if _is_often(asked.filter(address=wanted), MOST_FOR_AN_ADDRESS, moment):
        return
    if _is_often(asked.filter(client=origin), MOST_FROM_A_CLIENT, moment):
        return
    SignInAsked.objects.create(address=wanted, client=origin, asked_at=moment, next_at=moment)


def send_due(mail: Callable[[Mail], Answer], home: str, now: datetime | None = None) -> int:
    """Mail what was asked for, and forget what is older than a day. home: the address of the door. Answers how many.

    Sessions of accounts that are closed end for good: opened again, an account has its people sign in anew.
    A mail that fails is tried again, with another secret, a few times.
    """
    moment, sent = now or database_clock(), 0
    SignInAsked.objects.filter(asked_at__lt=moment - KEPT).delete()
    SignInToken.objects.filter(made_at__lt=moment - KEPT).delete()
    BuyerSession.objects.filter(expires_at__lt=moment - KEPT).delete()
    _end_those_of_closed_accounts(moment)
    while (asked := _claimed(moment)) is not None:
        letter = _letter(asked, home, moment)
        answer = mail(letter) if letter else Answer()
        sent += bool(letter) and not answer.error
        is_over = not answer.error or answer.is_final or asked.tries >= MOST_TRIES
        SignInAsked.objects.filter(pk=asked.pk, tries=asked.tries).update(
            handled_at=moment if is_over else None, next_at=moment + PAUSE
        )
    return sent


def contact_of(secret: str, now: datetime) -> Contact | None:
    """Whom a mailed secret lets in, as long as it does; nothing is used up."""
    token = _usable(secret, now).select_related("contact__customer").first()
    return token.contact if token else None


@transaction.atomic
def enter(*, secret: str, now: datetime | None = None) -> Opened | None:
    """Begin a session by a mailed secret, which is used up by it; None where it opens nothing."""
    moment = now or database_clock()
    token = _usable(secret, moment).select_for_update(of=("self",)).select_related("contact").first()
    if token is None:
        return None
    SignInToken.objects.filter(pk=token.pk).update(used_at=moment)
    if not Contact.objects.on().filter(pk=token.contact_id).update(seen_at=moment):
        return None
    return _opened(
        moment + SESSION_LASTS, moment, contact=token.contact, customer_id=token.contact.customer_id
    )


@transaction.atomic
def follow(*, secret: str, now: datetime | None = None) -> Opened | None:
    """Begin a session by a link that is neither over nor revoked; None where it opens nothing."""
    moment = now or database_clock()
    link = link_of(secret, moment)
    if link is None:
        return None
    AccessLink.objects.filter(pk=link.pk).update(used_at=moment)
    until = min(moment + LINK_SESSION_LASTS, link.expires_at)
    return _opened(until, moment, link=link, customer_id=link.customer_id)


def link_of(secret: str, now: datetime) -> AccessLink | None:
    """The link that a secret belongs to, as long as it opens something."""
    rows = AccessLink.objects.filter(digest=digest_of(secret), revoked_at=None, expires_at__gt=now)
    return rows.exclude(customer__state=Account.State.CLOSED).select_related("customer").first()


def leave(*, session_id: int, now: datetime | None = None) -> None:
    """End a session: its cookie opens nothing any more."""
    BuyerSession.objects.filter(pk=session_id, ended_at=None).update(ended_at=now or database_clock())


def _one_at_a_time(*names: str) -> None:
    """Let nobody else ask by these names until the transaction ends, so that what was asked before is counted."""
    keys = sorted(int.from_bytes(digest_of(f"sign in: {name}")[:8], signed=True) for name in names)
    call("SELECT pg_advisory_xact_lock(key) FROM unnest(%(keys)s::bigint[]) AS key", {"keys": keys})


def _is_often(asked: QuerySet[SignInAsked], most: Mapping[timedelta, int], moment: datetime) -> bool:
    return any(asked.filter(asked_at__gt=moment - lately).count() >= times for lately, times in most.items())


def _end_those_of_closed_accounts(moment: datetime) -> None:
    closed = BuyerSession.objects.filter(ended_at=None, customer__state=Account.State.CLOSED)
    closed.update(ended_at=moment)


def _usable(secret: str, now: datetime) -> QuerySet[SignInToken]:
    rows = SignInToken.objects.filter(digest=digest_of(secret), used_at=None, expires_at__gt=now)
    return rows.filter(contact__is_on=True).exclude(contact__customer__state=Account.State.CLOSED)


def _opened(until: datetime, moment: datetime, **whose: object) -> Opened:
    secret = token_urlsafe(32)
    session = BuyerSession.objects.create(
        digest=digest_of(secret), began_at=moment, expires_at=until, **whose
    )
    return Opened(session.customer_id, secret, until)


_CLAIM = """
UPDATE billing_signinasked SET tries = tries + 1, next_at = %(now)s + %(lease)s
WHERE id = (SELECT id FROM billing_signinasked WHERE handled_at IS NULL AND next_at <= %(now)s
            ORDER BY next_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""


def _claimed(moment: datetime) -> SignInAsked | None:
    row = call(_CLAIM, {"now": moment, "lease": LEASE})
    return None if row is None else SignInAsked.objects.select_related("invites__customer").get(pk=row.id)


def _letter(asked: SignInAsked, home: str, moment: datetime) -> Mail | None:
    """What is mailed; None where the address is nobody's."""
    name = f"sign-in.{asked.pk}.{asked.tries}"
    if asked.invites is not None:
        if not asked.invites.is_on:
            return None
        return buyer_letters.invitation(asked.address, str(asked.invites.customer), home, name)
    ways = [_way(contact, home, moment) for contact in _people(asked.address)]
    return buyer_letters.sign_in(asked.address, ways, TOKEN_LASTS, name) if ways else None


def _people(address: str) -> list[Contact]:
    """Those of this very address: in capitals, as `iexact` compares, a dotless i is an i, and the mail another's."""
    rows = Contact.objects.on().alias(small=Lower("address")).filter(small=address, address=address)
    rows = rows.exclude(customer__state=Account.State.CLOSED)
    return list(rows.select_related("customer").order_by("customer__reference"))


def _way(contact: Contact, home: str, moment: datetime) -> WayIn:
    secret = token_urlsafe(32)
    SignInToken.objects.create(
        contact=contact, digest=digest_of(secret), made_at=moment, expires_at=moment + TOKEN_LASTS
    )
    return WayIn(str(contact.customer), f"{home}enter/{secret}/")
