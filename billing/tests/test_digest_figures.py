"""Figures of the weekly digests are what raw rows come to, over random usage; each page they lead to is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from random import Random
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client

from billing.models import DigestChoice
from billing.queries.digests import NEEDS, digest
from billing.rules.digests import Line
from billing.services import advising
from billing.tests.business import LINES, MOVED, a_business, rows, said
from usage.tests.made import clock, named
from usage.tests.remembering import forget_what_is_remembered

pytestmark = pytest.mark.committed
HOME = "/admin/"
PEOPLE = {"packaging": "Packaging", "sales": "Sales", "finance": "Finance", "success": "Support"}


@pytest.fixture(scope="module")
def now(own_database: None, django_db_blocker: Any) -> Iterator[datetime]:
    """When the digests are written, over a business in which all that they tell of happened."""
    with django_db_blocker.unblock():
        forget_what_is_remembered()
        a_business(Random(11))
        moment = clock()
        advising.advise(moment)
        yield moment
        forget_what_is_remembered()


def of(about: str, title: str, now: datetime) -> dict[str, Line]:
    """The lines of a section, by name."""
    (section,) = [each for each in digest(about, now, HOME).sections if each.title.startswith(title)]
    return {line.name: line for line in section.lines}


class TestPackaging:
    def test_burn_is_what_the_ledger_moved(self, now: datetime) -> None:
        found = rows(
            f"""WITH m AS ({MOVED}) SELECT p.name, sum(m.tokens) FROM m JOIN pricing_product p ON p.id = m.product_id
                WHERE m.unit_id = %(unit)s AND m.occurred_at >= %(today)s - interval '7 days'
                  AND m.occurred_at < %(today)s GROUP BY 1""",
            now,
        )
        total = sum(tokens for _, tokens in found)

        lines = of("packaging", "Tokens burnt", now)

        assert lines["Seven days"].figure == f"{said(total)} AIT"
        assert lines["Seven days"].note == f"{said(total / 7)} a day"
        told = {name: line.figure for name, line in lines.items() if name != "Seven days"}
        assert {name: f"{said(tokens)} AIT" for name, tokens in found}.items() <= told.items()
        assert len(found) == 2

    def test_features_are_those_of_the_lines_that_were_charged(self, now: datetime) -> None:
        found = rows(
            f"""WITH l AS ({LINES}) SELECT f.name,
                    sum(l.tokens) FILTER (WHERE l.occurred_at >= %(today)s - interval '7 days'),
                    sum(l.tokens) FILTER (WHERE l.occurred_at < %(today)s - interval '7 days')
                FROM l JOIN pricing_feature f ON f.id = l.feature_id
                WHERE l.unit_id = %(unit)s AND l.occurred_at >= %(today)s - interval '14 days'
                  AND l.occurred_at < %(today)s GROUP BY 1""",
            now,
        )

        lines = of("packaging", "Top features", now)

        assert len(found) == 4
        assert {name: line.figure for name, line in lines.items()} == {
            name: f"{said(tokens)} AIT" for name, tokens, _ in found
        }
        for name, tokens, before in found:
            change = round((tokens - before) / before * 100)
            assert str(abs(change)) in lines[name].note

    def test_losing_rates_and_features_are_those_of_the_rows(self, now: datetime) -> None:
        losing = rows(
            """SELECT count(*) FROM pricing_rate r JOIN pricing_version v ON v.id = r.version_id
               JOIN pricing_ratetable t ON t.id = v.table_id
               JOIN wallets_tokenunit u ON u.code = t.token
               JOIN pricing_feature f ON f.code = r.feature
               CROSS JOIN LATERAL (
                   SELECT c.cost FROM pricing_costrate c WHERE c.model = r.dimensions->>'model'
                     AND c.component = f.cost_component ORDER BY c.effective_from DESC, c.id DESC LIMIT 1) AS c
               CROSS JOIN LATERAL (
                   SELECT sum(g.tokens * g.unit_cost) / sum(g.tokens) AS worth FROM wallets_grant g
                   JOIN wallets_wallet w ON w.id = g.wallet_id AND w.unit_id = u.id
                   WHERE g.kind = 'purchase' AND g.unit_cost IS NOT NULL) AS w
               WHERE v.effective_from <= %(now)s AND (v.effective_until IS NULL OR v.effective_until > %(now)s)
                 AND r.tokens > 0 AND r.tokens / r.per * w.worth < c.cost""",
            now,
        )
        features = rows(
            f"""WITH l AS ({LINES}), worth AS (
                    SELECT sum(g.tokens * g.unit_cost * c.reporting_rate) / sum(g.tokens) AS worth
                    FROM wallets_grant g JOIN wallets_wallet w ON w.id = g.wallet_id AND w.unit_id = %(unit)s
                    JOIN wallets_currency c ON c.code = g.currency
                    WHERE g.kind = 'purchase' AND g.unit_cost IS NOT NULL)
                SELECT f.code, sum(l.cost) - sum(l.tokens) * worth FROM l CROSS JOIN worth
                JOIN pricing_feature f ON f.id = l.feature_id
                WHERE l.unit_id = %(unit)s AND l.occurred_at >= %(today)s - interval '30 days'
                  AND l.occurred_at < %(today)s
                GROUP BY 1, worth HAVING sum(l.cost) > sum(l.tokens) * worth""",
            now,
        )

        rates = of("packaging", "Rates that cost more", now)
        under = of("packaging", "Features priced under cost", now)

        assert losing == [(1,)]
        assert sum(int(line.figure) for line in rates.values()) == 1
        assert len(features) == 2
        assert {name: line.figure for name, line in under.items()} == {
            code: f"−{said(loses)} USD" for code, loses in features
        }


class TestSales:
    def test_counts_trials_and_quotations(self, now: datetime) -> None:
        ((count, accounts, tokens, spent),) = rows(
            """SELECT count(*), count(DISTINCT account_id), sum(tokens),
                      sum(tokens - remaining - expired - voided) FROM wallets_grant
               WHERE kind = 'trial' AND remaining > 0 AND (expires_at IS NULL OR expires_at > %(now)s)""",
            now,
        )
        ((waiting,),) = rows(
            "SELECT count(*) FROM billing_quotation WHERE sent_at IS NULL AND asked_edits = edits", now
        )

        lines = of("sales", "Trials and quotations", now)

        assert count > 0
        assert lines["Trials alive"].figure == str(count)
        assert lines["Trials alive"].note == f"{int(spent * 100 / tokens)} % used, at {accounts} accounts"
        assert lines["Quotations that wait for approval"].figure == str(waiting) == "1"


class TestFinance:
    def test_owes_what_the_ledger_says(self, now: datetime) -> None:
        ((balance, overage),) = rows(
            """SELECT sum(balance), sum(overage) FROM (
                   SELECT (SELECT e.balance_after FROM wallets_entry e WHERE e.wallet_id = w.id
                           ORDER BY number DESC LIMIT 1) AS balance,
                          coalesce((SELECT sum(CASE e.kind WHEN 'overage' THEN e.amount
                                                           WHEN 'overage_reversal' THEN -e.amount
                                                           WHEN 'repay' THEN -e.amount
                                                           WHEN 'settle' THEN -e.amount ELSE 0 END)
                                    FROM wallets_entry e WHERE e.wallet_id = w.id), 0) AS overage
                   FROM wallets_wallet w WHERE w.unit_id = %(unit)s) AS each""",
            now,
        )
        ((bought,),) = rows(
            """SELECT sum(g.remaining) FROM wallets_grant g
               JOIN wallets_wallet w ON w.id = g.wallet_id AND w.unit_id = %(unit)s WHERE g.kind = 'purchase'""",
            now,
        )
        ((worth,),) = rows(
            """SELECT sum((round(g.tokens * g.unit_cost, 2) - round((g.tokens - g.remaining) * g.unit_cost, 2))
                          * c.reporting_rate)
               FROM wallets_grant g JOIN wallets_wallet w ON w.id = g.wallet_id AND w.unit_id = %(unit)s
               JOIN wallets_currency c ON c.code = g.currency WHERE g.voided = 0 AND g.expired = 0""",
            now,
        )

        lines = of("finance", "Owed to customers", now)

        assert overage > 0
        assert lines["AIT in overage"].figure == said(overage)
        assert lines["AIT outstanding"].figure == said(balance + overage)
        assert lines["AIT outstanding"].note == f"{said(bought)} of them paid, worth {worth:,.2f} USD"

    def test_earned_and_cost_what_was_recorded_this_month(self, now: datetime) -> None:
        ((earned,),) = rows(
            """SELECT sum(CASE WHEN e.kind IN ('draw', 'late_draw') THEN e.amount ELSE -e.amount END
                          * g.unit_cost * c.reporting_rate)
               FROM wallets_entry e JOIN wallets_grant g ON g.id = e.grant_id
               JOIN wallets_currency c ON c.code = g.currency
               WHERE g.kind = 'purchase' AND e.kind IN ('draw', 'late_draw', 'restore')
                 AND e.recorded_at >= %(month)s""",
            now,
        )
        ((cost,),) = rows(f"WITH l AS ({LINES}) SELECT sum(cost) FROM l WHERE recorded_at >= %(month)s", now)

        lines = of("finance", "Spent tokens of", now)

        assert earned > 0
        assert lines["Earned"].figure == f"{earned:,.2f} USD"
        assert lines["Cost"].figure == f"{cost:,.2f} USD"
        assert lines["Margin"].figure == f"{round((earned - cost) / earned * 100, 1):,} %".replace("-", "−")

    def test_counts_drafts_of_invoices(self, now: datetime) -> None:
        ((count,),) = rows("SELECT count(*) FROM billing_invoice WHERE state = 'draft'", now)

        assert of("finance", "Invoices", now)["Drafts that wait"].figure == str(count) == "1"


class TestSuccess:
    def test_counts_the_inbox_without_what_is_put_off(self, now: datetime) -> None:
        found = rows(
            """SELECT rule, count(*)::text FROM billing_inboxitem WHERE state <> 'resolved'
               AND NOT (state = 'snoozed' AND snoozed_until > %(now)s) GROUP BY 1""",
            now,
        )

        lines = of("success", "Inbox rows", now)

        assert dict(found).items() >= {"burn": "2", "sync": "1"}.items()
        assert sorted(line.figure for line in lines.values()) == sorted(count for _, count in found)
        assert "Paid tokens expire" not in lines

    @pytest.mark.parametrize(
        ("about", "codes"),
        [
            ("sales", ["runs-out", "overage", "peak", "pack", "seats", "trial"]),
            ("success", ["unused", "runs-out", "seats"]),
        ],
    )
    def test_calls_those_that_are_advised_the_most_urgent_first(
        self, now: datetime, about: str, codes: list[str]
    ) -> None:
        found = rows(
            """SELECT a.reference || ': ' || v.title, v.due_on FROM billing_advice v
               JOIN wallets_account a ON a.id = v.customer_id
               WHERE v.code = ANY (%(codes)s) ORDER BY v.due_on, v.id LIMIT 10""",
            now,
            codes=codes,
        )

        lines = of(about, "Accounts to call", now)

        assert found
        called = [name for name in lines if name != "More, on the page of advice"]
        assert called == [name for name, _ in found]
        days: list[date] = [day for _, day in found]
        assert days == sorted(days)


class TestPages:
    @pytest.mark.parametrize("about", DigestChoice.About.values)
    def test_of_a_digest_are_open_to_whom_it_is_for(self, now: datetime, about: str) -> None:
        user = User.objects.create_user(named("reader"), is_staff=True)
        user.groups.add(Group.objects.get(name=PEOPLE[about]))
        client = Client()
        client.force_login(user)
        assert user.has_perms(NEEDS[about])

        told = digest(about, now, HOME)

        pages = [each.page for section in told.sections for each in (section, *section.lines) if each.page]
        assert len(pages) >= 3
        assert all(section.page or all(line.page for line in section.lines) for section in told.sections)
        assert {page: client.get(f"{HOME}{page}").status_code for page in pages} == dict.fromkeys(pages, 200)
        shown = client.get(f"/admin/billing/digestchoice/?show={about}").content.decode()
        assert all(f'href="/admin/{page}"'.replace("&", "&amp;") in shown for page in pages)


class TestCommand:
    @pytest.mark.parametrize("about", DigestChoice.About.values)
    def test_prints_the_digest_as_it_would_be_written_now(
        self, now: datetime, about: str, capsys: pytest.CaptureFixture[str], settings: Any
    ) -> None:
        settings.PUBLIC_URL = "https://tokens.example.com"
        moment = clock()

        call_command("digest", about)

        home = "https://tokens.example.com/admin/"
        assert capsys.readouterr().out == digest(about, moment, home).text

    def test_sends_it_to_an_address(
        self, now: datetime, mailoutbox: list[Any], capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("digest", "sales", "--to", "ada@example.com")

        (mail,) = mailoutbox
        assert mail.to == ["ada@example.com"]
        assert mail.subject.startswith("Tokendesk for sales: ")
        assert "Accounts to call" in mail.body
        assert capsys.readouterr().out.startswith("Sent to ada@example.com.")
