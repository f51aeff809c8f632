"""What advice says of renewals, seats and trials against raw rows: entries of the ledger and check-outs."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import pytest

from billing.models import Advice, OfferTokens
from billing.services import advising, trial_life
from billing.tests.business import rows
from billing.tests.orders.sold import a_line, an_offer, given_to, monthly, order
from billing.tests.trying import a_seller, a_trial
from billing.tests.trying import an_offer as a_trial_offer
from config.kernel.amounts import readable
from usage.rules.enrolment import Enrolment
from usage.services import granting, reversing, terms
from usage.tests.made import AUTHOR, DAY, HOUR, UNLIMITED, Shop, a_call, a_grant, a_reversal, clock, named
from usage.tests.office import Office
from usage.tests.rolled import roll_up
from wallets.models import Account, TokenUnit

pytestmark = pytest.mark.committed
SIGNED = "CASE WHEN e.kind IN ('grant', 'restore', 'transfer_in') THEN e.amount ELSE -e.amount END"


def advised(code: str, accounts: list[Account]) -> dict[Account, Advice]:
    """What is said now, of one code."""
    roll_up()
    advising.advise(clock())
    found = Advice.objects.filter(code=code, customer__in=accounts).select_related("customer")
    return {each.customer: each for each in found}


class TestUnused:
    def test_is_what_the_ledger_left_of_the_periods_grants(self) -> None:
        random, now = Random(31), clock()
        shop, other = (
            Shop(since=now - 60 * DAY),
            TokenUnit.objects.create(code=named("C")[:16], name="Credits"),
        )
        team = an_offer(kind="plan", period="month", tokens=[monthly("300"), monthly("100", is_bonus=True)])
        OfferTokens.objects.create(offer=team, unit=other, **monthly("5000"))
        accounts = [shop.an_account(now - 25 * DAY) for _ in range(9)]
        for n, account in enumerate(accounts):
            order(account, a_line(team), now=now - (5 if n == 3 else 25) * DAY)
            a_grant(account, "700", kind="purchase", now=now - 24 * DAY)
            debit = shop.debit(
                account, str(random.randrange(20, 250)), now=now - random.randrange(1, 4) * DAY
            )
            if n % 2:
                reversing.reverse(a_reversal(debit, "7.5"))
            if n == 6:
                smaller = next(each for each in given_to(account) if each.remaining == 100)
                granting.void(grant_id=smaller.pk, reason="A mistake.", call=a_call())
        wanted = rows(
            f"""SELECT g.account_id, (g.expires_at AT TIME ZONE 'UTC')::date,
                       sum(e.amount) FILTER (WHERE e.kind = 'grant'), sum({SIGNED})
                FROM wallets_grant g JOIN wallets_entry e ON e.grant_id = g.id AND e.account_id = g.account_id
                JOIN wallets_wallet w ON w.id = g.wallet_id AND w.unit_id = %(unit)s
                WHERE g.account_id = ANY (%(accounts)s) AND g.kind <> 'purchase'
                  AND NOT EXISTS (SELECT FROM wallets_entry v WHERE v.grant_id = g.id AND v.kind = 'void')
                GROUP BY 1, 2""",
            now,
            accounts=[each.pk for each in accounts],
        )

        found = advised("unused", accounts)

        assert {each.pk: (row.due_on, row.evidence) for each, row in found.items()} == {
            pk: (on, f"{readable(left)} of {readable(tokens)} AIT lie there, {left / tokens * 100:.0f} %.")
            for pk, on, tokens, left in wanted
            if left / tokens >= Decimal("0.6") and (on - now.astimezone(UTC).date()).days <= 14
        }
        assert 1 < len(found) < len(wanted) == 9

    def test_is_told_of_each_period_that_ends_soon(self) -> None:
        now = clock()
        shop = Shop(since=now - 60 * DAY)
        account = shop.an_account(now - 25 * DAY)
        plans = [
            an_offer(kind="plan", period="month", tokens=[monthly(most)]) for most in ("300", "70", "900")
        ]
        names = [named("SO") for _ in plans]
        for plan, name, days in zip(plans, names, (25, 24, 2), strict=True):
            order(account, a_line(plan), now=now - days * DAY, external_id=name)
        shop.debit(account, "20", now=now - DAY)
        wanted = rows(
            f"""SELECT (g.expires_at AT TIME ZONE 'UTC')::date,
                       sum(e.amount) FILTER (WHERE e.kind = 'grant'), sum({SIGNED})
                FROM wallets_grant g JOIN wallets_entry e ON e.grant_id = g.id AND e.account_id = g.account_id
                WHERE g.account_id = %(account)s GROUP BY 1 ORDER BY 1""",
            now,
            account=account.pk,
        )
        roll_up()
        advising.advise(clock())

        found = Advice.objects.filter(code="unused", customer=account).order_by("due_on")

        said = [
            f"{readable(left)} of {readable(tokens)} AIT of order {name}, line 1, lie there, "
            f"{left / tokens * 100:.0f} %."
            for (_, tokens, left), name in zip(wanted, names, strict=True)
        ]
        assert [(row.due_on, row.evidence) for row in found] == [
            (wanted[0][0], said[0]),
            (wanted[1][0], said[1]),
        ]
        assert (len(wanted), [left < tokens for _, tokens, left in wanted]) == (3, [True, False, False])


class TestOverage:
    def test_is_as_old_as_the_entry_that_began_it_in_the_unit_that_is_told(self) -> None:
        now, unit = clock(), TokenUnit.objects.create(code=named("C")[:16], name="Credits")
        shop, elsewhere = Shop(since=now - 60 * DAY), Shop(since=now - 60 * DAY, token=unit.code)
        accounts = []
        for days in (3, 9, 12):
            account = elsewhere.an_account(now - 30 * DAY, policy=UNLIMITED)
            elsewhere.debit(account, "50", now=now - 20 * DAY)
            asked = Enrolment(rate_table=shop.table.code)
            terms.enrol(reference=account.reference, asked=asked, author=AUTHOR, now=now - 15 * DAY)
            shop.debit(account, "2.5", now=now - days * DAY)
            shop.debit(account, "4", now=now - 2 * DAY)
            accounts.append(account)
        wanted = rows(
            """SELECT e.account_id, sum(e.amount), (min(e.recorded_at) AT TIME ZONE 'UTC')::date FROM wallets_entry e
               JOIN wallets_wallet w ON w.id = e.wallet_id AND w.unit_id = %(unit)s
               WHERE e.account_id = ANY (%(accounts)s) AND e.kind = 'overage' GROUP BY 1""",
            now,
            accounts=[each.pk for each in accounts],
        )

        found = advised("overage", accounts)

        assert {each.pk: row.evidence for each, row in found.items()} == {
            pk: f"{readable(tokens)} AIT were used beyond what was bought, since {since:%-d %b %Y}."
            for pk, tokens, since in wanted
            if (now.astimezone(UTC).date() - since).days >= 7
        }
        assert (len(found), len(wanted)) == (2, 3)


class TestSeats:
    def test_were_too_few_on_the_days_on_which_more_were_taken(self) -> None:
        random, midnight = (
            Random(32),
            clock().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
        )
        offices = [_an_office(random, midnight, n) for n in (0, 1, 1, 4, 7, 9)]
        accounts = [each.account for each in offices]
        wanted = rows(
            """WITH lived AS (
                   SELECT c.account_id, c.feature_id, c.started_at, coalesce(c.ended_at, %(now)s) AS ended_at
                   FROM usage_checkout c WHERE c.account_id = ANY (%(accounts)s)
               ), hours AS (
                   SELECT generate_series(%(today)s - interval '30 days', %(today)s - interval '1 hour', '30 min') AS at
               ), taken AS (
                   SELECT l.account_id, l.feature_id, h.at, count(*) AS seats FROM hours h
                   JOIN lived l ON l.started_at <= h.at AND l.ended_at > h.at GROUP BY 1, 2, 3
               )
               SELECT t.account_id, f.code, count(DISTINCT (t.at AT TIME ZONE 'UTC')::date)
               FROM taken t JOIN pricing_feature f ON f.id = t.feature_id
               WHERE t.seats > (SELECT s.seats FROM usage_seats s WHERE s.account_id = t.account_id)
               GROUP BY 1, 2""",
            clock(),
            accounts=[each.pk for each in accounts],
        )

        found = advised("seats", accounts)

        assert {each.pk: row.evidence for each, row in found.items()} == {
            pk: f"On {days} of the last thirty days more seats of {feature} were taken than were bought."
            for pk, feature, days in wanted
            if days >= 3
        }
        assert len({days for _, _, days in wanted}) > 2
        assert 1 < len(found) < len(wanted)


def _an_office(random: Random, midnight: datetime, often: int) -> Office:
    """Two seats for two people; a third comes as often as that, and on some days stays over night."""
    office = Office(now=midnight - 33 * DAY, seats=2, granted="9000", interval="PT24H", heartbeat="PT24H")
    for n in range(32, 0, -1):
        at = midnight - n * DAY + random.randrange(2, 9) * HOUR
        people = 3 if random.random() < often / 16 else random.randrange(3)
        seats = [office.take(f"u-{person}", now=at) for person in range(people)]
        stays = 18 if n % 7 == 2 else 5
        for each in seats:
            office.give_back(each, at + stays * HOUR)
    return office


class TestTrials:
    def test_were_used_as_far_as_their_grants_were_drawn(self) -> None:
        random, seller = Random(33), a_seller()
        shop, soon, late = Shop(), a_trial_offer("40", days=5), a_trial_offer("40", days=20)
        accounts = [shop.an_account(policy=UNLIMITED) for _ in range(10)]
        for n, account in enumerate(accounts):
            trial = a_trial(seller, late if n == 4 else soon, account)
            debit = shop.debit(account, "55" if n == 7 else str(random.randrange(5, 40)))
            if n % 3 == 1:
                reversing.reverse(a_reversal(debit, "3"))
            if n == 2:
                trial_life.convert(trial_id=trial.pk, user=seller, is_kept=True)
        trial_life.note_first_uses()
        wanted = rows(
            f"""SELECT t.customer_id, t.id::text, (g.expires_at AT TIME ZONE 'UTC')::date, t.converted_at IS NULL,
                       sum(-({SIGNED})) FILTER (WHERE e.kind <> 'grant') / sum(e.amount) FILTER (WHERE e.kind = 'grant')
                FROM billing_trial t JOIN wallets_grant g ON g.id = t.grant_id JOIN wallets_entry e ON e.grant_id = g.id
                WHERE t.customer_id = ANY (%(accounts)s) GROUP BY 1, 2, 3, 4""",
            clock(),
            accounts=[each.pk for each in accounts],
        )

        found = advised("trial", accounts)

        assert {each.pk: (row.period, row.due_on, row.evidence) for each, row in found.items()} == {
            pk: (trial, on, f"{used * 100:.0f} % of its tokens were used.")
            for pk, trial, on, is_open, used in wanted
            if is_open and used >= Decimal("0.5") and on <= (clock() + 7 * DAY).date()
        }
        assert 1 < len(found) < 8
