"""One portion of what was bought, brought to what is wanted: tokens are granted, or taken back as far as they go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from billing.models import GrantSale, Order, OrderGrant, Portion
from billing.rules import offers
from billing.rules.order_periods import LONGEST_BACK
from config.kernel.amounts import EXACT, to_money_places
from config.kernel.errors import FieldError, UnknownReference
from usage.services.authors import Author
from wallets.models import Account, Currency, Grant
from wallets.queries.units import unit_named
from wallets.services import ledger
from wallets.services.ledger import Granting

NOTHING = Decimal(0)


class Act(Protocol):
    """See `billing.services.bought_tokens.Act`."""

    @property
    def account(self) -> Account: ...
    @property
    def order(self) -> Order: ...
    @property
    def version(self) -> int: ...
    @property
    def author(self) -> Author: ...
    @property
    def moment(self) -> datetime: ...
    @property
    def cause_id(self) -> UUID: ...


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


def settle(act: Act, portion: Portion, wish: Wish) -> None:
    """Grant what is wanted and not there, or take back what is there and not wanted, in so far as it is left.

    Where the life or the price of what is there changes, what is left of it is taken back and granted anew.

    Raises AccountClosed where tokens are to be granted, UnknownReference.
    """
    is_as_before = portion.terms == wish.terms
    portion.wanted, portion.due, portion.listed = wish.tokens, wish.due, wish.listed
    portion.terms, portion.version = dict(wish.terms), act.version
    too_much = portion.tokens - wish.tokens
    if not is_as_before:
        _take_back(act, portion, None)
        _give(act, portion, wish, wish.tokens - portion.tokens, _open_sum(portion), wish.life)
    elif too_much > 0:
        taken = _take_back(act, portion, too_much)
        if taken:  # whole grants are voided: what should have stayed is granted again as it was
            life = Life(taken[-1].row.effective_at, taken[-1].row.expires_at)
            _give(act, portion, wish, wish.tokens - portion.tokens, _open_sum(portion), life)
    elif too_much < 0:
        life = wish.life
        if portion.tokens:
            life = Life(max(act.moment, life.effective_at), wish.added_expires_at)
        _give(act, portion, wish, -too_much, _open_sum(portion), life)
    if portion.tokens == wish.tokens and (portion.paid < wish.due or _carries_more(portion, wish)):
        _price_anew(act, portion, wish)
    portion.save()


def _open_sum(portion: Portion) -> Decimal:
    """What is due for a portion beyond what was paid."""
    beyond: Decimal = portion.due - portion.paid
    return max(beyond, NOTHING)


def _carries_more(portion: Portion, wish: Wish) -> bool:
    """Whether more was paid than is due, and tokens that are left carry some of it."""
    left = Grant.objects.filter(pk__in=portion.grants.values("grant_id"), is_open=True, unit_cost__gt=0)
    return portion.paid > wish.due and left.exists()


def _price_anew(act: Act, portion: Portion, wish: Wish) -> None:
    """Take back what is left and grant it again, each grant as it was, for what is due now."""
    taken = _take_back(act, portion, None)
    tokens, money = sum((each.tokens for each in taken), NOTHING), _open_sum(portion)
    for each in taken:
        paid = _part_of(money, each.tokens, tokens)
        tokens, money = tokens - each.tokens, money - paid
        life = Life(each.row.effective_at, each.row.expires_at)
        _give(act, portion, wish, each.tokens, paid, life)


@dataclass(frozen=True, slots=True)
class _Taken:
    row: Grant
    tokens: Decimal


def _take_back(act: Act, portion: Portion, most: Decimal | None) -> list[_Taken]:
    """Void grants, the latest first, until so many tokens are taken, or all that is left; a grant is voided whole."""
    ledger.settle(account_id=act.account.pk, now=act.moment)
    grants = list(portion.grants.order_by("-number"))
    rows = Grant.objects.in_bulk([each.grant_id for each in grants])
    taken: list[_Taken] = []
    for each in grants:
        row = rows[each.grant_id]
        if most is not None and sum(done.tokens for done in taken) >= most:
            break
        if row.remaining == row.held or _is_over(row, act.moment):
            continue
        done = ledger.void(account_id=act.account.pk, grant_id=row.pk, cause_id=act.cause_id, now=act.moment)
        taken.append(_Taken(row, done.tokens))
        each.taken += done.tokens
        taken_paid = each.paid if each.taken == each.tokens else _part_of(each.paid, each.taken, each.tokens)
        portion.paid -= taken_paid - each.taken_paid
        portion.tokens -= done.tokens
        each.taken_paid = taken_paid
        each.save(update_fields=["taken", "taken_paid"])
    return taken


def _is_over(row: Grant, moment: datetime) -> bool:
    return row.expires_at is not None and row.expires_at <= moment


def _part_of(money: Decimal, tokens: Decimal, of: Decimal) -> Decimal:
    return to_money_places(EXACT.divide(EXACT.multiply(money, tokens), of))


def _give(act: Act, portion: Portion, wish: Wish, tokens: Decimal, paid: Decimal, life: Life) -> None:
    """Grant so many tokens, with what is paid for them as a whole beside the grant; none where none could be spent."""
    if tokens <= 0 or (life.expires_at is not None and life.expires_at <= act.moment):
        return
    number = portion.grants.count() + 1
    is_sold = wish.terms["kind"] == "purchase"
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
