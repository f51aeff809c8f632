"""Rehearsals: what is asked of them, and what they find."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from pricing.rules.tiers import Tier
from pricing.services import publishing
from usage.errors import PeriodRefused
from usage.models import Rehearsal, RehearsalLine, TierCount
from usage.queries.repricing_sql import ZONE
from usage.rules.enrolment import Enrolment
from usage.services import rehearsing, reversing, terms
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, a_reversal, clock
from usage.tests.rehearsed import (
    MONTH,
    SPRING,
    a_draft,
    a_shop_before_spring,
    found,
    rehearsed,
    tiered,
    times,
    with_tokens_to_spend,
    without,
)
from wallets.models import Account, Entry, Wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return a_shop_before_spring()


@pytest.fixture
def acme(shop: Shop) -> Account:
    return with_tokens_to_spend(shop)


class TestAsk:
    def test_takes_the_period_as_far_as_it_has_passed(self, shop: Shop) -> None:
        version = shop.table.versions.get()

        asked = rehearsing.ask(version=version, since=SPRING, until=clock() + DAY, note="higher")

        assert asked.until == asked.asked_at < clock()
        assert (asked.state, asked.number, asked.revision, asked.note) == (
            "queued",
            1,
            version.revision,
            "higher",
        )

    @pytest.mark.parametrize("since", [SPRING, SPRING + DAY])
    def test_refuses_a_period_without_length(self, shop: Shop, since: datetime) -> None:
        with pytest.raises(PeriodRefused):
            rehearsing.ask(version=shop.table.versions.get(), since=since, until=SPRING)

        assert not Rehearsal.objects.filter(table=shop.table).exists()

    def test_refuses_a_period_ahead(self, shop: Shop) -> None:
        with pytest.raises(PeriodRefused):
            rehearsing.ask(version=shop.table.versions.get(), since=clock() + DAY, until=clock() + 2 * DAY)


class TestWork:
    def test_changes_nothing_where_a_version_meets_its_own_usage(self, shop: Shop, acme: Account) -> None:
        shop.debit(acme, "3.5", "2", features=(shop.chat, shop.image), now=SPRING + DAY)
        shop.debit(acme, "7", now=SPRING + 2 * DAY)

        done = rehearsed(shop.table.versions.get())

        assert found(done) == {
            (acme.reference, shop.chat): (Decimal("10.5"), Decimal("10.5")),
            (acme.reference, shop.image): (2, 2),
        }
        assert (done.tokens_before, done.tokens_after, done.share) == (Decimal("12.5"), Decimal("12.5"), 0)
        assert (done.lines_done, done.lines_total, done.percent) == (3, 3, 100)

    def test_doubles_exactly_the_feature_whose_rate_is_doubled(self, shop: Shop, acme: Account) -> None:
        shop.debit(acme, "3.5", "2", features=(shop.chat, shop.image), now=SPRING + DAY)

        done = rehearsed(a_draft(shop, times("2", shop.chat)))

        assert found(done) == {
            (acme.reference, shop.chat): (Decimal("3.5"), 7),
            (acme.reference, shop.image): (2, 2),
        }

    def test_says_what_the_same_usage_costs_once_it_is_published(self, shop: Shop, acme: Account) -> None:
        for units in ("60", "60", "0.000001"):
            shop.debit(acme, units, now=SPRING + DAY)
        draft = a_draft(shop, tiered)

        done = rehearsed(draft)
        publishing.publish(version=draft, moment=SPRING + 33 * DAY)
        again = [shop.debit(acme, units, now=SPRING + 33 * DAY).tokens for units in ("60", "60", "0.000001")]

        assert found(done)[acme.reference, shop.chat][1] == sum(again) == Decimal("220.000001")

    def test_takes_usage_by_when_it_occurred_and_as_far_as_recorded(self, shop: Shop, acme: Account) -> None:
        late = MONTH["until"] + 20 * DAY
        shop.debit(acme, "1", at=SPRING - HOUR, now=SPRING + HOUR)
        shop.debit(acme, "2", now=SPRING)
        shop.debit(acme, "4", at=MONTH["until"] - HOUR, now=late)
        shop.debit(acme, "8", now=MONTH["until"])
        asked = rehearsing.ask(version=shop.table.versions.get(), **MONTH, now=late)

        rehearsing.work(asked.pk, 60)
        whole = rehearsed(shop.table.versions.get())

        assert found(asked) == {(acme.reference, shop.chat): (2, 2)}
        assert found(whole) == {(acme.reference, shop.chat): (6, 6)}

    def test_leaves_out_what_another_table_charged(self, shop: Shop, acme: Account) -> None:
        shop.debit(acme, "1", now=SPRING + HOUR)
        other = shop.a_table(since=SPRING - 40 * DAY)
        terms.enrol(
            reference=acme.reference,
            asked=Enrolment(rate_table=other.code),
            author=AUTHOR,
            now=SPRING + 2 * HOUR,
        )
        shop.debit(acme, "10", now=SPRING + 3 * HOUR)

        assert found(rehearsed(shop.table.versions.get())) == {(acme.reference, shop.chat): (1, 1)}

    def test_leaves_out_debits_given_back_whole_and_no_others(self, shop: Shop, acme: Account) -> None:
        whole, part = (shop.debit(acme, units, now=SPRING + DAY) for units in ("10", "20"))
        reversing.reverse(a_reversal(whole, now=SPRING + 2 * DAY))
        reversing.reverse(a_reversal(part, "15", now=SPRING + 2 * DAY))

        assert found(rehearsed(shop.table.versions.get())) == {(acme.reference, shop.chat): (20, 20)}

    def test_counts_lines_that_would_have_no_price_apart(self, shop: Shop, acme: Account) -> None:
        shop.debit(acme, "10", "5", features=(shop.chat, shop.image), now=SPRING + DAY)

        done = rehearsed(a_draft(shop, without(shop.image)))

        line = RehearsalLine.objects.get(rehearsal=done, feature__code=shop.image)
        assert (line.tokens_before, line.tokens_after, line.unpriced_lines, line.unpriced_tokens) == (
            5,
            0,
            1,
            5,
        )
        assert (done.tokens_before, done.tokens_after) == (10, 10)

    def test_counts_a_formula_that_has_no_price_for_a_usage_apart(self, shop: Shop, acme: Account) -> None:
        shop.debit(acme, "1", "3", now=SPRING + DAY)
        formula = {"tokens": Decimal(0), "formula": "10 / (quantity - 3)"}

        done = rehearsed(a_draft(shop, lambda row: replace(row, **formula)))

        line = RehearsalLine.objects.get(rehearsal=done)
        assert (line.lines, line.unpriced_lines, line.tokens_after) == (2, 2, 0)

    def test_reckons_costs_in_the_reporting_currency(self, shop: Shop, acme: Account) -> None:
        shop.debit(acme, "10", "4", features=(shop.chat, shop.image), now=SPRING + DAY)
        cost = {"cost": Decimal("0.25"), "cost_currency": "USD"}
        draft = a_draft(shop, lambda row: replace(row, **cost) if row.feature == shop.chat else row)

        rehearsed(draft)

        chat, image = (RehearsalLine.objects.get(feature__code=code) for code in (shop.chat, shop.image))
        assert (chat.cost_before, chat.costed_before) == (0, 0)
        assert (chat.cost_after, chat.costed_after) == (Decimal("2.5"), 10)
        assert (image.cost_after, image.costed_after) == (0, 0)

    def test_finds_nothing_where_nothing_was_used(self, shop: Shop) -> None:
        done = rehearsed(shop.table.versions.get())

        assert (done.state, found(done), done.tokens_before) == ("done", {}, 0)

    def test_moves_no_token_and_counts_no_unit(self, shop: Shop, acme: Account) -> None:
        shop.debit(acme, "60", now=SPRING + DAY)
        booked = list(Entry.objects.order_by("pk").values())
        held = list(Wallet.objects.order_by("pk").values())

        rehearsed(a_draft(shop, tiered))

        assert booked == list(Entry.objects.order_by("pk").values())
        assert held == list(Wallet.objects.order_by("pk").values())
        assert not TierCount.objects.filter(account=acme).exists()


class TestTiers:
    def test_begin_where_the_month_stood_before_the_period(self, shop: Shop) -> None:
        table = shop.a_table(
            since=SPRING - DAY, tokens="2", tier_mode="graduated", tiers=(Tier(Decimal(100), Decimal(1)),)
        )
        account = shop.an_account(
            SPRING - DAY,
        )
        terms.enrol(
            reference=account.reference, asked=Enrolment(rate_table=table.code), author=AUTHOR, now=SPRING
        )
        a_grant(account, "1000", now=SPRING)
        shop.debit(account, "80", now=SPRING + DAY)
        shop.debit(account, "40", now=SPRING + 2 * DAY)

        done = rehearsed(table.versions.get(), since=SPRING + 2 * DAY)

        assert found(done) == {(account.reference, shop.chat): (60, 60)}

    def test_count_months_by_the_midnights_of_the_account(self, shop: Shop) -> None:
        tokyo = shop.an_account(SPRING - DAY, time_zone="Asia/Tokyo")
        a_grant(tokyo, "1000", now=SPRING - DAY)
        april_in_tokyo = SPRING + 31 * DAY - 9 * HOUR
        for at in (april_in_tokyo - HOUR, april_in_tokyo, april_in_tokyo + HOUR):
            shop.debit(tokyo, "60", now=at)

        done = rehearsed(a_draft(shop, tiered))

        assert found(done) == {(tokyo.reference, shop.chat): (180, 120 + 120 + 100)}

    def test_count_by_the_zone_that_the_hot_path_goes_by(self, shop: Shop, acme: Account) -> None:
        """Every instant of two days around the turn of the month, by the function of the debit and by the rehearsal."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE wallets_account SET time_zone = 'America/New_York' WHERE id = %s", [acme.pk]
            )
            cursor.execute(
                "SELECT counts_from FROM wallets_zone WHERE account_id = %s ORDER BY counts_from", [acme.pk]
            )
            turn = cursor.fetchone()[0]
        times_ = [turn + timedelta(hours=n) for n in range(-30, 31)]
        assert turn > clock() - DAY
        months = {at: month_of(acme, at) for at in times_}
        assert len(set(months.values())) == 2
        assert {at: month_as_rehearsed(acme, at) for at in times_} == months


def month_of(account: Account, at: datetime) -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT wallets_month_v1(%s, %s)", [account.pk, at])
        return cursor.fetchone()[0]


def month_as_rehearsed(account: Account, at: datetime) -> object:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT zone.month FROM (SELECT %s::uuid AS account_id, %s::timestamptz AS occurred_at,"
            f" 'infinity'::timestamptz AS recorded_at) AS d {ZONE}",
            [account.pk, at],
        )
        return cursor.fetchone()[0]
