"""Packs that accounts buy by themselves: by their rule, at most so often and for so much a window, each exactly once.

A purchase and its order are one transaction under the account's lock. What was refused stands in a row of its own.
"""

from __future__ import annotations

import logging
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

from django.db import DatabaseError, transaction

from billing.errors import TopUpMissing
from billing.models import Order, TopUp, TopUpRule
from billing.queries.top_ups import (
    limits_of,
    pack_for,
    refusals_in_a_row,
    rests_until,
    rules_due,
    taken_in_window,
)
from billing.rules.orders import LineAsked, OrderAsked
from billing.rules.top_ups import NOTHING, Pack, Taken, is_too_large, packs_allowed, packs_wanted
from billing.services import bought_terms, ordering
from config.kernel.errors import Conflict, DomainError
from config.kernel.signing import signed
from usage.queries.moments import database_clock
from usage.services.authors import Author
from wallets.models import Account
from wallets.queries.balances import holding_now
from wallets.rules.holding import Holding

log = logging.getLogger(__name__)

BY = "top-up"
BREAKER = "breaker"


def work_due(now: datetime | None = None) -> int:
    """Let every rule buy whose account is at its threshold; answers how many purchases were made or asked for.

    What could not be done is logged and found again by the next turn.
    """
    done = 0
    for account_id, rule_id in rules_due(now):
        try:
            made = top_up(account_id=account_id, rule_id=rule_id, now=now)
            done += made is not None and made.state != TopUp.State.REFUSED
        except (DatabaseError, DomainError):
            log.warning("The top-up of account %s did not work.", account_id, exc_info=True)
    return done


@transaction.atomic
def top_up(*, account_id: UUID, rule_id: UUID, now: datetime | None = None) -> TopUp | None:
    """Buy what closes the gap, or ask for its payment, where the rule says so now; None where there is nothing to do.

    Any number of times, by any number of workers, comes to the same.
    """
    moment, state = _lock(account_id, now)
    rule = TopUpRule.objects.select_related("account", "unit").get(pk=rule_id, account_id=account_id)
    holding = holding_now(account_id, rule.unit_id, moment)
    if state != Account.State.ACTIVE or not rule.is_on or holding.available > rule.threshold:
        return None
    if rule.top_ups.pending().exists() or rests_until(rule, moment):
        return None
    taken = taken_in_window(rule, moment)
    made = _made(rule, holding, taken, moment)
    if made is None:
        return None
    made.save(force_insert=True)
    if made.state == TopUp.State.REFUSED:
        _break_after_refusals(rule, made, moment)
    elif not rule.needs_payment:
        try:
            _buy(made, BY, f"At {made.available.normalize():f} {rule.unit.code}.", moment)
        except DomainError as refusal:
            _end(made, TopUp.State.REFUSED, refusal.detail, BY, moment)
            _break_after_refusals(rule, made, moment)
    return made


@transaction.atomic
def confirm(*, top_up_id: UUID, author: Author, now: datetime | None = None) -> TopUp:
    """Let a purchase take effect that waited for its payment; one that was bought already stays as it is.

    Raises TopUpMissing, Conflict where it was refused or cancelled, and what ordering refuses: then it waits on.
    """
    found, moment = _locked(top_up_id, now)
    if found.state != TopUp.State.BOUGHT:
        _require_pending(found)
        _buy(found, author.name, author.reason, moment)
    return found


@transaction.atomic
def require_pending(top_up_id: UUID) -> TopUp:
    """Lock the account of a purchase that waits for its payment.

    Raises TopUpMissing, Conflict where it was bought, refused or cancelled.
    """
    found, _ = _locked(top_up_id, None)
    _require_pending(found)
    return found


def _require_pending(found: TopUp) -> None:
    if found.state == TopUp.State.BOUGHT:
        raise Conflict("The top-up is bought already.")
    if found.state != TopUp.State.PENDING:
        raise Conflict(f"The top-up is {found.state}: what was paid for it is bought by an order.")


@transaction.atomic
def refuse(*, top_up_id: UUID, author: Author, now: datetime | None = None) -> TopUp:
    """Say that a purchase is not paid, and why. So many refusals in a row switch the rule off.

    Raises TopUpMissing, Conflict where it is not refused and does not wait.
    """
    return _withdraw(top_up_id, TopUp.State.REFUSED, author, now)


@transaction.atomic
def cancel(*, top_up_id: UUID, author: Author, now: datetime | None = None) -> TopUp:
    """Withdraw a purchase that waits, and say why. The breaker does not count it.

    Raises TopUpMissing, Conflict where it is not cancelled and does not wait.
    """
    return _withdraw(top_up_id, TopUp.State.CANCELLED, author, now)


def _withdraw(top_up_id: UUID, state: str, author: Author, now: datetime | None) -> TopUp:
    found, moment = _locked(top_up_id, now)
    if found.state == state:
        return found
    if found.state != TopUp.State.PENDING:
        raise Conflict(f"The top-up does not wait: it is {found.state}.")
    _end(found, state, author.reason, author.name, moment)
    if state == TopUp.State.REFUSED:
        _break_after_refusals(found.rule, found, moment)
    return found


def _lock(account_id: UUID, now: datetime | None) -> tuple[datetime, str]:
    """The instant, and the account's state, read under its lock."""
    state = bought_terms.lock(account_id)
    return now or database_clock(), state


def _locked(top_up_id: UUID, now: datetime | None) -> tuple[TopUp, datetime]:
    account_id = TopUp.objects.filter(pk=top_up_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise TopUpMissing
    moment, _ = _lock(account_id, now)
    return TopUp.objects.select_related("account", "rule__unit").get(pk=top_up_id), moment


def _made(rule: TopUpRule, holding: Holding, taken: Taken, moment: datetime) -> TopUp | None:
    """The purchase, or its refusal, not saved; None where the window's limits leave no pack."""
    pack = pack_for(rule.sku, rule.unit.code, rule.currency)
    if isinstance(pack, str):
        return _row(rule, holding, taken, moment, refusal=pack)
    packs = packs_wanted(limits_of(rule), pack, holding.available, holding.overage)
    allowed = packs_allowed(limits_of(rule), pack, taken)
    if allowed == 0 and taken.count:
        return None
    if allowed == 0:
        return _row(
            rule, holding, taken, moment, refusal="One pack costs more than the rule may spend a window."
        )
    packs = min(packs, allowed)
    if is_too_large(pack, packs):
        return _row(rule, holding, taken, moment, refusal="The gap is too large to be filled by one order.")
    return _row(rule, holding, taken, moment, pack=pack, packs=packs)


def _row(
    rule: TopUpRule,
    holding: Holding,
    taken: Taken,
    moment: datetime,
    *,
    pack: Pack | None = None,
    packs: int = 0,
    refusal: str = "",
) -> TopUp:
    amount = pack.price * packs if pack else NOTHING
    return TopUp(
        account=rule.account,
        rule=rule,
        revision=rule.revision,
        window=rule.window,
        window_start=taken.start,
        number=taken.count + 1,
        most=rule.most,
        most_amount=rule.most_amount,
        reached_at=moment,
        available=holding.available,
        overage=holding.overage,
        threshold=rule.threshold,
        fill_to=rule.fill_to,
        sku=rule.sku,
        quantity=packs,
        tokens=pack.tokens * packs if pack else NOTHING,
        amount=amount,
        spent=taken.spent + amount,
        currency=pack.currency if pack else "",
        needs_payment=rule.needs_payment,
        state=TopUp.State.REFUSED if refusal else TopUp.State.PENDING,
        reason=refusal,
        settled_at=moment if refusal else None,
        settled_by=BY if refusal else "",
    )


def order_of(found: TopUp, by: str, reason: str) -> OrderAsked:
    """The order that a purchase is, under the name that only this purchase has."""
    line = LineAsked(
        sku=found.sku, quantity=Decimal(found.quantity), amount=found.amount, currency=found.currency
    )
    told = repr((found.external_id, found.sku, found.quantity, found.amount, found.currency))
    return OrderAsked(
        external_id=found.external_id,
        account=found.account.reference,
        lines=[line],
        fingerprint=sha256(told.encode()).digest(),
        by=by,
        reason=f"Top-up {found.number} of {found.most} {found.get_window_display()}. {reason}".strip(),
        billing="external" if found.needs_payment else "",
    )


def _buy(found: TopUp, by: str, reason: str, moment: datetime) -> None:
    ordering.place(order_of(found, by, reason), now=moment)
    found.order = Order.objects.get(external_id=found.external_id)
    _end(found, TopUp.State.BOUGHT, "", by, moment)


def _end(found: TopUp, state: str, reason: str, by: str, moment: datetime) -> None:
    found.state, found.reason, found.settled_by, found.settled_at = state, reason, by, moment
    found.save(update_fields=["state", "reason", "settled_by", "settled_at", "order"])


def _break_after_refusals(rule: TopUpRule, refused: TopUp, moment: datetime) -> None:
    """Switch the rule off where it was refused too often in a row."""
    count = refusals_in_a_row(rule)
    if not rule.is_on or count < rule.breaks_after:
        return
    rule.is_on, rule.is_broken, rule.set_by, rule.set_at = False, True, BREAKER, moment
    times = "a refusal" if count == 1 else f"{count} refusals in a row"
    rule.reason = f"Switched off after {times}; the last: {refused.reason}"
    rule.revision += 1
    signed(rule, None, rule.reason).save()
