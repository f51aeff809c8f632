"""What becomes of a trial: first used, reminded of, extended once, revoked, converted."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from billing.errors import NotExtendable, TrialOver, UnknownTrial
from billing.models import Trial, TrialOffer
from billing.queries.calendar import days_later
from billing.queries.trial_ends import remind_at
from billing.queries.trials import first_draw_of, unnoted
from config.kernel.errors import InvalidRequest
from usage.queries.moments import database_clock, next_effect
from usage.services import granting
from usage.services.claims import THE_DESK, Call
from usage.services.observing import observe
from wallets.errors import GrantOver, NothingLeft
from wallets.models import ExpiryChange, Grant
from wallets.services import ledger

SOONEST = timedelta(minutes=6)
"""A grant's expiry is moved to more than five minutes ahead."""
BY_ITSELF = "Tokendesk"


def note_first_uses() -> int:
    """Note of every trial that usage drew from when that was first; answers how many were noted.

    A trial that starts when first used gets its end: the first draw and its days. Until this is noted the end by which
    it waited holds. Any number of times comes to the same.
    """
    return sum(note_first_use(trial_id) for trial_id in unnoted(database_clock()))


@transaction.atomic
def note_first_use(trial_id: UUID) -> bool:
    """As `note_first_uses`, of one trial."""
    return _note(_locked(trial_id))


@transaction.atomic
def remind(*, trial_id: UUID) -> Trial:
    """Tell of the trial's end again, now.

    Raises UnknownTrial, TrialOver.
    """
    trial = _unended(trial_id)
    now = database_clock()
    expires_at = _grant_of(trial).expires_at
    if expires_at is not None and expires_at <= now:
        raise TrialOver("The trial has expired.")
    trial.reminded_at = now
    trial.save(update_fields=["reminded_at"])
    return trial


@transaction.atomic
def extend(*, trial_id: UUID, user: User, reason: str) -> Trial:
    """Let the trial last longer by the days that its offer allows, once; where it waits for its first use, wait longer.

    Raises UnknownTrial, TrialOver, NotExtendable, InvalidRequest, GrantOver.
    """
    _require(reason)
    trial = _unended(trial_id)
    expires_at = _grant_of(trial).expires_at
    if not trial.extension_days:
        raise NotExtendable("Its offer lets nobody extend it.")
    if trial.extended_at is not None:
        raise NotExtendable("It was extended before; that is done once.")
    if expires_at is None:
        raise NotExtendable("It has no end any more.")
    ends = days_later(trial.customer_id, expires_at, trial.extension_days)
    _move(trial, ends, reason.strip(), _call(user, "extend", trial))
    trial.extended_at, trial.extended_by = database_clock(), user.get_username()
    trial.save(update_fields=["extended_at", "extended_by", "remind_at"])
    return trial


@transaction.atomic
def move_expiry(*, grant_id: UUID, expires_at: datetime | None, reason: str, call: Call) -> None:
    """Let any grant expire at another instant; where it is a trial's, the reminder goes along.

    Raises NotFound, GrantOver, ExpiryTooSoon, ExpiryUnchanged, InvalidRequest, IdempotencyKeyReused.
    """
    _require(reason)
    trial = lock_of(grant_id)
    if trial is None:
        granting.extend(grant_id=grant_id, expires_at=expires_at, reason=reason.strip(), call=call)
        return
    _note(trial)
    _move(trial, expires_at, reason.strip(), call)
    trial.save(update_fields=["remind_at"])


def lock_of(grant_id: UUID) -> Trial | None:
    """Lock the trial whose grant this is, if there is one: before any account."""
    return Trial.objects.select_for_update().filter(grant_id=grant_id).first()


@transaction.atomic
def revoke(*, trial_id: UUID, user: User, reason: str) -> Trial:
    """Take back what is left of the trial's tokens and not held.

    Raises UnknownTrial, TrialOver, InvalidRequest, NothingLeft.
    """
    _require(reason)
    trial = _unended(trial_id)
    granting.void(grant_id=trial.grant_id, reason=reason.strip(), call=_call(user, "revoke", trial))
    _revoke(trial, user.get_username(), reason.strip(), database_clock())
    return trial


@transaction.atomic
def end(*, trial_id: UUID, by: str, reason: str) -> str:
    """Revoke a trial though nothing may be left of it: what is held goes to its hold, and what comes back lapses.

    Answers why it stays as it is; empty where it was revoked.

    Raises UnknownTrial.
    """
    trial = _locked(trial_id)
    if trial.converted_at is not None:
        return "The trial was converted before, and stays."
    if trial.revoked_at is not None:
        return "The trial was revoked before."
    ledger.lock(trial.customer_id)
    _note(trial)
    moment, cause_id = next_effect()
    grant = _grant_of(trial)
    if grant.voided_at is not None or (grant.expires_at is not None and grant.expires_at <= moment):
        return "The trial was over before."
    ledger.take_back(
        account_id=trial.customer_id, grant_id=trial.grant_id, tokens=None, cause_id=cause_id, now=moment
    )
    observe(account_id=trial.customer_id, now=moment)
    _revoke(trial, by, reason, moment)
    return ""


def _revoke(trial: Trial, by: str, reason: str, moment: datetime) -> None:
    trial.revoked_at, trial.revoked_by, trial.revoked_for, trial.remind_at = moment, by, reason, None
    trial.save(update_fields=["revoked_at", "revoked_by", "revoked_for", "remind_at"])


@transaction.atomic
def convert(
    *, trial_id: UUID, user: User, is_kept: bool, purchase: str = "", now: datetime | None = None
) -> Trial:
    """Note that the trial became a purchase; what is left of it is kept to its end, or ends now.

    purchase: the order's or the purchase's reference.

    Raises UnknownTrial, TrialOver.
    """
    trial = _unended(trial_id)
    if not is_kept:
        call = _call(user, "convert", trial)
        with suppress(NothingLeft):  # all of it is spent, held or has expired: it has ended without
            granting.void(grant_id=trial.grant_id, reason="Converted", call=call)
    trial.converted_at, trial.converted_by = now or database_clock(), user.get_username()
    trial.kept = Trial.Kept.KEPT if is_kept else Trial.Kept.ENDED
    trial.purchase, trial.remind_at = purchase.strip(), None
    trial.save(update_fields=["converted_at", "converted_by", "kept", "purchase", "remind_at"])
    return trial


def _locked(trial_id: UUID) -> Trial:
    trial = Trial.objects.select_for_update().filter(pk=trial_id).first()
    if trial is None:
        raise UnknownTrial()
    return trial


def _unended(trial_id: UUID) -> Trial:
    """The trial, locked, with its first use noted."""
    trial = _locked(trial_id)
    if trial.revoked_at is not None:
        raise TrialOver("The trial was revoked.")
    if trial.converted_at is not None:
        raise TrialOver("The trial was converted.")
    _note(trial)
    return trial


def _grant_of(trial: Trial) -> Grant:
    return Grant.objects.get(pk=trial.grant_id, account_id=trial.customer_id)


def _note(trial: Trial) -> bool:
    """Note the first use of a locked trial; whether there was one that was not noted yet."""
    first = first_draw_of(trial) if trial.activated_at is None else None
    if first is None:
        return False
    trial.activated_at = first
    if trial.starts == TrialOffer.Starts.FIRST_USE and not _was_moved(trial):
        ends = max(days_later(trial.customer_id, first, trial.days), database_clock() + SOONEST)
        call = Call(THE_DESK, f"first-use:{trial.pk}", b"", BY_ITSELF)
        with suppress(
            GrantOver
        ):  # it was used right before the end by which it waited, or was taken back since
            _move(trial, ends, "First used", call)
    trial.save(update_fields=["activated_at", "remind_at"])
    return True


def _was_moved(trial: Trial) -> bool:
    """Whether a person has given the trial another end meanwhile, which then stays; to wait longer is none."""
    moves = ExpiryChange.objects.filter(grant=trial.grant_id, account=trial.customer_id).count()
    return moves > (trial.extended_at is not None)


def _move(trial: Trial, expires_at: datetime | None, reason: str, call: Call) -> None:
    granting.extend(grant_id=trial.grant_id, expires_at=expires_at, reason=reason, call=call)
    if trial.revoked_at is None and trial.converted_at is None:
        now = database_clock()
        trial.remind_at = (
            remind_at(trial.customer_id, expires_at, trial.remind_days, now) if expires_at else None
        )


def _call(user: User, verb: str, trial: Trial) -> Call:
    return Call.at_the_desk(user, f"{verb}:{trial.pk}", (verb, trial.pk))


def _require(reason: str) -> None:
    """Raises InvalidRequest."""
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")
