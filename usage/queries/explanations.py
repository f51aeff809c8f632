"""Why a debit came to what it did: every step derived again from stored facts, and held against what was booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import connection

from pricing.queries.charging import tiers_of
from pricing.rules.terms import term_of
from usage.errors import DebitMissing
from usage.models import Debit, DebitLine, Event, HoldRequest, HoldStep, Judgement
from usage.queries.corrections import made_of, made_since
from usage.queries.events import beyond_policy
from usage.queries.explained_limits import limits_of
from usage.queries.lines import cost_of, overrides_of
from usage.queries.policies import own_policy
from usage.rules import explaining, explaining_corrections, explaining_ladders, explaining_prices
from usage.rules.enrolment import BLOCK, PolicyChoice
from usage.rules.events import event_of
from usage.rules.explaining import Beyond, BookedDraw, Source
from usage.rules.explaining_corrections import Corrected
from usage.rules.explaining_ladders import Owed
from usage.rules.explaining_prices import PricedLine, TierCost, value_of
from usage.rules.refusals import FARTHEST_BACK
from wallets.models import Entry
from wallets.queries.grants import rank_of
from wallets.queries.past_grants import (
    PastGrant,
    PastPin,
    grants_before,
    pins_before,
    room_held_before,
)
from wallets.rules.draw_order import why
from wallets.rules.drawing import Drawable, drawn
from wallets.rules.repaying import pays_for

Steps = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Capture:
    """The hold that a debit was charged to, and what it kept before."""

    hold: HoldRequest
    pins: Sequence[PastPin]


def explain(debit_id: UUID, product_id: int | None = None) -> dict[str, Any]:
    """The debit step by step. product_id: whose debits alone are to be seen.

    Raises DebitMissing.
    """
    rows = Debit.objects.filter(pk=debit_id).select_related("account", "version__table", "unit")
    if product_id is not None:
        rows = rows.filter(product_id=product_id)
    debit = rows.first()
    if debit is None:
        raise DebitMissing()
    lines = _lines(debit)
    entries = list(Entry.objects.filter(account_id=debit.account_id, cause_id=debit.pk).order_by("number"))
    capture = _capture(debit, entries)
    judged = Judgement.objects.filter(account_id=debit.account_id, debit_id=debit.pk).first()
    made = made_of(debit)
    limits = limits_of(debit, lines, asked_first=not (capture or made or event_of(debit.key)))
    steps: Steps = [
        *_event(debit, made),
        *_in_anothers_place(debit, made),
        _price_list(debit),
        *_hold(debit, capture),
        *limits.before,
        *[explaining_prices.line(each) for each in lines],
        *limits.after,
        *_ladder(judged, debit.notices),
        *_draws(debit, lines, entries, capture),
        _policy_step(debit, judged, entries, capture),
        explaining.result(debit.outcome, debit.tokens, debit.available_after, debit.unit.code),
        *limits.opened,
        *_replaced(debit),
    ]
    return {"debit": str(debit.pk), "account": debit.account.reference, "steps": steps}


def _event(debit: Debit, made: Corrected | None) -> Steps:
    """The usage event that it books, where it or what it stands for does."""
    root = Debit.objects.get(pk=made.root, account_id=debit.account_id) if made else debit
    event_id = event_of(root.key)
    if event_id is None:
        return []
    event = Event.objects.filter(pk=event_id).first()
    return [explaining.event(event_id, event.source if event else None, event.sent_id if event else None)]


def _in_anothers_place(debit: Debit, made: Corrected | None) -> Steps:
    """In whose place it stands, where a re-rating charged it."""
    return [] if made is None else [explaining_corrections.charged_anew(made, debit.unit.code)]


def _replaced(debit: Debit) -> Steps:
    """As what it was charged anew, where a re-rating gave it back."""
    since = made_since(debit)
    return [] if since is None else [explaining_corrections.replaced(since, debit.unit.code)]


def _price_list(debit: Debit) -> dict[str, Any]:
    version = debit.version
    return explaining.price_list(
        version.table.code, version.number, debit.occurred_at, version.effective_from
    )


def _lines(debit: Debit) -> list[PricedLine]:
    """The lines with the charge computed anew by the one function that turns quantity into tokens."""
    rows = DebitLine.objects.filter(account_id=debit.account_id, debit_id=debit.pk)
    lines = list(rows.select_related("feature", "rate").order_by("position"))
    overrides = overrides_of(lines)
    anew = _charged_anew(debit)
    return [
        PricedLine(
            feature=each.feature.code,
            unit=each.feature.unit,
            quantity=each.quantity,
            covered_quantity=each.covered_quantity,
            dimensions=each.dimensions,
            rate=each.rate.row,
            tokens=each.tokens,
            tokens_anew=anew[each.position],
            counted=each.counted,
            tiers=_tiers(each),
            value=value_of(each.formula_price, each.formula_per, each.quantity),
            override=overrides.get(each.override_id) if each.override_id else None,
            own_cost=cost_of(each),
        )
        for each in lines
    ]


def _tiers(line: DebitLine) -> list[TierCost]:
    if line.counted is None:
        return []
    term = term_of(line.rate.row)
    fallen = tiers_of(term, line.quantity - line.covered_quantity, line.counted)
    return [
        TierCost(tier_from, units, Fraction(cost) / Fraction(term.per)) for tier_from, units, cost in fallen
    ]


def _charged_anew(debit: Debit) -> dict[int, Any]:
    with connection.cursor() as cursor:
        cursor.execute(_CHARGE, {"account": debit.account_id, "debit": debit.pk})
        return dict(cursor.fetchall())


_CHARGE = """
SELECT l.position, CASE WHEN o.kind = 'fixed'
    THEN pricing_charge_v1(
        l.quantity, l.covered_quantity, 0, ARRAY[0]::numeric[], ARRAY[o.tokens], o.per, r.minimum, r.rounding)
    ELSE pricing_rate_charge_v1(
        l.rate_id, l.quantity, l.covered_quantity, l.counted, l.formula_price, l.formula_per,
        CASE o.kind WHEN 'multiplier' THEN o.factor WHEN 'free' THEN 0 ELSE 1 END)
    END
FROM usage_debitline l
JOIN pricing_rate r ON r.id = l.rate_id
LEFT JOIN usage_override o ON o.id = l.override_id
WHERE l.account_id = %(account)s AND l.debit_id = %(debit)s
"""


def _ladder(judged: Judgement | None, notices: Sequence[str]) -> Steps:
    """The buckets that it took from, and how far the ladder was climbed, where one ruled."""
    if judged is None:
        return []
    told = explaining_ladders.throttles(judged.figures)
    return [*told, explaining_ladders.ladder(judged.figures, notices)]


def _policy_step(
    debit: Debit, judged: Judgement | None, entries: Sequence[Entry], capture: Capture | None
) -> dict[str, Any]:
    marked = beyond_policy(debit)
    beyond = None if marked is None else Beyond(marked, _room(debit, entries))
    if judged is None:
        choice = _policy(debit, entries if beyond is None else ())
        return explaining.policy(choice, debit.overage, debit.overage_after, debit.unit.code, beyond)
    own = _room(debit, entries, capture.hold.pk) if capture and debit.overage else Decimal(0)
    owed = Owed(debit.overage, debit.overage_after, debit.unit.code, own)
    return explaining_ladders.policy(judged.figures, judged.floor, owed, beyond)


def _room(debit: Debit, entries: Sequence[Entry], hold_id: UUID | None = None) -> Decimal:
    """The room that holds, or one of them, kept before the debit."""
    return room_held_before(debit.account_id, debit.wallet_id, entries[0].number, debit.pk, hold_id)


def _policy(debit: Debit, entries: Sequence[Entry]) -> PolicyChoice:
    """The policy of a debit without a judgement: its account's own plain one, or a block, whoever shares that.

    By what the draws were judged by; where nothing was drawn, or without regard to it, by what was recorded.
    """
    if not entries:
        return own_policy(debit.account_id, debit.recorded_at) or BLOCK
    floor = entries[-1].floor
    if floor is None:
        return PolicyChoice("overage")
    return PolicyChoice("overage", -floor) if floor else PolicyChoice("block")


def _capture(debit: Debit, entries: Sequence[Entry]) -> Capture | None:
    """The hold that the debit captured, if it did."""
    rows = HoldStep.objects.filter(account_id=debit.account_id, debit_id=debit.pk).select_related("hold")
    step = rows.first()
    if step is None:
        return None
    number = entries[0].number if entries else 0
    return Capture(step.hold, pins_before(step.hold_id, debit.account_id, number, debit.pk))


def _hold(debit: Debit, capture: Capture | None) -> Steps:
    if capture is None:
        return []
    kept = sum((pin.held for pin in capture.pins), Decimal(0))
    return [explaining.hold(capture.hold.pk, capture.hold.recorded_at, kept, debit.unit.code)]


def _draws(
    debit: Debit, lines: Sequence[PricedLine], entries: Sequence[Entry], capture: Capture | None
) -> Steps:
    """The draws with the reason for each place, and whether the books of that moment lead to the same again."""
    if not entries:
        return []
    past = grants_before(debit.account_id, debit.wallet_id, entries[0].number, debit.occurred_at, debit.pk)
    features = [line.feature for line in lines]
    paying = [each for each in past if any(pays_for(each.grant.features, code) for code in features)]
    pins = [Drawable(pin.grant.pk, pin.grant.features, pin.held) for pin in capture.pins] if capture else []
    held, rest = drawn(pins, [(line.feature, line.tokens) for line in lines])
    may_be_late = capture is not None or debit.occurred_at >= debit.recorded_at - FARTHEST_BACK
    more, lacking = drawn(_drawables(paying, may_be_late), list(zip(features, rest, strict=True)))
    booked = [
        BookedDraw(entry.grant_id, entry.amount, entry.kind == Entry.Kind.LATE_DRAW, place < len(held))
        for place, entry in enumerate(entries)
        if entry.grant_id is not None
    ]
    agrees = [(each.id, each.tokens, each.is_late) for each in (*held, *more)] == [
        (each.grant, each.tokens, each.is_late) for each in booked
    ]
    is_same = agrees and sum(lacking) == debit.overage
    return explaining.draws(_sources(paying), booked, is_same=is_same)


def _drawables(past: Sequence[PastGrant], may_be_late: bool) -> list[Drawable]:
    """may_be_late: whether tokens whose expiry was booked pay as well."""
    found = []
    for each in past:
        found.append(Drawable(each.grant.pk, each.grant.features, each.free))
        if may_be_late:
            found.append(Drawable(each.grant.pk, each.grant.features, each.expired, is_late=True))
    return [each for each in found if each.tokens > 0]


def _sources(past: Sequence[PastGrant]) -> dict[UUID, Source]:
    """The grants that could pay, each with its place among them and the reason for it."""
    ranks = [rank_of(each.grant) for each in past]
    return {
        each.grant.pk: Source(
            place=place + 1,
            kind=each.grant.kind,
            priority=each.grant.priority,
            features=tuple(each.grant.features),
            expires_at=each.grant.expires_at,
            left=each.free,
            reason=why(ranks[place - 1] if place else None, ranks[place]),
        )
        for place, each in enumerate(past)
    }
