"""The one door through which what was bought takes effect: tokens as grants, the rest as what active lines add up to.

All under the account's lock, in one transaction with what was ordered; by a job where a line starts, ends or goes into
another period.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import DatabaseError, transaction

from billing.models import Order, OrderClock, OrderTrial, PushedTerm, TrialOffer
from billing.queries.calendar import day_of
from billing.queries.desk_terms import next_desk_change
from billing.queries.orders import active_lines
from billing.queries.orders_due import accounts_due, is_due
from billing.rules.adding_up import ALLOWANCE, SEATS, Active, added_up
from billing.rules.order_trials import why_it_ends, why_it_stays
from billing.rules.orders import Line
from billing.services import bought_terms, bought_tokens, charging
from billing.services.bought_months import next_period_at
from billing.services.bought_terms import Push
from billing.services.order_acts import Act
from config.kernel.errors import DomainError
from usage.queries.moments import next_effect
from usage.services.authors import Author
from usage.services.observing import observe
from wallets.models import Account

log = logging.getLogger(__name__)

BY = "orders"


def take_effect(act: Act, before: Mapping[str, Line], after: Mapping[str, Line]) -> None:
    """Let the lines of an order come to what they are now instead of what they were; then all the account's add up.

    before, after: by name; a line of an order that is cancelled is in neither.

    Raises AccountClosed, UnknownReference, UnknownTable, and what the services below refuse.
    """
    for name, line in before.items():
        if name not in after or after[name].run != line.run:
            bought_tokens.end(act, line)
    for name, line in after.items():
        known = before.get(name)
        if known is None or known.run != line.run:
            bought_tokens.begin(act, line)
        else:
            bought_tokens.alter(act, known, line)
        if line.offer.trial is not None:
            _note_trial(act, line, line.offer.trial)
    if before:
        _end_trials(act, after)
    charging.charge(account=act.account, moment=act.moment, order=act.order)


def _end_trials(act: Act, after: Mapping[str, Line]) -> None:
    """Note that trials end whose line is over or gives none any more; `order_trials` revokes them."""
    for row in OrderTrial.objects.filter(account=act.account, order=act.order, state=OrderTrial.State.ISSUED):
        line = after.get(row.line)
        if line is None or line.offer.trial is None:
            row.state, row.due_at = OrderTrial.State.ENDING, act.moment
            row.reason = why_it_ends(act.order.external_id, act.version, row.line, after)
            row.save(update_fields=["state", "due_at", "reason"])


def _note_trial(act: Act, line: Line, offer_id: int) -> None:
    """Note the trial that a line gives, once; `billing.services.order_trials` issues it when the line begins.

    Where the line means another trial by now, that takes the place of one that was not given; one that was given stays,
    and its row says so.
    """
    given = {"offer_id": offer_id, "due_at": line.begins_at}
    row, is_new = OrderTrial.objects.get_or_create(
        account=act.account, order=act.order, line=line.name, defaults=given
    )
    if is_new:
        return
    is_other = row.offer_id != offer_id
    if row.state == OrderTrial.State.ISSUED:
        row.reason = why_it_stays(act.version, TrialOffer.objects.get(pk=offer_id).name) if is_other else ""
    elif row.state == OrderTrial.State.WAITING or (row.state == OrderTrial.State.REFUSED and is_other):
        row.offer_id, row.due_at, row.state = offer_id, line.begins_at, OrderTrial.State.WAITING
        row.reason, row.settled_at, row.put_off_until = "", None, None
    row.save()


def add_up(*, account: Account, author: Author, moment: datetime) -> None:
    """Push what all active lines of the account add up to, and note when that changes next."""
    ordered = active_lines(account.pk)
    lines = [line for _, _, line in ordered]
    active = [Active(line, _began_on(account, line)) for line in lines if line.is_active(moment)]
    terms = bought_terms.push(Push(account, author, moment), added_up(active))
    observe(account_id=account.pk, now=moment)
    clock = OrderClock(
        account=account, next_change_at=_next_change(ordered, terms, moment), reconciled_at=moment
    )
    OrderClock.objects.bulk_create(
        [clock],
        update_conflicts=True,
        unique_fields=["account"],
        update_fields=["next_change_at", "reconciled_at"],
    )


def _began_on(account: Account, line: Line) -> date | None:
    """The day of the account's calendar by which included units come anew; of other lines nobody asks."""
    return day_of(account.pk, line.begins_at) if line.offer.allowances else None


def work_due(now: datetime | None = None) -> int:
    """Let every account whose time has come have what its orders give by now; answers how many there were.

    What another worker has done meanwhile is left out. What could not be done is logged; the next turn finds it again.
    """
    done = 0
    for account_id in accounts_due(now):
        try:
            done += _reconcile_if_due(account_id, now)
        except (DatabaseError, DomainError):
            log.warning("Orders of account %s could not take effect.", account_id, exc_info=True)
    return done


@transaction.atomic
def _reconcile_if_due(account_id: UUID, now: datetime | None) -> bool:
    bought_terms.lock(account_id)
    return is_due(account_id, now) and reconcile(account_id=account_id, now=now)


@transaction.atomic
def reconcile(*, account_id: UUID, now: datetime | None = None) -> bool:
    """Give what the account's orders give by now: the tokens of new periods, and what started or ended.

    Any number of times, by any number of workers, comes to the same. Answers whether the account was open: one that is
    closed takes no tokens, and finds what it missed when it is opened again.
    """
    state = bought_terms.lock(account_id)
    moment, cause_id = next_effect()
    moment = now or moment
    if state == Account.State.CLOSED:
        return False
    account = Account.objects.get(pk=account_id)
    for order, version, line in active_lines(account_id):
        author = Author(BY, f"Order {order.external_id}.")
        bought_tokens.advance(Act(account, order, version, author, moment, cause_id), line)
    charging.charge(account=account, moment=moment)
    add_up(account=account, author=Author(BY, "What the account's orders add up to."), moment=moment)
    return True


def _next_change(
    ordered: Iterable[tuple[Order, int, Line]], terms: Iterable[PushedTerm], moment: datetime
) -> datetime | None:
    found: list[datetime | None] = []
    periods = []
    for order, _, line in ordered:
        if not line.has_ended(moment):
            found += [line.begins_at, line.ends_at]
        # Due already where another order came before the job, even if the line has ended meanwhile: it was bought.
        periods.append(next_period_at(order, line))
    for term in terms:
        if term.kind in (SEATS, ALLOWANCE) and term.told is not None:
            found.append(next_desk_change(term.account_id, term.pattern, moment))
    ahead = [each for each in found if each is not None and each > moment]
    return min([*ahead, *(each for each in periods if each is not None)], default=None)
