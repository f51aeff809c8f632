"""The one door through which usage is charged."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from config.kernel import trail
from config.kernel.database import call
from config.kernel.errors import (
    DomainError,
    Internal,
    Unavailable,
)
from config.kernel.steps import PRICE, Step
from usage.queries.moments import database_clock
from usage.queries.pricing_for import Priced, PricedItem, learn, price, refresh
from usage.queries.receipts import receipt
from usage.rules.orders import DebitOrder, QuoteOrder
from usage.rules.outcomes import Assessed, Charged, Quoted
from usage.rules.receipts import Balance, Draw, Quotation, Receipt, ReceiptLine, merged, shares, unit_tokens
from usage.rules.refusals import FARTHEST_AHEAD, FARTHEST_BACK, out_of_window, refusal, reused
from usage.rules.seating import CheckoutOrder
from usage.services import charging
from usage.services.charging import Outcome

Asking = DebitOrder | QuoteOrder | CheckoutOrder
TRIES = 20
"""How often an order is priced anew while publishes overtake it, before it leaves with Unavailable."""


def charge(order: DebitOrder) -> Receipt:
    """Price, judge, burn and record an order in one transaction, or nothing; at most once per key.

    Raises UnknownAccount, UnknownFeature, UnknownReference, Forbidden, NoRate, InsufficientTokens, AccountSuspended,
    InvalidRequest, IdempotencyKeyReused, Unavailable.
    """
    moment = order.occurred_at or order.received_at
    for _ in range(TRIES):
        found = priced_or_refused(order, moment)
        if isinstance(found, DomainError):
            return _known_or_refused(order, found)
        outcome = charging.charge(request_of(order, found))
        if outcome.word != "stale":
            return _receipt(order, found, outcome)
        moment = overtaken(order, outcome)
    raise Unavailable("Prices change faster than this call can be priced; send the same key again.")


def charge_batch(orders: Sequence[DebitOrder]) -> list[Receipt | DomainError]:
    """Charge each order as `charge` does, together where that is possible; answers stand in the order sent."""
    learn(order.account for order in orders)
    found = [priced_or_refused(order, order.occurred_at or order.received_at) for order in orders]
    requests = [
        request_of(order, each) for order, each in zip(orders, found, strict=True) if isinstance(each, Priced)
    ]
    outcomes = iter(charging.charge_all(requests))
    return [
        _row(order, each, next(outcomes) if isinstance(each, Priced) else None)
        for order, each in zip(orders, found, strict=True)
    ]


def quote(order: QuoteOrder) -> Quotation:
    """What a debit would come to now, and whether policy would let it pass. Writes nothing.

    What the items say that they cost makes no difference: nothing is kept of it.

    Raises UnknownAccount, UnknownFeature, Forbidden, NoRate, UnknownReference, InvalidRequest, Unavailable.
    """
    order = replace(order, items=tuple(replace(item, cost=None) for item in order.items))
    moment = order.occurred_at or order.received_at
    for _ in range(TRIES):
        found = priced_or_refused(order, moment)
        if isinstance(found, DomainError):
            raise dated_wrongly(order) or found
        outcome = charging.quote(asked_of(order, found))
        if outcome.word != "stale":
            return _quotation(found, outcome)
        moment = overtaken(order, outcome)
    raise Unavailable("Prices change faster than this call can be priced; ask again.")


def priced_or_refused(order: Asking, moment: datetime) -> Priced | DomainError:
    """The order's rates; a refusal is looked at twice, the second time with what the database says now.

    Its clock too: a web host whose clock is behind would not find a price that was published a moment ago.
    """
    version = order.version if isinstance(order, QuoteOrder) else None
    for is_last in (False, True):
        try:
            with Step(PRICE):
                return price(
                    account=order.account,
                    product_id=order.product_id,
                    items=order.items,
                    moment=moment,
                    version=version,
                )
        except DomainError as refusal:
            if is_last:
                return refusal
            if order.occurred_at is None:
                moment = order.now or database_clock()
            refresh(account=order.account, moment=moment)
    raise AssertionError("unreachable")


def overtaken(order: Asking, outcome: Outcome) -> datetime:
    """Forget what no longer holds; answer the instant to price by next."""
    now = datetime.fromisoformat(outcome.answer["now"])
    moment = order.occurred_at or now
    refresh(account=order.account, moment=moment)
    return moment


def asked_of(order: Asking, found: Priced) -> dict[str, Any]:
    """What the database is told of an order and its prices."""
    request = found.request()
    request["product"] = order.product_id
    if order.occurred_at is not None:
        request["occurred_at"] = order.occurred_at
    if order.now is not None:
        request["now"] = order.now
    rules = found.rules(order.subject or {})
    if rules is not None:
        request["rules"] = rules
    return request


def request_of(order: DebitOrder, found: Priced) -> dict[str, Any]:
    request = asked_of(order, found)
    request["api_key"] = order.api_key_id
    request["key"] = order.key
    request["fingerprint"] = order.fingerprint.hex()
    request["subject"] = order.subject
    request["metadata"] = order.metadata
    return request


def _row(
    order: DebitOrder, found: Priced | DomainError, outcome: Outcome | Exception | None
) -> Receipt | DomainError:
    """The answer of one row of a batch."""
    try:
        if isinstance(found, DomainError):
            return _known_or_refused(order, found)
        if isinstance(outcome, DomainError):
            return outcome
        if outcome is None or isinstance(outcome, Exception):
            return Internal()
        return charge(order) if outcome.word == "stale" else _receipt(order, found, outcome)
    except DomainError as refusal:
        return refusal


def _known_or_refused(order: DebitOrder, refusal: DomainError) -> Receipt:
    """A key that stands for an effect is answered before anything else is judged."""
    known = call(
        "SELECT k.* FROM wallets_account a, usage_known_v1(a.id, %(product)s, %(key)s) k "
        "WHERE a.reference = %(account)s",
        {"account": order.account, "product": order.product_id, "key": order.key},
    )
    if known is None or known.effect_id is None:
        raise dated_wrongly(order) or refusal
    if bytes(known.fingerprint) != order.fingerprint:
        raise reused()
    return _replay(order, known.effect_id)


def _receipt(order: DebitOrder, found: Priced, outcome: Outcome) -> Receipt:
    if outcome.word in ("charged", "covered", "overage"):
        done = outcome.read(Charged)
        trail.note(debit=done.id)
        return Receipt(
            id=done.id,
            account=found.account.reference,
            token=found.table.token,
            outcome=outcome.word,
            tokens=done.tokens,
            lines=_lines(found, done),
            draws=_draws(done),
            overage=done.overage,
            balance=Balance(done.available, done.held, done.owed),
            notices=tuple(done.notices),
            occurred_at=done.occurred_at,
            recorded_at=done.recorded_at,
        )
    if outcome.word == "known":
        return _replay(order, UUID(outcome.answer["id"]))
    raise refusal(outcome.word, outcome.answer)


def _replay(order: DebitOrder, debit_id: UUID) -> Receipt:
    trail.note(debit=debit_id)
    return replace(receipt(debit_id=debit_id, product_id=order.product_id), is_replay=True)


def _quotation(found: Priced, outcome: Outcome) -> Quotation:
    word = outcome.word
    if word in ("too_early", "too_late"):
        raise refusal(word, outcome.answer)
    asked = outcome.read(Quoted)
    return Quotation(
        account=found.account.reference,
        token=found.table.token,
        outcome=_outcome(asked),
        tokens=asked.tokens,
        lines=_lines(found, asked),
        draws=_draws(asked),
        overage=asked.overage,
        balance=Balance(asked.available, asked.held, asked.owed),
        occurred_at=asked.occurred_at,
        refusal=None if word in ("charged", "covered", "overage") else word,
        figures=asked.figures,
    )


def _outcome(asked: Assessed) -> str:
    """What a debit of this would be called, whether or not policy lets it pass."""
    if asked.overage:
        return "overage"
    return "covered" if not asked.tokens and any(asked.covered or ()) else "charged"


def _lines(found: Priced, assessed: Assessed) -> tuple[ReceiptLine, ...]:
    units = assessed.tiers or [None] * len(found.items)
    covered = assessed.covered or [Decimal(0)] * len(found.items)
    return tuple(
        _line(each, charge, share, fallen)
        for each, charge, share, fallen in zip(found.items, assessed.charges, covered, units, strict=True)
    )


def _line(
    each: PricedItem, charge: Decimal, covered: Decimal, fallen: list[tuple[Decimal, Decimal]] | None
) -> ReceiptLine:
    rate, override = each.rate, each.override
    formula = rate.formula.text if rate.formula and each.value else ""
    return ReceiptLine(
        feature=each.item.feature,
        quantity=each.item.quantity,
        covered_quantity=covered,
        tokens=charge,
        table=rate.table_code,
        version=rate.version_number,
        unit_tokens=unit_tokens(each.term, formula),
        tiers=shares(each.term, fallen),
        formula=formula,
        own=override.told if override else None,
        cost=each.item.cost,
    )


def _draws(assessed: Assessed) -> tuple[Draw, ...]:
    return merged(Draw(drawn.grant_id, drawn.kind, drawn.tokens) for drawn in assessed.draws)


def dated_wrongly(order: DebitOrder | QuoteOrder) -> DomainError | None:
    """What is dated outside of the window is refused for that, whether or not a price was in force then."""
    if order.occurred_at is None:
        return None
    now = order.now or database_clock()
    if order.occurred_at < now - FARTHEST_BACK:
        return out_of_window("too_early", now)
    return out_of_window("too_late", now) if order.occurred_at > now + FARTHEST_AHEAD else None
