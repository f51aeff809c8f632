"""What the inbox is told of: raised once with its evidence, left alone by hand, settled by its cause."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing.models import InboxItem
from billing.queries import inbox_causes
from billing.services import inbox, watching
from billing.tests.desks.people import a_member, at_the_desk_of, text_of
from billing.tests.shelf import Shelf
from usage.models import Debit
from usage.queries.rolled import rolled
from usage.rules.enrolment import Enrolment, PolicyChoice
from usage.services import terms
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, clock, named, together, up_to
from usage.tests.reported import an_event, debit_of, rate, report
from usage.tests.rolled import roll_up, roll_up_yesterday
from wallets.models import Account, Entry, Wallet

TELLS = PolicyChoice("block", notify=(50, 80))


def rows_of(account: Account, rule: str) -> list[InboxItem]:
    return list(InboxItem.objects.filter(customer=account, rule=rule).order_by("pk"))


@pytest.mark.django_db
class TestThresholds:
    def test_are_raised_with_the_debit_that_reached_them_and_end_with_the_next_tokens(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=TELLS)
        a_grant(account, "100")
        shop.debit(account, "49")
        watching.watch()
        assert not rows_of(account, "threshold")

        crossed = shop.debit(account, "21")
        watching.watch()
        watching.watch()

        (half,) = rows_of(account, "threshold")
        assert half.title == f"{account.reference} has spent 50 % of its AIT"
        assert dict(half.evidence)["Debit"] == str(crossed.id)
        assert dict(half.evidence)["Balance"] == "30"
        told = text_of(at_the_desk_of("Support").get(f"/admin/billing/inboxitem/{half.pk}/change/"))
        debit = f'<a class="d-inlist" href="/admin/usage/debit/{crossed.id}/change/">21 AIT of {clock():%-d %b %Y}</a>'
        assert debit in told

        shop.debit(account, "15")
        watching.watch()
        half, most = rows_of(account, "threshold")
        assert (half.state, most.state, dict(most.evidence)["Threshold"]) == ("resolved", "open", "80 %")

        a_grant(account, "1000")
        watching.watch()
        assert [each.state for each in rows_of(account, "threshold")] == ["resolved", "resolved"]
        wallet = Wallet.objects.get(account=account)
        assert wallet.stocked == 1015

    def test_resolved_by_hand_are_not_raised_again_for_the_same_occasion(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=TELLS)
        a_grant(account, "100")
        shop.debit(account, "60")
        watching.watch()
        (row,) = rows_of(account, "threshold")
        inbox.resolve(item_id=row.pk, reason="They are told.", user=a_member("Support"))

        watching.watch()
        assert len(rows_of(account, "threshold")) == 1

        shop.debit(account, "25")
        watching.watch()
        assert [each.state for each in rows_of(account, "threshold")] == ["resolved", "open"]


@pytest.mark.django_db
class TestBeyond:
    """RULES.md, usage events: what grants and policy don't cover is marked, with an inbox row."""

    def test_is_raised_with_the_first_debit_and_ends_with_the_overage(self) -> None:
        shop = Shop()
        account, other = shop.an_account(policy=up_to("5")), shop.an_account(policy=up_to("100"))
        a_grant(account, "4")
        report(shop, an_event(shop, other, "50"), an_event(shop, account, "6"))
        rate()
        watching.watch()
        assert not rows_of(account, "beyond")

        first, second = an_event(shop, account, "10"), an_event(shop, account, "2.5")
        report(shop, first)
        rate()
        report(shop, second)
        rate()
        watching.watch()
        watching.watch()

        (row,) = rows_of(account, "beyond")
        assert row.title == f"{account.reference} used 9.5 AIT beyond its policy"
        told = dict(row.evidence)
        assert (told["Debits"], told["Debit"], told["Overage"]) == ("2", str(debit_of(first).pk), "14.5")
        assert text_of(at_the_desk_of("Support").get(f"/admin/{row.link}")).count("AIT") >= 2
        assert not rows_of(other, "beyond")

        a_grant(account, "15", kind="purchase")
        watching.watch()
        (row,) = rows_of(account, "beyond")
        assert row.state == "resolved"

    def test_is_raised_however_long_the_address_of_a_reference_is(self) -> None:
        """A letter may take nine characters of an address; a row that can't be kept would stop all that follow."""
        shop, reference = Shop(), f"{'東京' * 50}{named('')}"
        asked = Enrolment(policy=up_to("1"), rate_table=shop.table.code)
        terms.enrol(reference=reference, asked=asked, author=AUTHOR)
        account = Account.objects.get(reference=reference)
        report(shop, an_event(shop, account, "6"))
        rate()

        watching.watch()

        (row,) = rows_of(account, "beyond")
        assert "6" in text_of(at_the_desk_of("Support").get(f"/admin/{row.link}"))

    def test_of_the_next_overage_is_another_row(self) -> None:
        shop = Shop()
        account = shop.an_account()
        for _ in range(2):
            report(shop, an_event(shop, account, "3"))
            rate()
            watching.watch()
            a_grant(account, "3", kind="purchase")
            watching.watch()

        assert [each.state for each in rows_of(account, "beyond")] == ["resolved", "resolved"]
        assert {each.title for each in rows_of(account, "beyond")} == {
            f"{account.reference} used 3 AIT beyond its policy"
        }


@pytest.mark.django_db
class TestExpiries:
    def test_name_each_bought_grant_and_end_when_it_is_used(self) -> None:
        shop, now = Shop(), clock()
        account = shop.an_account()
        first = a_grant(account, "100", kind="purchase", expires_at=now + 3 * DAY)
        second = a_grant(account, "50", kind="purchase", expires_at=now + 9 * DAY)
        a_grant(account, "70", kind="purchase", expires_at=now + 30 * DAY)
        a_grant(account, "70", expires_at=now + 3 * DAY)

        watching.watch()

        (row,) = rows_of(account, "expiry")
        assert "loses 150 paid AIT" in row.title
        assert [name for name, _ in row.evidence] == [f"Grant {first.pk}", f"Grant {second.pk}"]
        told = text_of(at_the_desk_of("Support").get(f"/admin/billing/inboxitem/{row.pk}/change/"))
        assert f'/grant/{first.pk}/change/">purchase, 100 AIT of {clock():%-d %b %Y}</a>' in told
        assert f"{first.pk}<" not in told
        shop.debit(account, "220")
        watching.watch()
        (row,) = rows_of(account, "expiry")
        assert row.state == "resolved"


@pytest.mark.django_db
class TestMargins:
    def test_name_the_rates_that_lose_until_their_models_cost_less(self) -> None:
        shelf = Shelf()
        shelf.publish()
        shelf.list(small="6e-06")

        watching.watch()

        (row,) = InboxItem.objects.filter(rule="margin", subject__startswith=f"{shelf.table.code}:")
        assert (row.state, len(row.evidence)) == ("open", 1)
        assert row.title.startswith(f"1 rate of {shelf.table} costs more than it brings")
        assert "costs 0.000006 USD" in row.evidence[0][1]

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("billing.queries.cost_review.patiently", lambda *asked: None)
            watching.watch()
        row.refresh_from_db()
        assert row.state == "open"  # nobody could tell
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("billing.queries.margins.patiently", lambda *asked: None)
            watching.watch()
        row.refresh_from_db()
        assert row.state == "open"  # nor what a token is worth

        shelf.list(small="1e-06")
        watching.watch()
        row.refresh_from_db()
        assert row.state == "resolved"


@pytest.mark.committed
class TestBurn:
    def test_is_raised_once_however_many_watch_and_ends_when_it_is_as_expected(self) -> None:
        shop, now = Shop(since=clock() - 100 * DAY), clock()
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        calm, wild = (shop.an_account(now - 80 * DAY) for _ in range(2))
        for account in (calm, wild):
            a_grant(account, "10000", now=now - 80 * DAY)
            for n in range(1, 22):
                shop.debit(account, str(10 + n % 3), at=today - n * DAY + HOUR, now=now)
        shop.debit(wild, "90", at=today - DAY + 2 * HOUR, now=now)
        roll_up()

        bends = {each.account: each for each in inbox_causes.bends(now)}
        found = {account: each.departure for account, each in bends.items()}
        assert calm not in found
        assert (found[wild].used, found[wild].is_rise) == (
            _by_the_ledger(wild, today, found[wild].days),
            True,
        )
        together([lambda: watching.watch_burn(now)] * 4)
        (row,) = rows_of(wild, "burn")
        assert dict(row.evidence)["Used"] == str(found[wild].used.normalize())
        assert row.kind == "Burn spike"
        fallen = replace(bends[wild], departure=replace(found[wild], used=Decimal(0)))
        assert ("Kind", "Burn drop") in watching._burn(fallen, now).evidence
        assert not rows_of(calm, "burn")

        watching.watch_burn(now + 20 * DAY)
        (row,) = rows_of(wild, "burn")
        assert row.state == "resolved"

    def test_falls_anew_after_a_rise_that_somebody_resolved_and_not_where_nobody_may_burn(self) -> None:
        shop, now = Shop(since=clock() - 100 * DAY), clock()
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        left, closed = (shop.an_account(now - 80 * DAY) for _ in range(2))
        for account in (left, closed):
            a_grant(account, "10000", now=now - 80 * DAY)
            for n in range(8, 35):
                shop.debit(account, str(10 + n % 3), at=today - n * DAY + HOUR, now=now)
            shop.debit(account, "30", at=today - 14 * DAY + HOUR, now=now)
        terms.enrol(reference=closed.reference, asked=Enrolment(state="closed"), author=AUTHOR)
        roll_up()
        risen = inbox_causes.bends(now - 13 * DAY)
        inbox.raise_causes("burn", [watching._burn(each, now) for each in risen])  # in the same month
        (rise,) = rows_of(left, "burn")
        inbox.resolve(item_id=rise.pk, reason="A launch.", user=a_member("Support"))

        watching.watch_burn(now)
        watching.watch_burn(now)

        told = [(row.kind, row.state) for row in rows_of(left, "burn")]
        assert told == [("Burn spike", "resolved"), ("Burn drop", "open")]
        assert [(row.kind, row.state) for row in rows_of(closed, "burn")] == [("Burn spike", "resolved")]

    def test_waits_until_the_day_before_is_rolled_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Days that are not in yet would look like burn that fell."""
        ahead = clock() + 3 * DAY
        roll_up_yesterday()
        present = rolled()
        monkeypatch.setattr(watching, "rolled", lambda: replace(present, until=present.at - DAY))
        assert not watching.watch_burn_once_a_day(ahead)

        monkeypatch.setattr(watching, "rolled", rolled)
        assert watching.watch_burn_once_a_day(ahead)
        assert not watching.watch_burn_once_a_day(ahead)

    def test_watching_at_once_has_one_row_a_cause(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=TELLS)
        a_grant(account, "100")
        shop.debit(account, "60")

        together([watching.watch] * 4)
        watching.watch()

        assert len(rows_of(account, "threshold")) == 1


def _by_the_ledger(account: Account, today: datetime, days: int) -> Decimal:
    entries = Entry.objects.filter(account=account, kind="draw").values_list("cause_id", "amount")
    since = dict(Debit.objects.filter(account=account).values_list("pk", "occurred_at"))
    return sum((each for cause, each in entries if today - days * DAY <= since[cause] < today), Decimal(0))
