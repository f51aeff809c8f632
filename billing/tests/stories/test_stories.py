"""What customers live through, from the first call to the last figure, worked out by hand; then the books are right."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing.models import GrantMonth, GrantRevenue, Invoice, News, NewsReading
from billing.rules.months import end_of
from billing.services import crediting, entitlements, invoicing, news, recognising, trial_life
from billing.services.crediting import CreditOrder
from billing.tests import invoiced, trying
from billing.tests.orders.sold import an_offer, bought, given_to, monthly
from billing.tests.quotations import quoted
from billing.tests.stories.conftest import Town
from usage.tests.made import DAY, HOUR, clock, named
from wallets.services import ledger

D = Decimal


def line(sku: str, quantity: str = "1") -> dict[str, str]:
    return {"line": "1", "sku": sku, "quantity": quantity}


class TestTrial:
    def test_is_used_extended_and_becomes_a_purchase(self, town: Town) -> None:
        """Ten tokens that wait for their use; 4 are used, their 14 days become 21, a pack of 500 ends the other 6."""
        offer = trying.an_offer("10", starts="first_use", days=14, activate_within=60, extension_days=7)
        seller, pack, name = trying.a_seller(), an_offer("25", tokens=[bought("500")]), named("SO")
        trial = trying.a_trial(seller, offer, town.acme)

        used = town.debit("4")
        trial_life.note_first_uses()
        trial_life.extend(trial_id=trial.pk, user=seller, reason="They were away.")

        begun = datetime.fromisoformat(used.json["recorded_at"])
        assert trying.grant_of(trial).expires_at == begun + 21 * DAY
        assert town.debit("7").slug == "insufficient-tokens"

        town.order(name, 1, line(pack.code))
        trial_life.convert(trial_id=trial.pk, user=seller, is_kept=False, purchase=name)

        grant = trying.grant_of(trial)
        assert (grant.spent, grant.voided, grant.remaining) == (4, 6, 0)
        assert town.debit("7").json["tokens"] == "7.000000"
        assert town.balance() == "493.000000"


class TestHybridCustomer:
    def test_goes_from_a_quotation_over_its_peak_to_an_invoice(self, town: Town) -> None:
        """A plan of 10 tokens and a seat a month for 40, less 12.5 % is 35; two packs of 7 for 5.55 are 11.10.

        24 tokens; two more at their desks take 2 × 1, so 22 are left; 27 units leave 5 as overage, at 0.10 is 0.50.
        """
        plan = an_offer(
            "40",
            kind="plan",
            period="month",
            tokens=[monthly("10")],
            seats={town.shop.image: 1},
            policy={"mode": "overage", "limit": "20", "steps": []},
        )
        pack = an_offer("5.55", tokens=[bought("7")])
        seller = quoted.a_seller()
        draft = quoted.a_draft(
            town.acme,
            quoted.a_line(plan, discount=quoted.off("12.5", reason="They grow")),
            quoted.a_line(pack, "2"),
            user=seller,
        )
        assert draft.amount == D("46.10")
        number = quoted.accepted(quoted.sent(draft)).order.external_id

        assert town.program.get(f"/orders/{number}").json["state"] == "active"
        assert town.balance() == "24.000000"
        assert [town.seat(user) for user in ("ann", "bob", "cid")] == ["base", "overflow", "overflow"]
        assert town.debit("27").json["tokens"] == "27.000000"
        assert (town.balance(), town.balance("overage")) == ("0.000000", "5.000000")

        self.is_invoiced(town)

    def is_invoiced(self, town: Town) -> None:
        """The next period's ten tokens are included ones and repay nothing; 0.20 of the 0.50 are given back."""
        invoiced.a_seller()
        invoiced.a_rate("0.10", town.acme)
        begins = end_of(clock().date())
        invoicing.draft_account(customer_id=town.acme.pk, now=begins + HOUR)
        draft = Invoice.objects.get(customer=town.acme, period=(begins - DAY).date().replace(day=1))
        entitlements.reconcile(account_id=town.acme.pk, now=given_to(town.acme)[0].expires_at)
        assert [grant.tokens for grant in given_to(town.acme)] == [10, 14, 10]

        final = invoicing.finalise(invoice_id=draft.pk, by="fin", now=begins + 32 * DAY)
        asked = final.lines.get(kind="overage")
        order = CreditOrder(final.pk, {asked.pk: D("0.20")}, "It was our fault.", "once")
        note = crediting.credit_by_hand(order=order, by="fin", now=begins + 32 * DAY + HOUR)

        assert (asked.feature, asked.quantity, asked.amount) == (town.shop.chat, 5, D("0.50"))
        assert final.total == D("46.10") + D("0.50")
        assert (note.total, town.balance("overage")) == (D("0.20"), "0.000000")


class TestUpgrade:
    def test_in_mid_period_gives_half_of_the_difference(self, town: Town) -> None:
        """1,000 tokens a month become 5,000 when half of it is over: 4,000 ÷ 2 more."""
        small = an_offer("100", kind="plan", period="month", tokens=[monthly("1000")])
        large = an_offer("400", kind="plan", period="month", tokens=[monthly("5000")])
        name = named("SO")
        start = clock().replace(hour=0, minute=0, second=0, microsecond=0) - 16 * DAY
        first = town.order(name, 1, line(small.code), at=start)
        (grant,) = given_to(town.acme)
        assert grant.expires_at is not None
        half = start + (grant.expires_at - start) / 2

        town.order(name, 2, line(large.code), at=half)

        assert first["lines"][0]["grants"][0]["tokens"] == "1000.000000"
        assert town.balance() == "3000.000000"
        assert town.debit("1200").status == 201
        assert town.balance() == "1800.000000"


class TestRefund:
    def test_after_a_part_was_spent_leaves_that_part_earned(self, town: Town) -> None:
        """500 tokens for 25: 120 are spent, 6.00; 380 are taken back, 19.00."""
        pack, name = an_offer("25", tokens=[bought("500")]), named("SO")
        town.order(name, 1, line(pack.code))
        assert town.debit("120").status == 201

        town.order(name, 2, line(pack.code), state="cancelled")
        recognising.reckon()

        assert (town.balance(), town.debit("1").slug) == ("0.000000", "insufficient-tokens")
        revenue = GrantRevenue.objects.get(account=town.acme)
        assert (revenue.paid, revenue.recognised, revenue.refunded, revenue.deferred) == (25, 6, 19, 0)
        assert sum(row.recognised for row in GrantMonth.objects.filter(account=town.acme)) == 6


class TestExpiry:
    def test_is_told_of_beforehand_and_pays_for_what_is_reported_late(self, town: Town) -> None:
        """500 tokens for 40 days: 100 are used, 400 lapse; 20 used the day before are reported after it: 380."""
        pack = an_offer("25", tokens=[bought("500", lasts_days=40)])
        news.tell()
        NewsReading.objects.update(since_at=town.began_at, read_until=town.began_at)
        town.order(named("SO"), 1, line(pack.code), at=clock() - 33 * DAY - HOUR)
        (grant,) = given_to(town.acme)
        ends = grant.expires_at
        assert ends is not None

        assert town.debit("100").status == 201
        news.tell()
        ledger.expire(account_id=town.acme.pk, now=ends)
        news.tell()
        town.shop.debit(town.acme, "20", at=ends - DAY, now=ends + HOUR)

        told = News.objects.filter(about=town.acme, kind__startswith="grant").order_by("pk")
        assert [(each.kind, each.data.get("days"), each.data.get("remaining")) for each in told] == [
            ("grant.created", None, None),
            ("grant.expiring", 7, "400.000000"),
            ("grant.expired", None, None),
        ]
        assert told[2].data["tokens"] == "400.000000"
        grant.refresh_from_db()
        assert (grant.spent, grant.expired, grant.remaining) == (120, 380, 0)


class TestAmendment:
    def test_counts_whichever_version_is_highest_in_whatever_order_they_come(self, town: Town) -> None:
        """Two packs of 500 come before the one that they replace: 1,000. Then one, of which 30 are spent: 470."""
        pack, name = an_offer("25", tokens=[bought("500")]), named("SO")

        town.order(name, 2, line(pack.code, "2"))
        late = town.order(name, 1, line(pack.code))
        again = town.order(name, 2, line(pack.code, "2"))

        assert (late["superseded"], late["present_version"], late["lines"]) == (True, 2, [])
        assert (town.balance(), again["version"]) == ("1000.000000", 2)

        assert town.debit("30").status == 201
        town.order(name, 3, line(pack.code))
        assert town.balance() == "470.000000"
