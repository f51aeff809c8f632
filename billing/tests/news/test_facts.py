"""Each sort of fact is found and told with what matters of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.models import News
from billing.services import news, price_lists
from billing.tests.news.made import data_of, kinds_told, told_about
from billing.tests.test_notice_of_prices import a_dearer_draft, a_price_list
from pricing.services import publishing
from usage.models import Crossing
from usage.rules.grants import TransferOrder
from usage.services import granting, limiting, reversing, segments
from usage.services.limiting import BudgetOrder
from usage.tests.laddered import block, grace
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_call, a_grant, a_reversal, an_account, clock
from wallets.models import Account, Grant
from wallets.services import ledger

MINUTE = timedelta(minutes=1)


def an_old_grant(
    account: Account, expires_in: timedelta, *, age: timedelta = 90 * DAY, kind: str = "trial"
) -> Grant:
    return a_grant(account, "40", now=clock() - age, expires_at=clock() + expires_in, kind=kind)


def steps_told(account: Account) -> list[int]:
    return [each.data["days"] for each in told_about(account) if each.kind == "grant.expiring"]


class TestCrossings:
    def test_of_a_budget_tell_which_it_is_and_what_it_allows(self, shop: Shop) -> None:
        acme = shop.an_account()
        a_grant(acme, "100")
        order = BudgetOrder("team", "month", Decimal(10), is_hard=False, per="user")
        limiting.open_budget(account_id=acme.pk, order=order, author=AUTHOR)
        debit = shop.debit(acme, "12", subject={"user": "u-17"})
        crossing = Crossing.objects.get(account=acme)

        (told,) = [each for each in told_about(acme) if each.kind == "limit.reached"]

        assert (told.fact, told.occurred_at) == (str(crossing.pk), crossing.recorded_at)
        assert told.data == {
            "account": acme.reference,
            "name": "budget:team",
            "debit": str(debit.id),
            "budget": "team",
            "limit": "10.000000",
            "token": "AIT",
            "period": "month",
            "per": "user",
            "value": "u-17",
            "window_start": f"{clock():%Y-%m}-01",
        }

    def test_of_another_kind_are_told_under_their_own_name(self, owner_db: None, from_now_on: None) -> None:
        acme = an_account()
        at = clock()
        Crossing.objects.bulk_create(
            [
                Crossing(
                    account=acme, kind="balance.threshold", name="threshold:80", once="80:1", recorded_at=at
                )
            ]
        )

        (told,) = told_about(acme)

        assert told.kind == "balance.threshold"
        assert told.data == {"account": acme.reference, "name": "threshold:80", "debit": None}

    def test_are_made_by_debits_and_grants_under_a_ladder(self, shop: Shop) -> None:
        acme = shop.an_account(policy=block(50, grace=grace("5")))
        a_grant(acme, "10")
        debit = shop.debit(acme, "15")
        a_grant(acme, "100", kind="purchase")

        told = [(each.kind, each.data) for each in told_about(acme) if each.kind != "grant.created"]

        by = {"account": acme.reference, "debit": str(debit.id)}
        assert told == [
            ("balance.threshold", {**by, "name": "threshold:50"}),
            ("balance.depleted", {**by, "name": "depleted"}),
            ("overage.started", {**by, "name": "overage"}),
            ("grace.started", {**by, "name": "grace"}),
            ("grace.ended", {**by, "name": "grace"}),
            ("balance.recovered", {**by, "name": "recovered", "debit": None}),
        ]


class TestGrants:
    def test_are_told_as_they_were_made(self, shop: Shop) -> None:
        acme, end = shop.an_account(), clock() + 5 * DAY
        grant = a_grant(
            acme,
            "500",
            kind="purchase",
            expires_at=end,
            features=(shop.chat,),
            unit_cost=Decimal("0.01"),
            external_id="order-7",
        )
        shop.debit(acme, "30")

        assert data_of(acme, "grant.created") == {
            "account": acme.reference,
            "grant": str(grant.pk),
            "kind": "purchase",
            "paid": True,
            "token": "AIT",
            "tokens": "500.000000",
            "features": [shop.chat],
            "effective_at": f"{grant.effective_at:%Y-%m-%dT%H:%M:%S.%f}Z",
            "expires_at": f"{end:%Y-%m-%dT%H:%M:%S.%f}Z",
            "external_id": "order-7",
            "transferred": False,
        }

    def test_that_were_split_by_a_transfer_tell_what_they_began_with(self, shop: Shop) -> None:
        acme = shop.an_account()
        part = shop.an_account(parent=acme.reference)
        a_grant(acme, "500")
        order = TransferOrder(to=part.reference, tokens=Decimal(200))
        granting.transfer(reference=acme.reference, order=order, call=a_call())

        given, taken = data_of(acme, "grant.created"), data_of(part, "grant.created")

        assert (given["tokens"], given["transferred"]) == ("500.000000", False)
        assert (taken["tokens"], taken["transferred"]) == ("200.000000", True)

    def test_that_expire_tell_what_was_lost_and_why(self, shop: Shop) -> None:
        acme, now = shop.an_account(), clock()
        grant = a_grant(acme, "40", now=now - 2 * HOUR, expires_at=now - HOUR, kind="promo")
        debit = shop.debit(acme, "15", at=now - 90 * MINUTE, now=now - 90 * MINUTE)
        ledger.expire(account_id=acme.pk)
        reversing.reverse(a_reversal(debit, "5"))

        lost = [each.data for each in told_about(acme) if each.kind == "grant.expired"]

        assert [(each["tokens"], each["cause"], each["paid"]) for each in lost] == [
            ("25.000000", "expiry", False),
            ("5.000000", "reversal", False),
        ]
        assert {each["grant"] for each in lost} == {str(grant.pk)}


class TestGrantsThatWillExpire:
    @pytest.mark.parametrize(("ahead", "days"), [(60, 60), (30, 30), (7, 7), (1, 1)])
    def test_are_told_when_a_step_is_reached(self, from_now_on: None, ahead: int, days: int) -> None:
        acme = an_account()
        an_old_grant(acme, ahead * DAY + MINUTE)
        assert steps_told(acme) == []
        an_old_grant(acme, ahead * DAY)

        assert steps_told(acme) == [days]
        assert steps_told(acme) == [days]

    def test_tell_what_is_left_and_whether_it_was_paid_for(self, shop: Shop) -> None:
        acme = shop.an_account()
        an_old_grant(acme, 7 * DAY, kind="purchase")
        shop.debit(acme, "15")

        told = data_of(acme, "grant.expiring")

        assert (told["remaining"], told["kind"], told["paid"], told["days"]) == (
            "25.000000",
            "purchase",
            True,
            7,
        )

    def test_are_not_told_of_steps_before_they_were_made(self, from_now_on: None) -> None:
        acme = an_account()
        an_old_grant(acme, 7 * DAY, age=-MINUTE)

        assert steps_told(acme) == []

    def test_are_not_told_when_nothing_is_left(self, shop: Shop) -> None:
        acme = shop.an_account()
        an_old_grant(acme, 7 * DAY)
        shop.debit(acme, "40")

        assert steps_told(acme) == []


class TestPrices:
    def test_are_told_when_a_version_is_published(self, from_now_on: None) -> None:
        shop = Shop()
        ahead = clock() + 3 * DAY
        version = publishing.publish(version=a_dearer_draft(shop.table), effective_from=ahead)
        news.tell()

        told = News.objects.get(kind="rate_table.published", fact=str(version.pk))

        assert (told.about, told.occurred_at) == (None, version.published_at)
        assert told.data == {
            "rate_table": shop.table.code,
            "version": 2,
            "token": "AIT",
            "published_at": f"{version.published_at:%Y-%m-%dT%H:%M:%S.%f}Z",
            "effective_from": f"{ahead:%Y-%m-%dT%H:%M:%S.%f}Z",
        }

    def test_are_announced_to_each_account_that_is_due_notice(self, from_now_on: None) -> None:
        shop = Shop()
        segment = a_price_list(shop, 30)
        member, other = an_account(segment=segment.code), shop.an_account()
        ahead = clock() + 31 * DAY
        price_lists.publish(version=a_dearer_draft(shop.table), effective_from=ahead)

        assert kinds_told(other) == []
        assert data_of(member, "price.announced") == {
            "account": member.reference,
            "rate_table": shop.table.code,
            "version": 2,
            "segment": None,
            "effective_from": f"{ahead:%Y-%m-%dT%H:%M:%S.%f}Z",
        }

    def test_are_announced_where_a_segment_moves(self, from_now_on: None) -> None:
        shop, dearer = Shop(), Shop()
        segment = a_price_list(shop, 30)
        member = an_account(segment=segment.code)
        ahead = clock() + 31 * DAY
        segments.move_segment(segment=segment, table=dearer.table, author=AUTHOR, effective_from=ahead)

        told = data_of(member, "price.announced")

        assert (told["rate_table"], told["version"], told["segment"]) == (
            dearer.table.code,
            None,
            segment.code,
        )
