"""Customers are linked, trials issued, and pages stored: each once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission

from billing.models import ExternalSale, Link, Received, Trial
from billing.rules.connecting import Record, SaleLine
from billing.services import applying, receiving, wishes
from billing.tests import trying
from billing.tests.connections.shops import Shop, a_shop
from config.kernel.errors import Conflict
from usage.tests.made import an_account, clock
from wallets.models import Account, Grant


class TestCustomers:
    def test_are_one_account_each_through_mergers(self, shop: Shop) -> None:
        row, one, two = shop.row, an_account(name="One"), an_account(name="Two")
        for customer, account in (("1", one), ("2", two)):
            wishes.grant(row, wishes.Customer(customer, account.reference))
        wishes.grant(row, wishes.Merged("1", "2"))
        wishes.grant(row, wishes.Merged("3", "4"))
        wishes.grant(row, wishes.Customer("4", one.reference))
        wishes.grant(row, wishes.Merged("4", "5"))
        wishes.grant(row, wishes.Gone("5"))
        came = wishes.grant(row, wishes.Customer("1", one.reference, "Other"))

        meant = {each: applying.wishes.links.account_of(row.pk, each).name for each in "12345"}
        assert meant == {"1": "Two", "2": "Two", "3": "One", "4": "One", "5": "One"}
        assert came.about == "nothing"
        assert Link.objects.get(connection=row, external_id="5").state == "gone"

    def test_keep_their_account_in_whatever_order_mergers_are_told(self, shop: Shop, acme: Account) -> None:
        row = shop.row
        wishes.grant(row, wishes.Customer("1", acme.reference))
        for gone, into in (("2", "3"), ("1", "2"), ("1", "2"), ("3", "1")):
            wishes.grant(row, wishes.Merged(gone, into))

        assert {applying.wishes.links.account_of(row.pk, each) for each in "123"} == {acme}
        with pytest.raises(Conflict):
            wishes.grant(row, wishes.Merged("1", "4"))

    def test_that_were_deleted_take_no_account_along_that_is_anothers(
        self, shop: Shop, acme: Account
    ) -> None:
        wishes.grant(shop.row, wishes.Customer("1", acme.reference))
        wishes.grant(shop.row, wishes.Gone("1"))
        wishes.grant(shop.row, wishes.Customer("2", acme.reference))
        with pytest.raises(Conflict, match="is their customer 2 already"):
            wishes.grant(shop.row, wishes.Merged("1", "3"))

        links = Link.objects.filter(connection=shop.row).order_by("external_id")
        assert [(each.external_id, each.state) for each in links] == [("1", "gone"), ("2", "linked")]

    def test_do_not_share_an_account(self, shop: Shop, acme: Account) -> None:
        for customer in "12":
            shop.tell({"type": "customer", "external_id": customer, "account": acme.reference})
        shop.work()

        assert shop.states() == ["applied", "dead"]


class TestSales:
    def test_that_became_one_sell_nothing_under_their_other_names(
        self, shop: Shop, acme: Account, pack: str
    ) -> None:
        line = SaleLine(pack)
        wishes.grant(shop.row, wishes.Sale("A", 1, [line], account=acme.reference))
        wishes.grant(shop.row, wishes.Sale("B", 9, [line], account=acme.reference, formerly=("A",)))
        late = wishes.grant(shop.row, wishes.Sale("B", 5, [line], account=acme.reference))

        assert late.is_superseded
        sold = ExternalSale.objects.filter(connection=shop.row).order_by("external_id")
        assert [(each.external_id, each.version, each.number) for each in sold] == [
            ("A", 9, 9),
            ("B", 9, None),
        ]
        assert [grant.remaining for grant in Grant.objects.filter(account=acme)] == [1000]


class TestTrials:
    def test_are_issued_once_in_somebodys_name(self, no_bell: None, acme: Account) -> None:
        seller, offer = trying.a_seller(), trying.an_offer("10")
        shop = a_shop(seller=seller.username)
        told = {"type": "trial", "external_id": "deal-1", "offer": offer.name, "account": acme.reference}
        shop.tell(told)
        shop.work()
        assert shop.handlings()[0].fault.startswith("Trials are issued in somebody's name")

        seller.user_permissions.add(Permission.objects.get(codename="issue_trial"))
        applying.apply_again([each.pk for each in shop.handlings()], seller)
        shop.tell(told)
        shop.work()

        assert shop.states() == ["applied", "applied"]
        assert Trial.objects.get(customer=acme).seller == seller


class TestStore:
    def test_keeps_the_first_and_tells_of_another(self, shop: Shop) -> None:
        def told(name: str, body: bytes) -> receiving.Told:
            return receiving.Told(Record(name, "deal", {}), body)

        page = [told("b", b"1"), told("a", b"2"), told("b", b"1")]
        assert receiving.store(shop.row.pk, page, "pull") == 2
        assert receiving.store(shop.row.pk, [*page, told("a", b"3"), told("c", b"4")], "pull") == 1

        rows = Received.objects.filter(connection=shop.row).order_by("id")
        assert [(row.external_id, bytes(row.body.content)) for row in rows] == [
            ("b", b"1"),
            ("a", b"2"),
            ("c", b"4"),
        ]
        run = shop.row.runs.get()
        assert (run.job, run.failed, run.fault) == ("kept (fetched)", 1, receiving.OTHER_CONTENT)
        assert timedelta(0) <= clock() - rows[0].received_at < timedelta(seconds=5)
