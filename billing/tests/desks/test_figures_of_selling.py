"""What pages of invoices, top-ups and trials say, beside an SQL of its own over entries, grants and their sales."""

from __future__ import annotations

from decimal import Decimal
from math import ceil

import pytest
from django.test import Client

from billing.services import crediting, invoicing, trial_requests
from billing.services.invoicing import FixedLine
from billing.tests.desks.asking import asked
from billing.tests.desks.cells import column_of, money, rows_of
from billing.tests.desks.people import a_member, at_the_desk_of
from billing.tests.invoiced import SPRING, a_seller, a_spender, drafted, finalised
from billing.tests.top_ups.ruled import a_pack, a_rule, topped_up
from billing.tests.trying import allow, an_offer, ask
from pricing.models import Feature
from usage.services import reversing
from usage.tests.made import DAY, Shop, a_grant, a_reversal, clock
from wallets.models import Account

pytestmark = pytest.mark.django_db

# Overage of March in Auckland, less what was given back of it or repaid; each feature by the rate of its time.
_OVERAGE = """
    SELECT f.name, sum(CASE e.kind WHEN 'overage' THEN e.amount ELSE -e.amount END)
    FROM wallets_entry e
    LEFT JOIN usage_reversal v ON v.id = e.cause_id
    JOIN usage_debit d ON d.id = coalesce(v.debit_id, e.cause_id)
    JOIN usage_debitline l ON l.debit_id = d.id JOIN pricing_feature f ON f.id = l.feature_id
    WHERE e.account_id = %(account)s AND e.kind IN ('overage', 'overage_reversal')
      AND d.recorded_at AT TIME ZONE 'Pacific/Auckland' < '2026-04-01' GROUP BY 1
"""
# Packs that the rule bought this month of UTC: what their grants were sold for.
_TOPPED_UP = """
    SELECT count(*), sum(s.paid) FROM billing_grantsale s JOIN wallets_grant g ON g.id = s.grant_id
    WHERE g.account_id = %(account)s AND g.kind = 'purchase'
      AND date_trunc('month', g.created_at AT TIME ZONE 'UTC')
        = date_trunc('month', statement_timestamp() AT TIME ZONE 'UTC')
"""
# Trial tokens of the month that no manager approved.
_ISSUED = """
    SELECT sum(e.amount) FROM wallets_entry e JOIN wallets_grant g ON g.id = e.grant_id
    WHERE e.kind = 'grant' AND g.kind = 'trial' AND g.account_id = ANY (%(accounts)s)
      AND date_trunc('month', e.recorded_at AT TIME ZONE 'UTC')
        = date_trunc('month', statement_timestamp() AT TIME ZONE 'UTC')
      AND NOT EXISTS (SELECT FROM billing_trialrequest r WHERE r.customer_id = g.account_id AND r.verdict = 'approved')
"""
_WITHOUT_OFFER = """
    SELECT count(*) FROM wallets_grant g WHERE g.kind = 'trial' AND (g.expires_at IS NULL OR g.expires_at > now())
      AND NOT EXISTS (SELECT FROM billing_trial t WHERE t.grant_id = g.id)
      AND 0 < (SELECT sum(CASE WHEN e.kind IN ('grant', 'restore') THEN e.amount ELSE -e.amount END)
               FROM wallets_entry e WHERE e.grant_id = g.id)
"""
_USED = """
    SELECT account_id, sum(CASE kind WHEN 'draw' THEN amount WHEN 'restore' THEN -amount ELSE 0 END)
           / sum(amount) FILTER (WHERE kind = 'grant')
    FROM wallets_entry WHERE account_id = ANY (%(accounts)s) GROUP BY 1
"""

# Of the last thirty days, what was given back whole or in part taken off; captures and reports count as any usage does.
_MONTH = """
    SELECT f.code, sum(l.quantity), sum(l.tokens), count(*) FROM usage_debit d
    JOIN usage_debitline l ON l.debit_id = d.id JOIN pricing_feature f ON f.id = l.feature_id
    WHERE d.account_id = %(account)s AND d.occurred_at >= statement_timestamp() - interval '30 days' GROUP BY 1
"""
_GIVEN_BACK = """
    SELECT sum(e.amount) FROM wallets_entry e JOIN usage_reversal v ON v.id = e.cause_id
    JOIN usage_debit d ON d.id = v.debit_id
    WHERE e.account_id = %(account)s AND e.kind = 'restore'
      AND d.occurred_at >= statement_timestamp() - interval '30 days'
"""

_GIVEN_BACK_LATER = """
    SELECT round(sum(b.tokens) * 0.37, 2) FROM usage_reversal v JOIN usage_reversalline b ON b.reversal_id = v.id
    WHERE v.account_id = %(account)s AND v.recorded_at > %(issued)s
"""


class TestInvoice:
    def test_asks_for_the_overage_that_is_left_of_the_month(self, finance: Client) -> None:
        a_seller()
        shop = Shop(since=SPRING - 40 * DAY)
        acme = a_spender(shop, "0.0137")
        Feature.objects.filter(code=shop.chat).update(name="Chat")
        Feature.objects.filter(code=shop.image).update(name="Images")
        for place, days in enumerate((1, 5, 20, 29, 33)):
            shop.debit(acme, f"{31 + place}.5", now=SPRING + days * DAY)
            used = shop.debit(acme, f"{2 + place}", features=(shop.image,), now=SPRING + days * DAY)
            if place == 1:
                reversing.reverse(a_reversal(used, "1.25", SPRING + 6 * DAY))
        (draft,) = drafted(acme)

        lines = finance.get(f"/admin/billing/invoice/{draft.pk}/change/").context["lines"]

        owed = dict(asked(_OVERAGE, account=acme.pk))
        told = {row.description.rpartition(": ")[2]: (row.quantity, row.amount) for _, row, _ in lines}
        assert told == {
            name: (f"{tokens.normalize():f} AIT", f"{round(tokens * Decimal('0.0137'), 2)}")
            for name, tokens in owed.items()
        }

    def test_comes_to_its_overage_and_what_was_written_on_it(self, finance: Client) -> None:
        a_seller()
        shop = Shop(since=SPRING - 40 * DAY)
        acme = a_spender(shop, "0.0137")
        for tokens, feature in (("3100.5", shop.chat), ("2.25", shop.image), ("704.125", shop.chat)):
            shop.debit(acme, tokens, features=(feature,), now=SPRING + DAY)
        (draft,) = drafted(acme)
        invoicing.add_line(invoice_id=draft.pk, line=FixedLine("Set-up", Decimal("1900.9")), by="fin")
        invoice = finalised(draft.pk)

        listed = finance.get(f"/admin/billing/invoice/?q={invoice.number}")
        page = finance.get(f"/admin/billing/invoice/{invoice.pk}/change/")

        rated = sum(round(tokens * Decimal("0.0137"), 2) for _, tokens in asked(_OVERAGE, account=acme.pk))
        total = f"{money(rated + Decimal('1900.9'))} USD"
        assert column_of(listed, "sum") == [total]
        assert [row[-1] for row in rows_of(page) if row[:1] == ["Total"]] == [total]

    def test_is_credited_for_what_was_given_back_after_it(self, finance: Client) -> None:
        a_seller()
        shop = Shop(since=SPRING - 40 * DAY)
        acme = a_spender(shop, "0.37")
        used = shop.debit(acme, "31.5", now=SPRING + DAY)
        reversing.reverse(a_reversal(used, "2", SPRING + 2 * DAY))
        invoice = finalised(drafted(acme)[0].pk)
        reversing.reverse(a_reversal(used, "7.25", invoice.issued_at + DAY))
        crediting.credit_account(customer_id=acme.pk, now=invoice.issued_at + 2 * DAY)

        ((note, _),) = finance.get(f"/admin/billing/invoice/{invoice.pk}/change/").context["notes"]

        later = asked(_GIVEN_BACK_LATER, account=acme.pk, issued=invoice.issued_at)
        assert [(note.total,)] == later


class TestEstimate:
    def test_is_a_month_of_what_was_used(self) -> None:
        now = clock()
        shop = Shop(since=now - 100 * DAY)
        acme = shop.an_account(now - 90 * DAY)
        a_grant(acme, "5000", kind="purchase", now=now - 80 * DAY)
        for days in (70, 33, 29, 12, 3, 1):
            used = shop.debit(acme, f"{days}.5", "7", features=(shop.chat, shop.image), now=now - days * DAY)
            if days in (33, 12, 1):
                reversing.reverse(a_reversal(used, "2.25", now))

        page = f"/admin/billing/quotation/to/{acme.pk}/estimate/"
        found = at_the_desk_of("Sales").get(page).context["estimate"]

        rows = asked(_MONTH, account=acme.pk)
        ((given_back,),) = asked(_GIVEN_BACK, account=acme.pk)
        assert {(each.code, each.quantity, each.tokens, each.lines) for each in found.features} == set(rows)
        assert found.given_back == given_back
        assert found.tokens == sum(tokens for _, _, tokens, _ in rows) - given_back
        assert found.a_month == ceil(found.tokens)


class TestTopUps:
    def test_that_were_bought_this_month_are_those_that_were_paid_for(self, finance: Client) -> None:
        shop = Shop()
        acme = shop.an_account()
        rule = a_rule(acme, a_pack("300", "12.34"), threshold="350", fill_to="1000", most=9)
        topped_up(rule)
        shop.debit(acme, "900")
        topped_up(rule)

        shown = finance.get(f"/admin/wallets/account/{acme.pk}/change/?tab=top_ups").context["top_up"]

        ((grants, paid),) = asked(_TOPPED_UP, account=acme.pk)
        assert grants > 0
        assert (shown.taken.count, shown.taken.spent) == (2, paid)


class TestTrials:
    @pytest.fixture
    def accounts(self) -> list[Account]:
        """Three who try: two by the seller's own month, one by a manager's word."""
        shop = Shop()
        accounts = [shop.an_account() for _ in range(3)]
        seller = a_member("Sales")
        allow(seller, "70")
        for account, tokens in zip(accounts, ("40", "25", "60"), strict=True):
            issued = ask(seller, an_offer(tokens), account)
            if issued.request is not None:
                trial_requests.approve(request_id=issued.request.pk, user=a_member("Sales management"))
        used = shop.debit(accounts[0], "16")
        shop.debit(accounts[1], "25")
        reversing.reverse(a_reversal(used, "6"))
        return accounts

    def test_leave_of_the_sellers_month_what_was_not_issued(self, accounts: list[Account]) -> None:
        shown = at_the_desk_of("Sales").get("/admin/billing/trial/").context["months"]

        ((issued,),) = asked(_ISSUED, accounts=[each.pk for each in accounts])
        ((_, month),) = [each for each in shown if each[0].is_default]
        assert (month.issued, month.left) == (issued, 70 - issued)

    def test_tell_how_many_are_open_without_an_offer(self, accounts: list[Account]) -> None:
        a_grant(accounts[0], "5")
        a_grant(accounts[1], "7", now=clock() - 9 * DAY, expires_at=clock() - DAY)

        page = at_the_desk_of("Sales").get("/admin/billing/trial/").content.decode()

        ((count,),) = asked(_WITHOUT_OFFER)
        assert f"{count} trial grant{'s' if count > 1 else ''} that" in page

    def test_are_used_as_far_as_the_ledger_drew(self, accounts: list[Account]) -> None:
        rows = at_the_desk_of("Sales").get("/admin/billing/trial/").context["rows"]

        used = dict(asked(_USED, accounts=[each.pk for each in accounts]))
        assert {each.trial.customer_id: each.used for each in rows} == used
