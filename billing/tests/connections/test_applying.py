"""What is told becomes orders, accounts and trials: once, in whatever order it comes, and none is lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from billing.connectors.generic import TARGETS
from billing.connectors.registry import CONNECTORS
from billing.models import ExternalSale, Handling, Link, OrderVersion
from billing.queries.connection_errors import failures
from billing.rules.mapping import Rule
from billing.services import applying, connections, wishes
from billing.tests import trying
from billing.tests.connections.shops import Shop, a_sale
from billing.tests.orders.sold import a_line, an_offer, bought, order
from config.kernel.errors import InvalidRequest
from usage.tests.made import clock, named
from wallets.models import Account, Grant


def remaining(account: Account) -> list[Decimal]:
    return [each.remaining for each in Grant.objects.filter(account=account).order_by("id")]


def due_again(shop: Shop) -> None:
    Handling.objects.filter(connection=shop.row, state="waiting").update(next_at=clock())


class TestVersions:
    def test_hold_by_number_in_whatever_order_they_come(self, shop: Shop, acme: Account, pack: str) -> None:
        for version, quantity in ((2, 3), (1, 1)):
            lines = [{"sku": pack, "quantity": quantity}]
            shop.tell(a_sale(acme.reference, pack, "SO-1", version=version, lines=lines))
        shop.work()

        assert shop.states() == ["applied", "applied"]
        assert shop.version("SO-1") == 2
        assert sum(remaining(acme)) == 3000
        assert [each.outcome[0]["superseded"] for each in shop.handlings()] == [False, True]

    def test_stand_for_one_content_each(self, shop: Shop, acme: Account, pack: str) -> None:
        shop.tell(a_sale(acme.reference, pack, "SO-1"))
        shop.tell(a_sale(acme.reference, pack, "SO-1", state="cancelled"))
        shop.work()

        _, other = shop.handlings()
        assert (other.state, other.fault) == ("dead", "The idempotency key was used for another request")
        assert sum(remaining(acme)) == 1000

    def test_may_cancel_without_saying_what(self, shop: Shop, acme: Account, pack: str) -> None:
        for name, first, second in (("SO-1", 1, 2), ("SO-2", 2, 1)):
            told = {
                1: a_sale(acme.reference, pack, name, version=1),
                2: {"external_id": name, "version": 2, "state": "cancelled"},
            }
            for version in (first, second, first, second):
                shop.tell(told[version])
        shop.work()

        assert set(shop.states()) == {"applied"}
        assert (shop.version("SO-1"), remaining(acme)) == (2, [0])
        lost = ExternalSale.objects.get(connection=shop.row, external_id="SO-2")
        assert (lost.version, lost.number) == (2, None)

    def test_may_be_times(self, shop: Shop, acme: Account, pack: str) -> None:
        shop.tell(a_sale(acme.reference, pack, "SO-1", version="2026-11-26T09:00:00.250Z"))
        shop.work()

        assert shop.version("SO-1") == 1795683600250

    def test_take_no_order_of_somebody_else(self, shop: Shop, acme: Account, pack: str) -> None:
        offer = an_offer("1", tokens=[bought("1")])
        order(acme, a_line(offer), external_id=f"{shop.row.code}:SO-1")
        shop.tell(a_sale(acme.reference, pack, "SO-1", version=7))
        shop.work()

        assert shop.states() == ["dead"]
        assert not ExternalSale.objects.filter(connection=shop.row).exists()


class TestWork:
    def test_asks_little_and_no_more_of_an_account_that_bought_often(
        self, shop: Shop, acme: Account, pack: str
    ) -> None:
        asked = []
        for _ in range(12):
            shop.tell(a_sale(acme.reference, pack))
            with CaptureQueriesContext(connection) as found:
                shop.work()
            asked.append(len(found))

        assert set(shop.states()) == {"applied"}
        assert asked[1:] == [asked[1]] * 11
        assert asked[1] <= 70


class TestRefunds:
    def test_take_back_a_share_and_later_the_rest(self, shop: Shop, acme: Account, pack: str) -> None:
        shop.tell(a_sale(acme.reference, pack, "SO-1", lines=[{"sku": pack, "quantity": 2}]))
        shop.tell(a_refund("R-1", "50"))
        shop.work()
        assert (sum(remaining(acme)), shop.version("SO-1")) == (1500, 2)

        lines = [{"sku": pack, "quantity": 4}]
        shop.tell(a_sale(acme.reference, pack, "SO-1", version=2, lines=lines))
        shop.work()
        assert (sum(remaining(acme)), shop.version("SO-1")) == (3500, 3)

        shop.tell(a_refund("R-2", "1", whole=True))
        shop.tell(a_sale(acme.reference, pack, "SO-1", version=9))
        shop.work()
        assert (sum(remaining(acme)), shop.version("SO-1")) == (0, 9)
        assert shop.order("SO-1").versions.get(number=9).state == "cancelled"
        assert set(shop.states()) == {"applied"}

    def test_of_nothing_leave_what_was_free(self, shop: Shop, acme: Account, pack: str) -> None:
        shop.tell(a_sale(acme.reference, pack, "SO-1", lines=[{"sku": pack, "amount": "0"}]))
        shop.tell(a_refund("R-1", "0"))
        shop.work()

        assert (shop.states(), sum(remaining(acme))) == (["applied"] * 2, 1000)

    def test_wait_for_their_sale_and_count_once(self, shop: Shop, acme: Account, pack: str) -> None:
        shop.tell(a_refund("R-1", "25"))
        shop.work()
        waiting = shop.handlings()[0]
        assert (waiting.state, waiting.waits_for) == ("waiting", "sale SO-1")

        shop.tell(a_sale(acme.reference, pack, "SO-1"))
        applying.work_due(CONNECTORS, 5.0)
        shop.tell(a_refund("R-1", "25"))
        shop.tell(a_refund("R-1", "26"))
        shop.tell(a_refund("R-2", "1", currency="EUR"))
        shop.work()

        assert shop.states() == ["applied", "applied", "applied", "dead", "dead"]
        assert sum(remaining(acme)) == 750


def a_refund(name: str, amount: str, **more: Any) -> dict[str, Any]:
    told = {"type": "refund", "external_id": name, "order": "SO-1", "amount": amount, "currency": "USD"}
    return told | more


class TestWhatIsNotHereYet:
    def test_is_applied_when_its_company_comes(self, shop: Shop, pack: str) -> None:
        reference = named("acme")
        deal = a_sale("", pack, "SO-1", customer="17")
        shop.tell(deal)
        applying.work_due(CONNECTORS, 5.0)
        early = shop.handlings()[0]
        assert (early.state, early.fault) == ("waiting", "The customer is not here yet.")

        shop.tell({"type": "customer", "external_id": "17", "account": reference, "name": "Acme\n GmbH"})
        applying.work_due(CONNECTORS, 5.0)

        account = Account.objects.get(reference=reference)
        assert shop.states() == ["applied", "applied"]
        assert (account.name, sum(remaining(account))) == ("Acme GmbH", 1000)
        assert Link.objects.get(connection=shop.row).about == account

    def test_is_given_up_after_about_an_hour(self, shop: Shop, acme: Account) -> None:
        shop.tell(a_sale(acme.reference, "no-such-sku"))
        waits: list[float] = []
        while shop.states() == ["waiting"]:
            shop.work()
            due = shop.handlings()[0].next_at
            waits.append((due - clock()).total_seconds() if due else 0.0)
            due_again(shop)

        dead = shop.handlings()[0]
        assert len(waits) == 10
        assert 0.75 * 3600 < sum(waits) < 1.3 * 3600
        assert (dead.fault, dead.where) == ("Unknown reference (/lines/…/sku)", "/lines/0/sku")
        assert dead.reason == "There is no SKU no-such-sku."


class TestOneThatIsMalformed:
    def test_keeps_none_of_its_neighbours(self, shop: Shop, acme: Account, pack: str) -> None:
        bad = a_sale(acme.reference, pack, lines=[{"sku": pack}, {"sku": pack, "quantity": "many"}])
        for place in range(10):
            shop.tell(bad if place == 4 else a_sale(acme.reference, pack))
        shop.work()

        assert [place for place, state in enumerate(shop.states()) if state == "dead"] == [4]
        assert sum(remaining(acme)) == 9000
        dead = shop.handlings()[4]
        assert (dead.fault, dead.where) == ("quantity is no number", "lines[1].quantity")

    def test_is_told_of_whatever_it_says(self, shop: Shop, acme: Account, pack: str) -> None:
        for told in (
            a_sale(acme.reference, pack, lines=[{"sku": pack, "quantity": "\0many"}]),
            a_sale(acme.reference, pack, lines=[{"sku": pack, "quantity": "\ud800many"}]),
            a_sale(acme.reference, pack, starts_at="0001-01-01T00:00:00+14:00"),
            a_refund("R-1", "1", order="x" * 400),
            {"type": "\0\udfff"},
        ):
            shop.tell(told)
        assert shop.work() == 5

        assert shop.states() == ["dead"] * 4 + ["ignored"]
        assert shop.handlings()[1].reason == "quantity is no number: \ufffdmany."
        assert all(each.payload.encode() for each in failures([shop.row], with_bodies=True))

    def test_is_applied_again_once_it_is_mapped(self, shop: Shop, acme: Account, pack: str) -> None:
        shop.tell({"type": "deal.won", "deal": a_sale(acme.reference, pack, "D-1")})
        shop.work()
        unmapped = shop.handlings()[0]
        assert (unmapped.state, unmapped.reason) == (
            "ignored",
            "Events of the type deal.won are not mapped.",
        )

        fields = {f"{each.record}.{each.name}": each for each in TARGETS}
        rules = {"event.kind": Rule("type", {"deal.won": "order"})}
        rules |= {f"order.{each}": Rule(f"deal.{each}") for each in ("external_id", "account", "lines")}
        for name, rule in rules.items():
            connections.map_field(connection_id=shop.row.pk, target=fields[name], rule=rule)
        user = trying.a_seller()

        assert applying.apply_again([unmapped.pk], user) == 1
        shop.work()
        assert (shop.states(), sum(remaining(acme))) == (["applied"], 1000)
        assert shop.handlings()[0].decided_by == user.username

    def test_is_ignored_with_a_reason_alone(self, shop: Shop) -> None:
        shop.tell({"lines": 1})
        shop.work()
        rows, user = [each.pk for each in shop.handlings()], trying.a_seller()

        with pytest.raises(InvalidRequest):
            applying.ignore(rows, user, " ")
        assert applying.ignore(rows, user, "A test of theirs.") == 1
        assert (shop.states(), shop.work()) == (["ignored"], 0)


class TestKilled:
    def test_between_the_act_and_its_record_it_comes_to_the_same(
        self, shop: Shop, acme: Account, pack: str
    ) -> None:
        reference = named("new")
        named_too = a_sale(reference, pack, "SO-2", account_name="New", customer="3")
        for told in (a_sale(acme.reference, pack, "SO-1"), a_refund("R-1", "50"), named_too):
            shop.tell(told)
        while claimed := applying.claim(shop.row.pk):
            applying.attempt(claimed, shop.row, CONNECTORS["webhook"], set())
        assert shop.states() == ["waiting"] * 3
        before = remaining(acme), OrderVersion.objects.count(), Link.objects.count()

        due_again(shop)
        shop.work()

        assert shop.states() == ["applied"] * 3
        assert (remaining(acme), OrderVersion.objects.count(), Link.objects.count()) == before
        assert before[0] == [500]
        assert {each.attempts for each in shop.handlings()} == {2}

    def test_by_the_database_it_is_tried_again(
        self, shop: Shop, acme: Account, pack: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop.tell(a_sale(acme.reference, pack))
        with monkeypatch.context() as patch:
            patch.setattr(wishes, "grant", lambda *_: (_ for _ in ()).throw(OperationalError("gone")))
            shop.work()
        assert shop.handlings()[0].fault == "OperationalError on our side"

        due_again(shop)
        shop.work()
        assert (shop.states(), sum(remaining(acme))) == (["applied"], 1000)

    def test_late_its_failure_decides_nothing(self, shop: Shop, acme: Account, pack: str) -> None:
        shop.tell(a_sale(acme.reference, pack))
        slow = applying.claim(shop.row.pk)
        assert slow
        due_again(shop)
        shop.work()

        applying.record(slow, applying.verdict_of(InvalidRequest("late"), 1, 0.5))

        assert shop.states() == ["applied"]
