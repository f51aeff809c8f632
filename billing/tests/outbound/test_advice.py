"""Advice: what an account's days and purchases say, with the rows that it comes from, while there is reason for it."""

from __future__ import annotations

import re
from datetime import UTC, date, timedelta
from decimal import Decimal

import pytest
from django.db import connection as database

from billing.admin import advice_rows
from billing.models import Advice, Connection, FigureLook, Offer, OfferTokens, Outgoing
from billing.rules.advice import Pack, Paid, better_pack, peak_of
from billing.rules.connecting import TASK
from billing.services import advising
from billing.services.figures import note_changes
from billing.tests.desks.people import at_the_desk_of, text_of
from billing.tests.invoiced import UNLIMITED
from billing.tests.orders.sold import an_offer
from billing.tests.outbound.plain import Plain, linked
from billing.tests.outbound.vendor import Vendor
from billing.tests.trying import a_seller, a_trial
from billing.tests.trying import an_offer as a_trial_offer
from usage.tests.made import DAY, HOUR, Shop, a_grant, ait, clock, named
from usage.tests.rolled import roll_up
from wallets.models import Account, Entry

TODAY = date(2026, 3, 31)
PAID = Paid(Decimal("0.10"), "EUR", Decimal(100), "g-1")


def days(*tokens: int) -> dict[date, Decimal]:
    return {TODAY - timedelta(days=n): Decimal(each) for n, each in enumerate(tokens)}


def a_pack(tokens: int, price: int, lasts: int | None = None, currency: str = "EUR") -> Pack:
    return Pack(f"p-{tokens}", f"Pack {tokens}", Decimal(tokens), Decimal(price), currency, lasts)


class TestPeakOf:
    def test_is_three_times_the_median_of_the_days_with_usage(self) -> None:
        found = peak_of(days(*[10] * 15, 30, 0, 0))

        assert found is not None
        assert (found.day, found.tokens, found.base) == (TODAY - timedelta(days=15), 30, 10)
        assert peak_of(days(*[10] * 15, 29)) is None

    def test_needs_fourteen_days_of_usage(self) -> None:
        assert peak_of(days(*[10] * 12, 900)) is None
        assert peak_of(days(*[10] * 13, 900)) is not None


class TestBetterPack:
    def test_is_the_cheapest_a_token_that_is_used_up_in_time(self) -> None:
        packs = [a_pack(1000, 80), a_pack(3650, 219), a_pack(4000, 200), a_pack(2000, 10, currency="USD")]

        found = better_pack(Decimal(10), PAID, packs)

        assert found is not None
        assert (found.pack.code, found.a_month, found.saves) == ("p-3650", 300, Decimal("12.00"))

    def test_is_none_that_expires_before_it_is_used_or_is_hardly_cheaper(self) -> None:
        assert better_pack(Decimal(10), PAID, [a_pack(301, 3, lasts=30)]) is None
        assert better_pack(Decimal(10), PAID, [a_pack(300, 3, lasts=30)]) is not None
        assert better_pack(Decimal(10), PAID, [a_pack(1000, 91)]) is None
        assert better_pack(Decimal(10), PAID, [a_pack(1000, 90)]) is not None
        assert better_pack(Decimal(10), None, [a_pack(1000, 9)]) is None


def peaking(shop: Shop) -> Account:
    """Twelve tokens on each of twenty days, and a hundred more on one; paid half a euro for a token."""
    now = clock()
    account = shop.an_account(now - 34 * DAY)
    a_grant(account, "1000", kind="purchase", unit_cost=Decimal("0.5"), currency="USD", now=now - 34 * DAY)
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for n in range(1, 21):
        shop.debit(account, "112" if n == 7 else "12", now=midnight - n * DAY + HOUR)
    roll_up()
    return account


@pytest.mark.committed
class TestAdvise:
    def test_says_what_there_is_reason_for_and_takes_back_what_there_is_not(self) -> None:
        shop, now = Shop(since=clock() - 100 * DAY), clock()
        offer = Offer.objects.create(
            code=named("PACK"), name="Large", kind="pack", list_price=Decimal("0.01"), currency="USD"
        )
        OfferTokens.objects.create(offer=offer, unit_id=ait(), tokens=100, share=100)
        account = peaking(shop)

        advising.advise(now)
        advising.advise(now + HOUR)

        found = {row.code: row for row in Advice.objects.filter(customer=account)}
        assert set(found) == {"peak", "pack"}
        assert found["peak"].found_at == now
        assert found["peak"].evidence.startswith(f"{_busiest(account)} AIT were used on ")
        grant = account.wallets.get().grants.get()
        assert f"grant {grant.pk}" in found["pack"].rows
        assert f"offer {offer.code}" in found["pack"].rows

        Offer.objects.filter(pk=offer.pk).update(is_sold=False)
        advising.advise(now + 2 * HOUR)
        left = {row.code: row for row in Advice.objects.filter(customer=account)}
        assert set(left) - {"pack"} == {"peak"}
        assert "pack" not in left or f"offer {offer.code}" not in left["pack"].rows

    def test_is_told_to_the_crm_as_a_task_with_its_rows(self, plain: Connection, vendor: Vendor) -> None:
        account = peaking(Shop(since=clock() - 100 * DAY))
        linked(plain, account)

        for _ in range(2):
            note_changes({"plain": Plain()})
            FigureLook.objects.filter(account=account).update(due_at=clock())

        (task,) = Outgoing.objects.filter(
            connection=plain, kind=TASK, subject=account.reference, content__signal="peak"
        )
        assert f"It goes by: usage of {account.reference} from " in task.content["evidence"]


def _busiest(account: Account) -> str:
    """By the entries of the ledger."""
    with database.cursor() as cursor:
        cursor.execute(
            """SELECT trim_scale(max(tokens))::text FROM (
                   SELECT sum(e.amount) AS tokens FROM wallets_entry e
                   JOIN usage_debit d ON d.id = e.cause_id AND d.account_id = e.account_id
                   WHERE e.account_id = %s AND e.kind = 'draw'
                   GROUP BY (d.occurred_at AT TIME ZONE 'UTC')::date) AS days""",
            [account.pk],
        )
        (busiest,) = cursor.fetchone()
        return str(busiest)


@pytest.mark.committed
class TestRows:
    def test_lead_to_where_they_are_shown(self) -> None:
        shop, now = Shop(since=clock() - 100 * DAY), clock()
        offer = an_offer()
        account = shop.an_account(now - 30 * DAY, policy=UNLIMITED)
        grant = a_grant(account, "40", now=now - 20 * DAY)
        trial = a_trial(a_seller(), a_trial_offer("10"), account)
        shop.debit(account, "50", now=now - 9 * DAY)
        number = Entry.objects.filter(account=account).order_by("-number")[0].number
        advice = Advice(customer=account)
        client = at_the_desk_of("Sales")

        for row, text in (
            (f"usage of {account.reference} from {now.date() - 30 * DAY} to {now.date()}", shop.chat),
            (f"ledger entry {number}", f"{number}"),
            (f"check-outs of {shop.chat} since {now.date()}", "Seats"),
            ("order period 01a2", "Orders"),
            (f"grant {grant.pk}", f"{account.reference}"),
            (f"trial {trial.pk}", f"{account.reference}"),
            (f"offer {offer.code}", offer.code),
        ):
            (address,) = re.findall(r'href="([^"]+)"', advice_rows.led(advice, row, {}))
            page = client.get(address.replace("&amp;", "&"))
            assert (row, page.status_code) == (row, 200)
            assert text in page.content.decode()
        assert advice_rows.led(advice, "<b>", {}) == "<b>"

    def test_are_told_by_name(self) -> None:
        shop, now = Shop(since=clock() - 100 * DAY), clock()
        account = shop.an_account(now - 30 * DAY)
        grant = a_grant(account, "4000", kind="purchase", now=now - 20 * DAY)
        trial = a_trial(a_seller(), a_trial_offer("10"), account)
        about = {"customer": account, "due_on": now, "found_at": now, "seen_at": now, "code": "trial"}
        period = named("P")
        Advice.objects.create(
            **about,
            period=period,
            title=period,
            rows=[f"grant {grant.pk}", f"trial {trial.pk}", f"order period {grant.pk}"],
        )

        listed = text_of(at_the_desk_of("Sales").get(f"/admin/billing/advice/?q={account.reference}"))

        assert f">purchase, 4,000 AIT of {now - 20 * DAY:%-d %b %Y}</a>, <a" in listed
        assert f">trial {trial.offer}, issued on {trial.issued_at:%-d %b %Y}</a>, <a" in listed
        assert ">order period</a>" in listed
        assert f"{grant.pk}<" not in listed
