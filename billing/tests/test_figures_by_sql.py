"""Figures of accounts against the raw ledger, over random usage; the roll-ups take no part in what is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from billing.queries import account_page, account_usage, home, inbox_causes
from billing.tests.business import LINES, MOVED, a_business, rows
from billing.tests.buyers.visiting import page, signed_in
from usage.queries.explanations import explain
from usage.rules.enrolment import PolicyChoice
from usage.tests.held import a_hold
from usage.tests.made import DAY, HOUR, Shop, a_grant, ait, clock
from usage.tests.remembering import forget_what_is_remembered
from usage.tests.rolled import roll_up
from wallets.models import Account

pytestmark = pytest.mark.committed
NOTHING = Decimal(0)
OF_ACCOUNT = MOVED.replace("SELECT d.product_id", "SELECT d.account_id, d.product_id")


@pytest.fixture(scope="module")
def business(own_database: None, django_db_blocker: Any) -> Iterator[list[Account]]:
    """The six accounts of a business that used something."""
    with django_db_blocker.unblock():
        forget_what_is_remembered()
        a_business(Random(23))
        users = rows(
            "SELECT DISTINCT account_id FROM usage_debit WHERE recorded_at > %(today)s - interval '41 days'",
            clock(),
        )
        yield list(Account.objects.filter(pk__in=[pk for (pk,) in users]).order_by("pk"))
        forget_what_is_remembered()


class TestForecast:
    def test_learns_from_the_hours_of_the_ledger(self, business: list[Account]) -> None:
        now = clock()
        found = account_usage.usages_of({each.pk: ait() for each in business}, now)

        assert len(business) == 6
        for account in business:
            history = found[account.pk].history
            wanted = rows(
                f"""WITH m AS ({OF_ACCOUNT}) SELECT date_trunc('hour', occurred_at, 'UTC'), sum(tokens) FROM m
                    WHERE account_id = %(account)s AND occurred_at < %(today)s GROUP BY 1 HAVING sum(tokens) <> 0""",
                now,
                account=account.pk,
            )
            hours = {at.astimezone(UTC): tokens for at, tokens in wanted}
            begins = datetime.combine(history.first, datetime.min.time(), UTC)
            assert history.first == min(hours).date() + DAY
            assert history.until == now.astimezone(UTC).date()
            told = {begins + n * HOUR: tokens for n, tokens in enumerate(history.hours) if tokens}
            assert told == {at: tokens for at, tokens in hours.items() if at >= begins and tokens}

    def test_of_next_month_is_the_mean_of_each_weekday(self, business: list[Account]) -> None:
        now = clock()
        for account in business:
            summary = account_page.summary(account, None, now)
            days = summary.use.forecast.days if summary.use.forecast else 0
            wanted = rows(
                f"""WITH m AS ({OF_ACCOUNT}), usual AS (
                        SELECT extract(isodow FROM occurred_at AT TIME ZONE 'UTC') AS day,
                               sum(tokens) / (%(days)s / 7) AS tokens
                        FROM m WHERE account_id = %(account)s AND occurred_at < %(today)s
                          AND occurred_at >= %(today)s - make_interval(days => %(days)s) GROUP BY 1)
                    SELECT sum(tokens) FROM usual JOIN generate_series(
                        (%(month)s + interval '1 month') AT TIME ZONE 'UTC',
                        (%(month)s + interval '2 months') AT TIME ZONE 'UTC' - interval '1 day', '1 day') AS d (at)
                      ON extract(isodow FROM d.at) = usual.day""",
                now,
                account=account.pk,
                days=days,
            )

            assert days == 35
            assert summary.next_month is not None
            assert abs(summary.next_month[1].expected - wanted[0][0]) < Decimal("0.000001")

    def test_that_bends_goes_by_what_was_used(self, business: list[Account]) -> None:
        now = clock()
        shop = Shop(since=now - 60 * DAY)
        sudden = shop.an_account(now - 60 * DAY)
        a_grant(sudden, "90000", now=now - 50 * DAY)
        for n in range(42, 0, -1):
            shop.debit(sudden, "800" if n < 3 else "10", now=now - n * DAY)
        roll_up()

        found = {each.account: each.departure for each in inbox_causes.bends(clock())}

        assert sudden in found
        for account, bend in found.items():
            wanted = rows(
                f"""WITH m AS ({OF_ACCOUNT}) SELECT sum(tokens) FROM m WHERE account_id = %(account)s
                    AND occurred_at < %(today)s AND occurred_at >= %(today)s - make_interval(days => %(days)s)""",
                now,
                account=account.pk,
                days=bend.days,
            )
            assert bend.used == wanted[0][0]


class TestAccount:
    def test_cards_are_what_grants_and_holds_come_to(self, business: list[Account]) -> None:
        now = clock()
        shop = Shop()
        holding = shop.an_account()
        a_grant(holding, "100", kind="purchase", expires_at=now + 40 * DAY)
        a_grant(holding, "30", expires_at=now + 9 * DAY)
        a_hold(shop, holding, "12")

        for account in (*business, holding):
            summary = account_page.summary(account, None, now)
            ((available, held, overage),) = rows(
                """SELECT coalesce(sum(remaining - held), 0), coalesce(sum(held), 0),
                          (SELECT overage FROM wallets_wallet WHERE account_id = %(account)s AND unit_id = %(unit)s)
                   FROM wallets_grant WHERE account_id = %(account)s AND effective_at <= clock_timestamp()
                     AND (expires_at IS NULL OR expires_at > clock_timestamp())""",
                now,
                account=account.pk,
            )
            expiring = rows(
                """SELECT expires_at, sum(remaining) FROM wallets_grant WHERE account_id = %(account)s
                   AND remaining > 0 AND expires_at > clock_timestamp() GROUP BY 1 ORDER BY 1 LIMIT 1""",
                now,
                account=account.pk,
            )
            told = summary.holding
            assert (told.available, told.held, told.overage) == (available, held, overage)
            ending = [(told.next_expiry.at, told.next_expiry.tokens)] if told.next_expiry else []
            assert ending == expiring

    def test_people_are_shown_what_the_ledger_says(self, business: list[Account]) -> None:
        now = clock()
        for account in business[:3]:
            shown = signed_in(account).get(page(account)).context
            ((paid, free),) = rows(
                """SELECT coalesce(sum(remaining - held) FILTER (WHERE kind = 'purchase'), 0),
                          coalesce(sum(remaining - held) FILTER (WHERE kind <> 'purchase'), 0)
                   FROM wallets_grant WHERE account_id = %(account)s
                     AND (expires_at IS NULL OR expires_at > clock_timestamp())""",
                now,
                account=account.pk,
            )
            days = rows(
                f"""WITH m AS ({OF_ACCOUNT}) SELECT (occurred_at AT TIME ZONE 'UTC')::date, sum(tokens) FROM m
                    WHERE account_id = %(account)s AND occurred_at >= %(today)s - interval '29 days'
                    GROUP BY 1 HAVING sum(tokens) <> 0""",
                now,
                account=account.pk,
            )
            features = rows(
                f"""WITH l AS ({LINES.replace("SELECT d.occurred_at", "SELECT d.account_id, d.occurred_at")})
                    SELECT f.code, sum(l.tokens) FROM l JOIN pricing_feature f ON f.id = l.feature_id
                    WHERE l.account_id = %(account)s AND l.occurred_at >= %(today)s - interval '29 days'
                    GROUP BY 1 ORDER BY 2 DESC""",
                now,
                account=account.pk,
            )

            assert (shown["paid"], shown["free"]) == (paid, free)
            assert {day: tokens for day, tokens in shown["days"] if tokens} == dict(days)
            assert [(each.code, each.tokens) for each in shown["features"]] == features


class TestAttention:
    def test_on_the_first_page_is_what_the_rows_say(self, business: list[Account]) -> None:
        now = clock()
        shop = Shop()
        for used in ("30", "30.69", "30.7"):
            account = shop.an_account()
            a_grant(account, "31", kind="purchase", expires_at=now + 3 * DAY)
            shop.debit(account, used)
        found = home.attention(now)
        owed = rows("SELECT account_id, overage FROM wallets_wallet WHERE overage > 0 ORDER BY 2 DESC", now)
        expiring = rows(
            """SELECT g.id FROM wallets_grant g JOIN wallets_entry e ON e.grant_id = g.id
               WHERE g.kind = 'purchase' AND g.expires_at > %(now)s AND g.expires_at < %(now)s + interval '14 days'
               GROUP BY g.id, g.tokens, g.expires_at
               HAVING sum(CASE e.kind WHEN 'grant' THEN e.amount ELSE -e.amount END) >= g.tokens * 0.01
               ORDER BY g.expires_at, g.id""",
            now,
        )

        assert found.overdrawn == len(owed) > 0
        assert [(each.account_id, each.overage) for each in found.owed] == owed[:3]
        assert [each.pk for each in found.expiring] == [pk for (pk,) in expiring[:3]]
        assert [each.pk for each in inbox_causes.expiring(now)] == [pk for (pk,) in expiring]
        assert len(expiring) == 2

    def test_thresholds_in_the_inbox_are_shares_of_what_the_ledger_held(
        self, business: list[Account]
    ) -> None:
        random, now = Random(9), clock()
        shop, spent = Shop(), {}
        for _ in range(6):
            account = shop.an_account(policy=PolicyChoice("block", notify=(50, 80)))
            a_grant(account, "200", kind="purchase")
            spent[account.pk] = random.randrange(60, 200)
            shop.debit(account, str(spent[account.pk]))
        balances = rows(
            """SELECT DISTINCT ON (account_id) account_id, balance_after FROM wallets_entry
               WHERE account_id = ANY (%(accounts)s) ORDER BY account_id, number DESC""",
            now,
            accounts=list(spent),
        )

        found = {
            each.account_id: each for each in inbox_causes.thresholds(clock()) if each.account_id in spent
        }

        wanted = {pk: (80 if left <= 40 else 50, left, Decimal(200)) for pk, left in balances if left <= 100}
        assert {pk: (each.share, each.balance, each.stocked) for pk, each in found.items()} == wanted
        assert len(wanted) in range(1, 7)


class TestExplain:
    def test_tells_the_lines_and_draws_that_stand_in_the_books(self, business: list[Account]) -> None:
        now = clock()
        debits = rows(
            "SELECT id, tokens, overage FROM usage_debit WHERE account_id = ANY (%(accounts)s) ORDER BY id",
            now,
            accounts=[each.pk for each in business],
        )[::6]

        assert len(debits) > 30
        for pk, tokens, overage in debits:
            steps = explain(pk)["steps"]
            drawn = rows(
                """SELECT grant_id::text, amount FROM wallets_entry
                   WHERE cause_id = %(debit)s AND kind IN ('draw', 'late_draw') ORDER BY number""",
                now,
                debit=pk,
            )
            lines = rows(
                "SELECT tokens FROM usage_debitline WHERE debit_id = %(debit)s ORDER BY position",
                now,
                debit=pk,
            )
            draws = [each for each in steps if each["step"] == "draw"]
            assert [(each["grant"], Decimal(each["tokens"])) for each in draws] == drawn
            assert all(each["agrees"] for each in draws)
            assert [Decimal(each["tokens"]) for each in steps if each["step"] == "price"] == [
                amount for (amount,) in lines
            ]
            assert sum(amount for _, amount in drawn) + overage == tokens
