"""Trials that come with lines of orders: noted with the order, issued after it once a line, revoked when that is over.

They are issued and revoked in transactions of their own, so that what a trial's rules refuse never keeps an order from
taking effect, and a trial is locked before its account as everywhere.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from billing.models import Order, OrderTrial
from billing.queries.orders import lines_of, present_version
from billing.rules.order_trials import tried_again_at
from billing.rules.orders import ACTIVE, Line, OrderAsked
from billing.services import ordering, trial_life, trials
from billing.services.ordering import Answer
from config.kernel.errors import DomainError
from usage.queries.moments import CLOCK, database_clock
from wallets.errors import AccountClosed
from wallets.models import Account
from wallets.services import ledger

log = logging.getLogger(__name__)

State = OrderTrial.State


def place(asked: OrderAsked, now: datetime | None = None) -> Answer:
    """As `ordering.place`; the trials of its lines are issued or revoked when it has taken effect.

    What is not issued here, whatever dies in between, the job finds.
    """
    answer = ordering.place(asked, now)
    settle_named(asked.external_id, now)
    return answer


def settle_named(external_id: str, now: datetime | None = None) -> None:
    """Issue or revoke the trials of an order's lines; called when the order's transaction is over.

    One that fails is logged and left to the job.
    """
    for waiting in _due(now).filter(order__external_id=external_id):
        _settle_or_log(waiting)


def work_due(now: datetime | None = None) -> int:
    """Issue, or refuse, the trials of all lines that have begun, and revoke those of lines that are over.

    Answers how many there were. One that fails is logged and put off, so that the others have their turn.
    """
    return sum(_settle_or_log(waiting) for waiting in _due(now)[:AT_ONCE])


AT_ONCE = 500


def _due(now: datetime | None) -> QuerySet[OrderTrial]:
    """What waits for nothing any more; an account that is closed finds its trials when it is opened again."""
    due = OrderTrial.objects.due(now or CLOCK)
    return due.exclude(state=State.WAITING, account__state=Account.State.CLOSED)


def _settle_or_log(waiting: OrderTrial) -> bool:
    try:
        settle(account_id=waiting.account_id, waiting_id=waiting.pk)
    except (DatabaseError, DomainError):
        log.warning("The trial of order %s could not be settled.", waiting.order_id, exc_info=True)
        with suppress(DatabaseError):
            _put_off(waiting)
        return False
    return True


def _put_off(failed: OrderTrial) -> None:
    rows = OrderTrial.objects.filter(pk=failed.pk, account=failed.account_id, due_at=failed.due_at)
    rows.update(put_off_until=tried_again_at(failed.due_at, database_clock()))


@transaction.atomic
def settle(*, account_id: UUID, waiting_id: UUID) -> OrderTrial:
    """Issue the trial of a line that has begun, or note why not; revoke that of a line that is over.

    What is settled stays as it is, any number of times.
    """
    rows = OrderTrial.objects.select_related("order").filter(pk=waiting_id, account_id=account_id)
    told, kept = rows.get(), ""
    if told.state == State.ENDING and told.trial_id is not None:
        kept = trial_life.end(trial_id=told.trial_id, by=trials.BY_AN_ORDER, reason=told.reason)
    ledger.lock(account_id)
    found = rows.get()
    if told.state == found.state == State.ENDING:
        found.state, found.reason = State.ENDED, f"{found.reason} {kept}".strip()
        found.save(update_fields=["state", "reason"])
    elif found.state == State.WAITING:
        _begin(found, database_clock())
    return found


def _begin(found: OrderTrial, moment: datetime) -> None:
    line = _line_of(found.order, found.line)
    if line is not None and line.begins_at > moment:
        found.due_at = line.begins_at
    elif line is None or line.has_ended(moment):
        _refuse(found, "The line ended before.", moment)
    elif line.offer.trial is None:
        _refuse(found, "The line gives no trial any more.", moment)
    else:
        _issue(found, moment)
    found.save()


def _refuse(found: OrderTrial, why: str, moment: datetime) -> None:
    found.state, found.reason, found.settled_at = State.REFUSED, why, moment


def _issue(found: OrderTrial, moment: datetime) -> None:
    customer = Account.objects.get(pk=found.account_id)
    reason = f"Order {found.order.external_id}, line {found.line}."
    try:
        found.trial = trials.issue_ordered(
            customer=customer, offer_id=found.offer_id, key=f"order:{found.pk}", reason=reason
        )
    except AccountClosed:
        return
    except DomainError as refusal:
        _refuse(found, refusal.detail, moment)
    else:
        found.state, found.settled_at = State.ISSUED, moment


def _line_of(order: Order, name: str) -> Line | None:
    present = present_version(order)
    if present is None or present.state != ACTIVE:
        return None
    return next((line for line in lines_of(present) if line.name == name), None)
