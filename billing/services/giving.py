"""One portion of what was bought, brought to what is wanted: tokens are granted, or taken back as far as they go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.models import GrantSale, OrderGrant, Portion
from billing.rules import offers
from billing.rules.order_periods import LONGEST_BACK
from billing.services import order_money
from billing.services.order_acts import Act
from config.kernel.amounts import EXACT, to_money_places
from config.kernel.errors import FieldError, UnknownReference
from wallets.models import Currency, Grant
from wallets.queries.units import unit_named
from wallets.services import ledger
from wallets.services.ledger import ExpiryAct, Granting

NOTHING = Decimal(0)
SOONEST = timedelta(minutes=6)
"""A grant's expiry is moved to more than five minutes ahead."""

Ends = Callable[[datetime], tuple[datetime | None, datetime | None]]
"""When tokens that start at an instant expired before a change of their line, and when they do now; None: never."""


@dataclass(frozen=True, slots=True)
class Life:
    """From when to when tokens can be spent. expires_at: None is never."""

    effective_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a portion should come to. due, listed: money for all its tokens. terms: of its grants.

    added_expires_at: when those expire that are added to what there is already.
    """

    tokens: Decimal
    due: Decimal
    listed: Decimal
    terms: Mapping[str, Any]
    added_expires_at: datetime | None = None

    @property
    def life(self) -> Life:
        told = self.terms["expires_at"]
        expires_at = None if told is None else datetime.fromisoformat(told)
        return Life(datetime.fromisoformat(self.terms["effective_at"]), expires_at)


def begin(act: Act, portion: Portion, wish: Wish) -> None:
    """Grant what a portion is to come to of which nothing was given yet: all that is due is paid for its one grant.

    Raises as `settle`.
    """
    _want(act, portion, wish)
    if wish.tokens > 0:
        _give(act, portion, wish, wish.tokens, wish.life, number=1)
    portion.save()


def settle(act: Act, portion: Portion, wish: Wish) -> None:
    """Grant what is wanted and not there, or take back what is there and not wanted, in so far as it is left.

    Where only the price changes, no token moves. What there is keeps its priority.

    Raises AccountClosed where tokens are to be granted, UnknownReference.
    """
    before = order_money.standing_of(portion)
    _want(act, portion, wish)
    too_much = portion.tokens - wish.tokens
    if too_much > 0:
        _take_back(act, portion, too_much)
    elif too_much < 0:
        life = wish.life
        if portion.tokens:
            life = Life(max(act.moment, life.effective_at), wish.added_expires_at)
        _give(act, portion, wish, -too_much, life, number=portion.grants.count() + 1)
    order_money.settle(act, portion, before)
    portion.save()


def end(act: Act, portion: Portion, due: Decimal) -> None:
    """Take back what is left; what comes back to the portion's grants later lapses.

    due: for the time that the portion lasted. What was paid for tokens that stay is due all the same.
    """
    before = order_money.standing_of(portion)
    _want(act, portion, Wish(NOTHING, due, NOTHING, portion.terms))
    _take_back(act, portion, None)
    order_money.settle(act, portion, before, is_end=True)
    portion.save()


def move_ends(act: Act, portion: Portion, ends: Ends) -> None:
    """Let what there is of a portion expire when its line says now, where that has changed; no token moves.

    An end that is less than six minutes ahead comes six minutes after it was said. What has expired never comes back.
    """
    for each in portion.grants.order_by("number"):
        row = Grant.objects.get(account_id=act.account.pk, pk=each.grant_id)
        start = portion.starts_at if portion.ends_at or each.number == 1 else row.effective_at
        was, now = ends(start)
        if was == now or row.voided_at is not None or _is_over(row, act.moment):
            continue
        expires_at = None if now is None else max(now, act.moment + SOONEST)
        if expires_at == row.expires_at or (expires_at is not None and expires_at <= row.effective_at):
            continue
        moved = ExpiryAct(expires_at, act.cause_id, act.author.reason, act.author.name)
        ledger.extend_grant(account_id=act.account.pk, grant_id=row.pk, act=moved, now=act.moment)


def _want(act: Act, portion: Portion, wish: Wish) -> None:
    portion.wanted, portion.due, portion.listed = wish.tokens, wish.due, wish.listed
    portion.terms, portion.version = dict(wish.terms), act.version


def _take_back(act: Act, portion: Portion, most: Decimal | None) -> None:
    """Take back so many tokens, of the latest grants first, as far as they are left; None: all, and end the grants."""
    wanted = most
    for each in portion.grants.order_by("-number"):
        if wanted == 0:
            return
        done = ledger.take_back(
            account_id=act.account.pk,
            grant_id=each.grant_id,
            tokens=wanted,
            cause_id=act.cause_id,
            now=act.moment,
        )
        if done.tokens:
            each.taken += done.tokens
            each.save(update_fields=["taken"])
            portion.tokens -= done.tokens
            wanted = None if wanted is None else wanted - done.tokens


def _is_over(row: Grant, moment: datetime) -> bool:
    return row.expires_at is not None and row.expires_at <= moment


def _part_of(money: Decimal, tokens: Decimal, of: Decimal) -> Decimal:
    return to_money_places(EXACT.divide(EXACT.multiply(money, tokens), of))


def _give(act: Act, portion: Portion, wish: Wish, tokens: Decimal, life: Life, *, number: int) -> None:
    """Grant so many tokens, paid with what is due and was not paid yet; none where none could be spent."""
    if life.expires_at is not None and life.expires_at <= act.moment:
        return
    is_sold = wish.terms["kind"] == "purchase"
    paid = max(order_money.due_for(portion) - portion.paid, NOTHING)
    currency = _currency(portion.currency) if is_sold else None
    granted = ledger.grant(
        account_id=act.account.pk,
        unit_id=unit_named(wish.terms["token"]).pk,
        granting=Granting(
            kind=wish.terms["kind"],
            tokens=tokens,
            effective_at=max(life.effective_at, act.moment - LONGEST_BACK),
            expires_at=life.expires_at,
            priority=wish.terms["priority"],
            features=wish.terms["features"],
            unit_cost=offers.unit_cost(paid, tokens) if is_sold else None,
            currency=currency.code if currency else "",
            exchange_rate=currency.reporting_rate if currency else None,
            external_id=f"order {portion.pk} {number}",
            reason=act.author.reason,
            created_by=act.author.name,
        ),
        now=act.moment,
    )
    _note(act, portion, number, granted.grant_id, tokens, paid if is_sold else NOTHING)
    if is_sold:
        GrantSale.objects.create(
            grant_id=granted.grant_id,
            account=act.account,
            paid=paid,
            list_price=_part_of(wish.listed, tokens, wish.tokens),
            currency=portion.currency,
            recorded_at=act.moment,
        )


def _note(act: Act, portion: Portion, number: int, grant_id: UUID, tokens: Decimal, paid: Decimal) -> None:
    OrderGrant.objects.create(
        grant_id=grant_id,
        account=act.account,
        portion=portion,
        number=number,
        tokens=tokens,
        paid=paid,
        taken=NOTHING,
        taken_paid=NOTHING,
    )
    portion.tokens += tokens
    portion.paid += paid


def _currency(code: str) -> Currency:
    found = Currency.objects.filter(code=code).first()
    if found is None:
        detail = f"There is no rate for the currency {code}."
        raise UnknownReference(detail, errors=[FieldError("/lines/0/currency", detail)])
    return found
