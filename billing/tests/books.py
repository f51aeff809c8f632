"""A small history with something of everything in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import connection

from billing.tests import (
    books_of_acts,
    books_of_connections,
    books_of_fees,
    books_of_holds,
    books_of_invoices,
    books_of_limits,
    books_of_orders,
    books_of_reratings,
    books_of_revenue,
    books_of_rollups,
    books_of_seats,
    books_of_top_ups,
    books_of_trials,
)
from billing.tests.books_of_ladders import climb_the_ladder
from billing.tests.books_of_quotations import quote
from config.kernel.errors import InsufficientTokens
from pricing.rules.tiers import Tier
from pricing.services import drafting, publishing, reviewing
from usage.models import Terms
from usage.rules.enrolment import Enrolment
from usage.rules.grants import TransferOrder
from usage.rules.orders import ReversalOrder
from usage.services import backfilling, granting, own_prices, reversing, segments, terms
from usage.services.own_prices import OwnPriceOrder
from usage.tests.made import (
    AUTHOR,
    DAY,
    HOUR,
    Shop,
    a_call,
    a_grant,
    a_segment,
    an_account,
    clock,
    named,
    up_to,
)
from usage.tests.reported import an_event, debit_of, rate, report, the_event
from wallets.models import Account
from wallets.services import ledger

SPRING = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Books:
    """What was written, by the names under which a lie speaks of it."""

    names: dict[str, Any]

    @property
    def account(self) -> UUID:
        found: UUID = self.names["account"]
        return found


def keep_books() -> Books:
    """Live through two weeks of a customer: every kind of entry is written at least once."""
    rolled = books_of_rollups.roll()
    shop = Shop(since=SPRING - DAY)
    customer = shop.an_account(SPRING, policy=up_to("100"))
    part = shop.an_account(SPRING, parent=customer.reference)
    names = {
        "account": customer.pk,
        "part": part.pk,
        "table": shop.table.pk,
        "product": shop.product.pk,
        **rolled,
        **_hand_out(shop, customer),
        **_use(shop, customer),
        **_move_on(shop, customer, part),
        **_climb(shop),
        **_bargain(shop),
        **books_of_seats.sit(SPRING),
        **_report(shop),
        **_hesitate(shop),
        **books_of_holds.hold(shop),
        **books_of_limits.limit(shop),
        **climb_the_ladder(shop, SPRING),
        **books_of_reratings.charge_anew(shop),
        **books_of_orders.buy(shop),
        **books_of_revenue.earn(),
        **books_of_acts.act(),
        **books_of_fees.charge_fees(shop),
        **books_of_invoices.charge_money(shop),
        **books_of_trials.try_out(shop),
        **books_of_connections.connections(),
        **books_of_top_ups.top_up(),
        **quote(shop),
    }
    wallet = _one("SELECT id FROM wallets_wallet WHERE account_id = %s", customer.pk)
    lot = _one("SELECT id FROM wallets_overage WHERE account_id = %s ORDER BY id LIMIT 1", customer.pk)
    return Books({**names, "wallet": wallet, "lot": lot})


def _hand_out(shop: Shop, customer: Account) -> dict[str, UUID]:
    """Tokens to try, bought ones, brief ones, some that start years later, and some that are taken back."""
    chat, image = (shop.chat,), (shop.image,)
    brief = SPRING + 5 * DAY
    trial = a_grant(customer, "50", now=SPRING, features=chat, expires_at=SPRING + 10 * DAY, priority=10)
    grants = {
        "trial": trial,
        "bought": a_grant(customer, "100", now=SPRING, kind="purchase", unit_cost=Decimal("0.02")),
        "brief": a_grant(
            customer, "9", now=SPRING, kind="promo", features=image, expires_at=brief, priority=5
        ),
        "later": a_grant(customer, "500", now=SPRING, effective_at=datetime(2035, 1, 1, tzinfo=UTC)),
        "refunded": a_grant(customer, "7", now=SPRING, kind="promo", priority=95),
    }
    granting.void(grant_id=grants["refunded"].pk, reason="", call=a_call(now=SPRING + HOUR))
    return {name: grant.pk for name, grant in grants.items()}


def _use(shop: Shop, customer: Account) -> dict[str, UUID]:
    """Debits on time and late, into overage, repaid, and given back in part and whole."""
    chat, image = shop.chat, shop.image
    first = shop.debit(customer, "20", "10", now=SPRING + DAY)
    second = shop.debit(customer, "80", now=SPRING + 2 * DAY, features=(chat,))
    ledger.expire(account_id=customer.pk, now=SPRING + 6 * DAY)
    late = shop.debit(customer, "4", at=SPRING + 3 * DAY, now=SPRING + 6 * DAY, features=(image,))
    deep = shop.debit(customer, "70", "60", features=(image, chat), now=SPRING + 7 * DAY)
    repaying = a_grant(customer, "30", now=SPRING + 8 * DAY, kind="purchase", unit_cost=Decimal("0.01"))
    return {
        "first": first.id,
        "second": second.id,
        "late": late.id,
        "deep": deep.id,
        "repaying": repaying.pk,
        "part_back": _reverse(shop, deep.id, "70", SPRING + 9 * DAY),
        "whole": _reverse(shop, first.id, None, SPRING + 11 * DAY),
    }


def _move_on(shop: Shop, customer: Account, part: Account) -> dict[str, Any]:
    """A second version, a third that is taken back, a transfer, overage that stays open, and a refusal."""
    people = _reprice(shop, SPRING + 12 * DAY)
    a_grant(customer, "40", now=SPRING + 12 * DAY, kind="adjustment")
    order = TransferOrder(to=part.reference, tokens=Decimal(5))
    moved = granting.transfer(reference=customer.reference, order=order, call=a_call(now=SPRING + 13 * DAY))
    after = shop.debit(customer, "30", now=SPRING + 14 * DAY)
    _ask_too_much(shop, part, SPRING + 14 * DAY)
    return {"transfer": UUID(moved.answer["id"]), "after": after.id, **people}


def _climb(shop: Shop) -> dict[str, UUID]:
    """A customer who pays by tiers, over a bound and back, and one who pays by a formula."""
    tiers = (Tier(Decimal(100), Decimal(1)),)
    table = shop.a_table(tokens="2", tier_mode="graduated", tiers=tiers, since=SPRING - DAY)
    climber = an_account(SPRING, rate_table=table.code)
    a_grant(climber, "1000", now=SPRING)
    below = shop.debit(climber, "60", now=SPRING + DAY)
    _reverse(shop, shop.debit(climber, "30", now=SPRING + DAY).id, None, SPRING + 2 * DAY)
    across = shop.debit(climber, "60", now=SPRING + 3 * DAY)
    counter = _one("SELECT id FROM usage_tiercount WHERE account_id = %s", climber.pk)
    table = shop.a_table(tokens="0", formula="ceil(quantity / 10) * 7", since=SPRING - DAY)
    reckoner = an_account(SPRING, rate_table=table.code)
    a_grant(reckoner, "1000", now=SPRING)
    reckoned = shop.debit(reckoner, "11", now=SPRING + DAY)
    return {"below": below.id, "across": across.id, "counter": counter, "reckoned": reckoned.id}


def _bargain(shop: Shop) -> dict[str, Any]:
    """A customer in a segment, with a price of its own, that stays on the first version of the segment's table."""
    table = shop.a_table(tokens="4", since=SPRING - DAY)
    segment = a_segment()
    segments.move_segment(segment=segment, table=table, author=AUTHOR, now=SPRING - DAY)
    bargainer = an_account(SPRING, segment=segment.code)
    a_grant(bargainer, "1000", now=SPRING)
    order = OwnPriceOrder(shop.chat, "multiplier", factor=Decimal("0.5"))
    override = own_prices.override(account_id=bargainer.pk, order=order, author=AUTHOR, now=SPRING)
    first = table.versions.get()
    until = SPRING + 60 * DAY
    own_prices.keep_version(account_id=bargainer.pk, version=first, until=until, author=AUTHOR, now=SPRING)
    draft = drafting.draft_from(version=first)
    second = publishing.publish(version=draft, moment=SPRING + DAY)
    cheap = shop.debit(bargainer, "10", now=SPRING + 2 * DAY)
    return {
        "bargainer": bargainer.pk,
        "segment": segment.pk,
        "override": override.pk,
        "cheap": cheap.id,
        "second_version": second.pk,
    }


def _report(shop: Shop) -> dict[str, Any]:
    """Usage reported after the fact: beyond what policy would have let pass, and for somebody nobody knows."""
    table = shop.a_table(since=SPRING - DAY)
    reporter = an_account(rate_table=table.code)
    a_grant(reporter, "4")
    booked, stuck = an_event(shop, reporter, "10"), an_event(shop, named("nobody"), "3")
    report(shop, booked, stuck)
    rate()
    debit = debit_of(booked)
    assert debit is not None
    return {
        "event": the_event(booked).pk,
        "event_debit": debit.pk,
        "stuck": the_event(stuck).pk,
        **_backfill(shop, reporter),
    }


def _backfill(shop: Shop, reporter: Account) -> dict[str, Any]:
    """Usage of long ago: some that is booked, some that was and is given back, some that nobody has approved yet."""
    then = clock() - 50 * DAY
    names: dict[str, Any] = {}
    for name in ("backfilled", "returned", "gathered"):
        sent = an_event(shop, reporter, "2", at=then)
        backfill = backfilling.open_backfill(reason=f"The meter was cut off: {name}.", by="mina")
        backfilling.take_events(
            backfill=backfill, events=[sent], product_id=shop.product.pk, api_key_id=shop.key.pk
        )
        if name != "gathered":
            backfilling.approve(backfill=backfill, by="tom")
            rate()
        if name == "returned":
            backfilling.revert(backfill=backfill, by="tom", reason="It was of another year.")
            backfilling.work_on_reverts(60)
        names |= {name: the_event(sent).pk, f"{name}_by": backfill.pk}
    return names


def _hesitate(shop: Shop) -> dict[str, UUID]:
    """A customer who was to pay by a dearer table, and stays with the cheap one after all."""
    cheap, dear = (shop.a_table(tokens=tokens, since=SPRING - DAY) for tokens in ("1", "5"))
    hesitant = an_account(SPRING, rate_table=cheap.code)
    a_grant(hesitant, "1000", now=SPRING)
    asked = Enrolment(rate_table=dear.code, rate_table_from=SPRING + 10 * DAY)
    terms.enrol(reference=hesitant.reference, asked=asked, author=AUTHOR, now=SPRING + DAY)
    row = Terms.objects.get(account=hesitant, table=dear)
    terms.withdraw(account_id=hesitant.pk, terms_id=row.pk, author=AUTHOR, now=SPRING + 5 * DAY)
    shop.debit(hesitant, "10", now=SPRING + 11 * DAY)
    return {"hesitant": hesitant.pk}


def _reverse(shop: Shop, debit_id: UUID, tokens: str | None, now: datetime) -> UUID:
    order = ReversalOrder(
        debit_id=debit_id,
        product_id=shop.product.pk,
        key=uuid4().hex,
        fingerprint=b"\1" * 32,
        tokens=None if tokens is None else Decimal(tokens),
        now=now,
    )
    return reversing.reverse(order).id


def _reprice(shop: Shop, now: datetime) -> dict[str, int]:
    """A second version, twice as dear, that a second person approved; a third that was withdrawn before it began."""
    author, approver = (User.objects.create(username=f"{word}-{uuid4().hex[:8]}") for word in ("mina", "tom"))
    before = shop.table.versions.get()
    draft = drafting.draft_from(version=before, user=author)
    rows = [replace(rate.row, tokens=Decimal(2)) for rate in draft.rates.all()]
    drafting.replace_rates(draft=draft, rows=rows, revision=None, user=author)
    reviewing.approve(review=reviewing.ask(draft=draft, user=author), user=approver)
    published = publishing.publish(version=draft, moment=now)
    third = drafting.draft_from(version=published)
    later = publishing.publish(version=third, moment=now, effective_from=now + 60 * DAY)
    publishing.withdraw(version=later, moment=now + DAY)
    return {"author": author.pk, "approver": approver.pk}


def _ask_too_much(shop: Shop, account: Account, now: datetime) -> None:
    for _ in range(2):
        try:
            shop.debit(account, "1000", now=now)
        except InsufficientTokens:
            continue
        raise AssertionError("a debit beyond the floor was charged")


def _one(statement: str, *given: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchone()[0]
