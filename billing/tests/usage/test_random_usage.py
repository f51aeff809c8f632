"""Figures of the usage page against the raw ledger, over random usage; the roll-ups take no part in what is wanted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest

from billing.models import Trial
from billing.queries import usage_figures
from billing.queries.trial_report import cohorts
from billing.queries.usage_prices import price_history
from billing.queries.usage_scope import scope_of
from billing.rules.usage_view import UsageView
from billing.services import trial_life
from billing.tests.business import MOVED, rows
from billing.tests.trying import a_seller, a_trial, an_offer
from config.kernel.errors import InsufficientTokens
from pricing.models import Feature
from pricing.rules.rows import RateRow
from pricing.services import drafting, publishing
from usage.queries.refused_demand import refused_demand
from usage.services import reversing
from usage.tests.made import DAY, HOUR, Shop, a_grant, a_reversal, ait, clock
from usage.tests.rolled import roll_up
from wallets.models import TokenUnit

pytestmark = pytest.mark.committed
NOTHING = Decimal(0)
OF_ACCOUNT = MOVED.replace("SELECT d.product_id", "SELECT d.account_id, d.product_id")


class TestUsage:
    def test_hangs_on_the_ten_largest_as_the_lines_say(self) -> None:
        random, now = Random(3), clock()
        shop = Shop(since=now - 60 * DAY)
        for _ in range(13):
            account = shop.an_account(now - 50 * DAY)
            a_grant(account, "5000", now=now - 50 * DAY)
            for _ in range(3):
                at = now - random.randrange(1, 25) * DAY
                debit = shop.debit(account, str(random.randrange(1, 400)), at=at, now=now)
            reversing.reverse(a_reversal(debit, "1", now=now))
        roll_up()
        ((count, largest, total),) = rows(
            f"""WITH m AS ({OF_ACCOUNT}), each AS (
                    SELECT account_id, sum(tokens) AS tokens FROM m WHERE product_id = %(product)s GROUP BY 1)
                SELECT count(*), (SELECT sum(tokens) FROM (SELECT * FROM each ORDER BY tokens DESC LIMIT 10) AS t),
                       sum(tokens) FROM each""",
            now,
            product=shop.product.pk,
        )

        asked = scope_of(UsageView(product=shop.product.code), clock())
        found = usage_figures.largest(asked, usage_figures.total(asked))

        assert (found.count, len(found.accounts), count) == (13, 10, 13)
        assert found.share == largest / total
        assert found.share < 1

    def test_refused_is_what_was_asked_for_and_did_not_fit(self) -> None:
        random, now = Random(4), clock()
        shop = Shop(since=now - 60 * DAY)
        wanted: dict[str, list[tuple[str, Decimal]]] = {shop.chat: [], shop.image: []}
        for _ in range(4):
            account = shop.an_account(now - 50 * DAY)
            a_grant(account, "50", now=now - 50 * DAY)
            for n in range(6):
                code, tokens = random.choice((shop.chat, shop.image)), random.randrange(1, 120)
                try:
                    shop.debit(account, str(tokens), features=(code,), now=now - (20 - n) * DAY)
                except InsufficientTokens:
                    wanted[code].append((account.reference, Decimal(tokens)))
        roll_up()

        found = refused_demand(scope_of(UsageView(product=shop.product.code), clock()).question())

        assert {each.feature: (each.wanted, each.accounts, each.tokens) for each in found} == {
            code: (len(asked), len({who for who, _ in asked}), sum(tokens for _, tokens in asked))
            for code, asked in wanted.items()
            if asked
        }
        assert sum(each.wanted for each in found) > 5
        assert rows(
            "SELECT sum(count) FROM usage_denial WHERE product_id = %(product)s", now, product=shop.product.pk
        ) == [(sum(each.times for each in found),)]

    def test_prices_stand_against_costs_version_by_version(self) -> None:
        random, now = Random(6), clock()
        shop = Shop(since=now - 60 * DAY)
        account = shop.an_account(now - 50 * DAY)
        a_grant(account, "90000", now=now - 50 * DAY)
        hour = now.replace(minute=0, second=0, microsecond=0)
        for n in range(28, 0, -1):
            if n in (20, 9):
                draft = drafting.open_draft(table=shop.table)
                row = RateRow(shop.chat, Decimal(n), cost=Decimal(n) / 1000, cost_currency="USD")
                drafting.replace_rates(draft=draft, rows=[row], revision=None)
                publishing.publish(version=draft, moment=hour - n * DAY - 5 * HOUR)
            debit = shop.debit(account, str(random.randrange(1, 40)), now=hour - n * DAY)
            if n % 8 == 3:
                reversing.reverse(a_reversal(debit, now=hour - n * DAY + HOUR))
        roll_up()
        wanted = rows(
            """SELECT v.number, sum(l.quantity), sum(l.tokens), coalesce(sum(l.quantity * r.cost), 0) FROM usage_debit d
               JOIN usage_debitline l ON l.debit_id = d.id JOIN pricing_rate r ON r.id = l.rate_id
               JOIN pricing_version v ON v.id = r.version_id
               WHERE d.product_id = %(product)s AND d.id NOT IN (SELECT debit_id FROM usage_reversal)
                 AND d.occurred_at >= %(today)s - interval '29 days'
               GROUP BY 1 ORDER BY 1""",
            now,
            product=shop.product.pk,
        )
        feature = Feature.objects.get(code=shop.chat)

        found = price_history(scope_of(UsageView(product=shop.product.code), clock()), feature)

        assert len(wanted) == 3
        assert [
            (each.version.number if each.version else 1, each.sold.quantity, each.sold.tokens, each.sold.cost)
            for each in found.stretches
        ] == wanted
        for stretch, (_, quantity, tokens, cost) in zip(found.stretches, wanted, strict=True):
            assert stretch.sold.token_price == tokens / quantity
            assert stretch.sold.unit_cost == (cost / quantity if cost else None)


def tried() -> set[UUID]:
    """Nine accounts that try the same offer, more or less; one uses it up, two convert."""
    random, seller, offer = Random(8), a_seller(), an_offer("40")
    shop = Shop()
    accounts = [shop.an_account() for _ in range(9)]
    for n, account in enumerate(accounts):
        trial = a_trial(seller, offer, account)
        for _ in range(n % 4):
            tokens = "40" if n == 7 else str(random.randrange(1, 12))
            debit = shop.debit(account, tokens)
            if n == 7:
                break
            if random.random() < 0.4:
                reversing.reverse(a_reversal(debit, "1"))
        if n in (2, 5):
            trial_life.convert(trial_id=trial.pk, user=seller, is_kept=True)
    trial_life.note_first_uses()
    return {each.pk for each in accounts}


class TestTrials:
    def test_of_a_month_came_to_what_their_grants_did(self) -> None:
        chosen, now = tried(), clock()
        wanted = rows(
            """WITH drawn AS (
                   SELECT e.grant_id,
                          sum(CASE WHEN e.kind IN ('draw', 'late_draw') THEN e.amount ELSE -e.amount END) AS tokens
                   FROM wallets_entry e WHERE e.kind IN ('draw', 'late_draw', 'restore')
                     AND e.account_id = ANY (%(accounts)s) GROUP BY 1)
               SELECT date_trunc('month', t.issued_at AT TIME ZONE 'UTC')::date, count(*), count(d.grant_id),
                      count(*) FILTER (WHERE d.tokens = g.tokens), count(t.converted_at), sum(g.tokens),
                      coalesce(sum(d.tokens), 0)
               FROM billing_trial t JOIN wallets_grant g ON g.id = t.grant_id LEFT JOIN drawn d ON d.grant_id = g.id
               WHERE t.customer_id = ANY (%(accounts)s) GROUP BY 1 ORDER BY 1 DESC""",
            now,
            accounts=list(chosen),
        )

        found = cohorts(now - DAY, now + timedelta(minutes=1), TokenUnit.objects.get(pk=ait()).code, chosen)

        assert found is not None
        told = [
            (each.month, each.issued, each.activated, each.used, each.converted, each.tokens, each.spent)
            for each in found
        ]
        assert told == wanted
        assert Trial.objects.filter(customer__in=chosen).count() == sum(row[1] for row in wanted) == 9
        assert (told[0][3], told[0][4]) == (1, 2)
        assert NOTHING < told[0][6] < told[0][5]
