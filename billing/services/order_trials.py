"""Trials that come with lines of orders: noted with the order, issued after it, once a line.

They are issued in transactions of their own, so that what a trial's rules refuse never keeps an order from taking
effect.
"""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from billing.models import Order, OrderTrial
from billing.queries.orders import lines_of, present_version
from billing.rules.orders import ACTIVE, Line, OrderAsked
from billing.services import ordering, trials
from billing.services.ordering import Answer
from config.kernel.errors import DomainError
from usage.queries.moments import database_clock
from wallets.errors import AccountClosed
from wallets.models import Account
from wallets.services import ledger

log = logging.getLogger(__name__)

State = OrderTrial.State


def place(asked: OrderAsked, now: datetime | None = None) -> Answer:
    """As `ordering.place`; the trials of its lines are issued when it has taken effect.

    What is not issued here, whatever dies in between, the job finds.
    """
    answer = ordering.place(asked, now)
    for waiting in _due(now).filter(order__external_id=asked.external_id):
        _settle_or_log(waiting)
    return answer


def work_due(now: datetime | None = None) -> int:
    """Issue, or refuse, the trials of all lines that have begun; answers how many there were."""
    return sum(_settle_or_log(waiting) for waiting in _due(now)[:AT_ONCE])


AT_ONCE = 500


def _due(now: datetime | None) -> QuerySet[OrderTrial]:
    """What waits for nothing any more; an account that is closed finds its trials when it is opened again."""
    waiting = OrderTrial.objects.waiting().filter(due_at__lte=now or database_clock())
    return waiting.exclude(account__state=Account.State.CLOSED).order_by("due_at", "pk")


def _settle_or_log(waiting: OrderTrial) -> bool:
    try:
        settle(account_id=waiting.account_id, waiting_id=waiting.pk)
    except DatabaseError:
        log.warning("The trial of order %s could not be issued.", waiting.order_id, exc_info=True)
        return False
    return True


@transaction.atomic
def settle(*, account_id: UUID, waiting_id: UUID) -> OrderTrial:
    """Issue the trial of a line that has begun, or note why not; what is settled stays as it is."""
    ledger.lock(account_id)
    found = OrderTrial.objects.select_related("order").get(pk=waiting_id, account_id=account_id)
    if found.state != State.WAITING:
        return found
    moment = database_clock()
    line = _line_of(found.order, found.line)
    if line is not None and line.begins_at > moment:
        found.due_at = line.begins_at
    elif line is None or line.has_ended(moment):
        found.state, found.reason, found.settled_at = State.REFUSED, "The line ended before.", moment
    else:
        _issue(found, moment)
    found.save()
    return found


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
        found.state, found.reason = State.REFUSED, refusal.detail
    else:
        found.state = State.ISSUED
    found.settled_at = moment


def _line_of(order: Order, name: str) -> Line | None:
    present = present_version(order)
    if present is None or present.state != ACTIVE:
        return None
    return next((line for line in lines_of(present) if line.name == name), None)
