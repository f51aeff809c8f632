"""What people hand out and take back at the desk: at once, or once a second person agrees.

A person's acts come one after the other, by a lock of that person's own, so that no number of them at one moment
passes what the person may move alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection, transaction

from billing.errors import ActDecided, OwnAct
from billing.models import HandAct
from billing.queries.hand_acts import left_of, limits_of, moved_alone
from billing.rules.hand_acts import (
    kind_of,
    needs_second,
    written,
    written_reversal,
)
from billing.services import acting
from config.kernel.amounts import plain
from config.kernel.errors import IdempotencyKeyReused, InvalidRequest, NotFound
from config.kernel.fingerprints import fingerprint_of
from usage.errors import DebitMissing, MoreThanLeft
from usage.models import Debit
from usage.queries.moments import database_clock
from usage.rules.grants import GrantOrder, check
from wallets.errors import NothingLeft
from wallets.models import Grant
from wallets.queries.accounts import account_named
from wallets.queries.units import unit_named
from wallets.services import ledger

ONE_ACT_AT_A_TIME = 7132
"""The class of the advisory locks by which a person's acts come one after the other."""
State = HandAct.State


@dataclass(frozen=True, slots=True)
class Asked:
    """What an act moves, and what it puts at stake: taking back lets held tokens lapse too when they come back.

    why: the rule that needs a second person; None: it is judged by the tokens at stake.
    """

    tokens: Decimal
    at_stake: Decimal
    grant_id: UUID | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Acted:
    """What became of it. is_replay: the same form had been sent before, and nothing happened twice."""

    act: HandAct
    is_replay: bool

    @property
    def is_waiting(self) -> bool:
        return self.act.is_waiting


def grant(*, reference: str, order: GrantOrder, form_token: str, user: User, asked: object = None) -> Acted:
    """Hand out tokens at once, or ask a second person where a rule says so. At most once a form token.

    asked: what the form said, where the order tells it by the clock.

    Raises NotFound, InvalidRequest, UnitMissing, UnknownReference, UnknownFeature, AccountClosed, ExternalIdTaken,
    PeriodClosed, IdempotencyKeyReused.
    """
    account_id = account_named(reference).pk
    unit = unit_named(order.token)
    if not order.reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")

    def prepare() -> Asked:
        check(order, database_clock())
        acting.require_open_books(order)
        return Asked(order.tokens, order.tokens)

    act = HandAct(
        account_id=account_id,
        kind=kind_of(order),
        unit=unit.code,
        order=written(order),
        reason=order.reason.strip(),
        key=form_token,
        fingerprint=fingerprint_of(asked or order),
        asked_by=user,
    )
    return act_once(act, prepare)


def void(*, grant_id: UUID, reason: str, form_token: str, user: User) -> Acted:
    """Take back what is left of a grant at once, or ask a second person where a rule says so.

    Raises NotFound, InvalidRequest, NothingLeft, IdempotencyKeyReused.
    """
    found = Grant.objects.select_related("wallet__unit").filter(pk=grant_id).first()
    if found is None:
        raise NotFound("There is no such grant.")
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")

    def prepare() -> Asked:
        asked = _asked_of(found)
        if not asked.tokens:
            raise NothingLeft()
        act.order = {"at_stake": plain(asked.at_stake)}
        return asked

    act = HandAct(
        account_id=found.account_id,
        kind="void",
        unit=found.wallet.unit.code,
        reason=reason.strip(),
        key=form_token,
        fingerprint=fingerprint_of(("void", grant_id, reason)),
        asked_by=user,
    )
    return act_once(act, prepare)


def move_expiry(
    *, grant_id: UUID, expires_at: datetime | None, reason: str, form_token: str, user: User
) -> Acted:
    """Let a grant expire at another instant, or ask a second person where a rule says so. expires_at: None is never.

    What is left of it counts, held tokens included: their life is what is given or taken.

    Raises NotFound, InvalidRequest, GrantOver, ExpiryTooSoon, ExpiryUnchanged, IdempotencyKeyReused.
    """
    found = Grant.objects.select_related("wallet__unit").filter(pk=grant_id).first()
    if found is None:
        raise NotFound("There is no such grant.")
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")

    def prepare() -> Asked:
        asked = _asked_of(found)
        return Asked(asked.at_stake, asked.at_stake, grant_id)

    act = HandAct(
        account_id=found.account_id,
        kind="expiry",
        unit=found.wallet.unit.code,
        order={"expires_at": None if expires_at is None else expires_at.isoformat()},
        grant_id=grant_id,
        reason=reason.strip(),
        key=form_token,
        fingerprint=fingerprint_of(("expiry", grant_id, expires_at, reason)),
        asked_by=user,
    )
    return act_once(act, prepare)


def reverse(*, debit_id: UUID, tokens: Decimal | None, reason: str, form_token: str, user: User) -> Acted:
    """Give back a debit at once, or ask a second person where a rule says so. tokens: None is all that is left.

    Closed books refuse no reversal: it is booked now.

    Raises DebitMissing, InvalidRequest, NothingToReverse, MoreThanLeft, IdempotencyKeyReused.
    """
    found = Debit.objects.select_related("unit").filter(pk=debit_id).first()
    if found is None:
        raise DebitMissing()
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")

    def prepare() -> Asked:
        if tokens is not None and tokens > left_of(found):
            raise MoreThanLeft()
        asked = left_of(found) if tokens is None else tokens
        return Asked(asked, asked)

    act = HandAct(
        account_id=found.account_id,
        kind="reversal",
        unit=found.unit.code,
        order=written_reversal(debit_id, found.product_id, tokens),
        reason=reason.strip(),
        key=form_token,
        fingerprint=fingerprint_of(("reverse", debit_id, tokens, reason)),
        asked_by=user,
    )
    return act_once(act, prepare)


@transaction.atomic
def approve(*, act_id: UUID, user: User, reason: str = "") -> HandAct:
    """Let an act that waits be done now, in both names.

    Raises NotFound, ActDecided, OwnAct, and whatever the act itself is refused for; then it goes on waiting.
    """
    act = _to_decide(act_id, user)
    act.grant_id = acting.do(act, f"{act.asked_by.get_username()}, approved by {user.get_username()}")
    return _decide(act, State.APPROVED, user, reason)


@transaction.atomic
def decline(*, act_id: UUID, user: User, reason: str) -> HandAct:
    """Let an act that waits never be done.

    Raises NotFound, InvalidRequest, ActDecided, OwnAct.
    """
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why it is declined.")
    return _decide(_to_decide(act_id, user), State.DECLINED, user, reason)


def act_once(act: HandAct, prepare: Callable[[], Asked]) -> Acted:
    """Do it or ask for it, under the person's lock and then the account's; at most once a key of this person.

    Raises IdempotencyKeyReused, and what the act is refused for.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [ONE_ACT_AT_A_TIME, act.asked_by_id])
        acting.lock(act)
        known = HandAct.objects.filter(account=act.account_id, asked_by=act.asked_by, key=act.key).first()
        if known is not None:
            if bytes(known.fingerprint) != act.fingerprint:
                raise IdempotencyKeyReused(
                    "This key stands for another body already; choose a new key for a new request."
                )
            return Acted(known, is_replay=True)
        act.asked_at = database_clock()
        asked = prepare()
        act.tokens, act.grant_id = asked.tokens, asked.grant_id
        act.why = _why(act, asked) if asked.why is None else asked.why
        act.state = State.WAITING if act.why else State.DONE
        if not act.why:
            act.grant_id = acting.do(act, act.asked_by.get_username())
        act.save(force_insert=True)
        return Acted(act, is_replay=False)


def _why(act: HandAct, asked: Asked) -> str:
    moved = moved_alone(act.asked_by, act.kind, act.unit, act.asked_at)
    return needs_second(limits_of(act.kind), moved, asked.at_stake)


def _to_decide(act_id: UUID, user: User) -> HandAct:
    act = HandAct.objects.select_for_update(of=("self",)).select_related("account", "asked_by")
    found = act.filter(pk=act_id).first()
    if found is None:
        raise NotFound("There is no such act.")
    if not found.is_waiting:
        raise ActDecided()
    if found.asked_by_id == user.pk:
        raise OwnAct()
    return found


def _decide(act: HandAct, state: HandAct.State, user: User, reason: str) -> HandAct:
    act.state, act.decided_by, act.decided_at = state, user, database_clock()
    act.decision = reason.strip()
    act.save(update_fields=["state", "decided_by", "decided_at", "decision", "grant_id"])
    return act


def _asked_of(grant: Grant) -> Asked:
    """What is left of a grant: free, and held as well."""
    ledger.settle(account_id=grant.account_id)
    row = Grant.objects.get(pk=grant.pk)
    return Asked(row.remaining - row.held, row.remaining, row.pk)
