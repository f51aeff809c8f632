"""What the tokens of trials cost, against costs and draws of raw rows; the report takes no part in what is wanted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from billing.queries.trial_report import cohorts, report
from billing.tests.business import rows
from billing.tests.trying import a_seller, a_trial, an_offer
from usage.rules.orders import OwnCost
from usage.services import reversing
from usage.tests.made import DAY, Shop, a_grant, a_reversal, clock
from wallets.models import Account, Currency, TokenUnit

pytestmark = pytest.mark.committed
MILLIONTH = Decimal("0.000001")


def tried() -> list[Account]:
    """Eight accounts that spend a trial and what they bought, at costs of two currencies, said, by rate, or unknown."""
    random, seller, offer = Random(41), a_seller(), an_offer("60")
    Currency.objects.get_or_create(code="SEK", defaults={"reporting_rate": Decimal("0.1")})
    shop = Shop()
    costly = shop.a_table(tokens="2", cost=Decimal("0.03"), cost_currency="SEK")
    accounts = [shop.an_account(**({"rate_table": costly.code} if n % 2 else {})) for n in range(8)]
    for account in accounts:
        a_trial(seller, offer, account)
        a_grant(account, "400", kind="purchase", unit_cost=Decimal("0.5"), currency="USD")
        for _ in range(5):
            said = OwnCost(Decimal(random.randrange(1, 50)) / 100, random.choice(("SEK", "USD")))
            costs = (said, random.choice((None, said)))
            quantities = (str(random.randrange(1, 12)), str(random.randrange(1, 9)))
            debit = shop.debit(account, *quantities, features=(shop.chat, shop.image), costs=costs)
            if random.random() < 0.4:
                reversing.reverse(a_reversal(debit, *random.choice(((), ("1.25",)))))
    return accounts


class TestCosts:
    def test_of_a_months_trials_are_those_of_the_usage_that_drew_from_them(self) -> None:
        accounts, now = tried(), clock()
        ((tokens, spent, cost, uncosted),) = rows(
            """WITH moved AS (
                   SELECT coalesce(r.debit_id, e.cause_id) AS debit_id,
                          CASE WHEN e.kind IN ('draw', 'late_draw') THEN e.amount ELSE -e.amount END AS tokens
                   FROM billing_trial t JOIN wallets_entry e ON e.grant_id = t.grant_id AND e.kind <> 'grant'
                   LEFT JOIN usage_reversal r ON e.cause_kind = 'reversal' AND r.id = e.cause_id
                   WHERE t.customer_id = ANY (%(accounts)s)
               ), lines AS (
                   SELECT l.debit_id, l.tokens,
                          CASE WHEN l.cost IS NULL THEN l.quantity * r.cost * rated.reporting_rate
                               ELSE l.cost * said.reporting_rate END AS cost
                   FROM usage_debitline l JOIN pricing_rate r ON r.id = l.rate_id
                   LEFT JOIN wallets_currency said ON said.code = l.cost_currency
                   LEFT JOIN wallets_currency rated ON rated.code = r.cost_currency
               ), debits AS (
                   SELECT debit_id, sum(tokens) AS tokens, sum(cost) AS cost, count(*) = count(cost) AS is_known
                   FROM lines GROUP BY 1
               )
               SELECT (SELECT sum(e.amount) FROM billing_trial t JOIN wallets_entry e
                         ON e.grant_id = t.grant_id AND e.kind = 'grant' WHERE t.customer_id = ANY (%(accounts)s)),
                      sum(m.tokens), sum(m.tokens * d.cost / d.tokens) FILTER (WHERE d.is_known),
                      sum(m.tokens) FILTER (WHERE NOT d.is_known)
               FROM moved m JOIN debits d ON d.debit_id = m.debit_id""",
            now,
            accounts=[each.pk for each in accounts],
        )
        asked = (now - DAY, now + timedelta(minutes=1))
        chosen = {each.pk for each in accounts}

        (line,) = report(*asked, chosen) or []
        (cohort,) = cohorts(*asked, TokenUnit.objects.get(is_default=True).code, chosen) or []

        assert (cohort.tokens, cohort.spent) == (line.tokens, line.spent) == (tokens, spent)
        assert cohort.cost == line.cost
        assert abs(line.cost - cost) < MILLIONTH
        assert line.uncosted == uncosted
        assert min(cost, uncosted, tokens - spent) > 0
