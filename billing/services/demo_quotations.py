"""The demo's quotations: one of each state, with promotions and a seller who may take off ten per cent alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from billing.models import DiscountRule, Promotion, Quotation, QuotationDecision
from billing.queries.calendar import day_of
from billing.rules.demo_commerce import CLIFF, EMBER, FJORD, GROVE, HERON, DemoBuyer
from billing.rules.quotations import Discount, LineQuoted, QuotationAsked
from billing.services import quotation_answers, quoting
from billing.services.demo_town import MANAGER, MINUTE, REASON, SECOND_SELLER, SELLER, Town
from config.kernel.signing import signed

LIMIT = Decimal(10)  # per cent that the first seller may take off alone
NONE = Discount()


@dataclass(frozen=True)
class _Wish:
    """What a customer is quoted. days: how long it is valid."""

    buyer: DemoBuyer
    lines: tuple[LineQuoted, ...]
    note: str
    seller: str = SELLER
    whole: Discount = NONE
    days: int = 20


def quote(town: Town) -> None:
    """Plan a quotation that was accepted, one that expired, one declined, one open, and one that waits for approval."""
    _promote(town)
    plan, seat = "business-monthly", "seat-monthly"
    pack = LineQuoted("tokens-10000")
    many = (
        LineQuoted(plan, discount=Discount(Decimal(15), reason="They leave a competitor")),
        LineQuoted(seat, Decimal(2)),
    )
    bought = _Wish(CLIFF, many, "As discussed with the board.")
    town.chronicle.at(town.day(1, 0), lambda moment: _sent(town, bought, moment))
    town.chronicle.at(town.day(1, 1), lambda moment: _accepted(town, bought, moment))
    late = _Wish(EMBER, (pack,), "For the fair in spring.")
    town.chronicle.at(town.ago(40), lambda moment: _sent(town, late, moment))
    refused = _Wish(FJORD, (LineQuoted("team-monthly"),), "After the trial.", SECOND_SELLER)
    town.chronicle.at(town.ago(12), lambda moment: _sent(town, refused, moment))
    town.chronicle.at(town.ago(11), lambda moment: _declined(town, refused, moment))
    fresh = _Wish(
        HERON,
        (LineQuoted(plan), pack),
        "Six hotels to begin with.",
        whole=Discount(Decimal(5), reason="Both at once"),
    )
    town.chronicle.at(town.ago(2), lambda moment: _sent(town, fresh, moment))
    steep = _Wish(
        GROVE,
        (LineQuoted(seat, Decimal(8), discount=Discount(Decimal(30), reason="Eight at once")), pack),
        "",
    )
    town.chronicle.at(town.ago(1), lambda moment: _asks(town, steep, moment))


def _promote(town: Town) -> None:
    manager = town.people[MANAGER]
    signed(DiscountRule(seller=town.people[SELLER], share=LIMIT), manager, REASON).save()
    since = {"effective_from": town.months[0]}
    code = "WELCOME"
    welcome = Promotion(
        code=code,
        name="Welcome: 5 % off the large pack",
        value=Decimal(5),
        sku="tokens-10000",
        is_automatic=True,
        **since,
    )
    over = Promotion(
        code="FAIR",
        name="At the fair: a quarter more tokens",
        kind=Promotion.Kind.BONUS,
        value=Decimal(25),
        sku="tokens-1000",
        most_uses=100,
        effective_until=town.months[1],
        **since,
    )
    for promotion in (welcome, over):
        signed(promotion, manager, REASON).save()


def _drafted(town: Town, wish: _Wish, moment: datetime) -> Quotation:
    account_id = town.accounts[wish.buyer].pk
    asked = QuotationAsked(
        currency="USD",
        last_day=day_of(account_id, moment) + timedelta(days=wish.days),
        lines=wish.lines,
        discount=wish.whole,
        note=wish.note,
    )
    return quoting.draft(account_id=account_id, asked=asked, user=town.people[wish.seller], now=moment)


def _sent(town: Town, wish: _Wish, moment: datetime) -> Quotation:
    draft = _drafted(town, wish, moment)
    if draft.widest_share > LIMIT:
        quoting.decide(
            quotation_id=draft.pk,
            edits=draft.edits,
            verdict=QuotationDecision.Verdict.APPROVED,
            reason="A customer to win.",
            user=town.people[MANAGER],
            now=moment + MINUTE,
        )
    return quoting.send(quotation_id=draft.pk, edits=draft.edits, user=draft.author, now=moment + 2 * MINUTE)


def _accepted(town: Town, wish: _Wish, moment: datetime) -> None:
    quotation_answers.accept(
        quotation_id=_quoted(town, wish).pk,
        answered_by="Dr. Colette Marchand",
        reference="PO 4711",
        user=town.people[wish.seller],
        now=moment,
    )


def _declined(town: Town, wish: _Wish, moment: datetime) -> None:
    quotation_answers.decline(
        quotation_id=_quoted(town, wish).pk,
        answered_by="Finn Holm",
        reason="No budget this year.",
        user=town.people[wish.seller],
        now=moment,
    )


def _quoted(town: Town, wish: _Wish) -> Quotation:
    return Quotation.objects.get(account=town.accounts[wish.buyer])


def _asks(town: Town, wish: _Wish, moment: datetime) -> None:
    draft = _drafted(town, wish, moment)
    quoting.ask(quotation_id=draft.pk, edits=draft.edits, note="They take eight seats.", user=draft.author)
