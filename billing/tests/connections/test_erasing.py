"""Bodies that name a person are erased by somebody for a reason, and never applied again."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from billing.connectors.registry import CONNECTORS
from billing.models import BodyRemoval, Received
from billing.queries.audit_connections import CHECKED
from billing.services import applying, erasing
from billing.services.erasing import Erasure
from billing.tests.connections.shops import Shop, a_sale
from config.kernel.errors import InvalidRequest, NotFound
from usage.tests.made import named
from wallets.models import Account

ERASURE = Erasure("support", "She asked for it.")


def bodies(shop: Shop) -> set[str]:
    rows = Received.objects.filter(connection=shop.row, body__isnull=False)
    return set(rows.values_list("external_id", flat=True))


def erase(shop: Shop, name: str, erasure: Erasure = ERASURE) -> bool:
    received = Received.objects.get(connection=shop.row, external_id=name)
    return erasing.erase(connection_id=shop.row.pk, received_id=received.pk, erasure=erasure)


def command(shop: Shop, *words: str) -> str:
    out = StringIO()
    call_command("connection", "erase", shop.row.code, *words, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def support(db: None) -> str:
    return User.objects.create_user(named("support")).username


class TestErase:
    def test_leaves_who_why_and_what_it_came_to(self, shop: Shop, acme: Account, pack: str) -> None:
        shop.tell(a_sale(acme.reference, pack, "SO-1"), "one")
        shop.work()

        assert erase(shop, "one")
        assert not erase(shop, "one")

        removal = BodyRemoval.objects.get(received__external_id="one", received__connection=shop.row)
        assert (removal.why, removal.by, removal.reason) == ("person", "support", "She asked for it.")
        (handling,) = shop.handlings()
        assert handling.state == "applied"
        came = {"about": "order", "ref": f"{shop.row.code}:SO-1", "said": "Erased."}
        assert handling.outcome == [came | {"version": 1, "superseded": False}]
        assert bodies(shop) == set()

    @pytest.mark.parametrize("state", ["waiting", "dead"])
    def test_ends_what_was_not_applied(self, shop: Shop, pack: str, state: str) -> None:
        account = "jane-doe" if state == "waiting" else ""
        shop.tell(a_sale(account, pack), "one")
        shop.work()
        assert shop.states() == [state]

        erase(shop, "one")

        (handling,) = shop.handlings()
        assert (handling.state, handling.decided_by) == ("ignored", "support")
        assert (handling.reason, handling.where, handling.waits_for) == ("Erased.", "", "")
        somebody = User.objects.create_user(named("somebody"))
        assert applying.apply_again([handling.pk], somebody) == 0
        assert shop.work() == 0

    @pytest.mark.parametrize("erasure", [Erasure("support", " "), Erasure("", "She asked.")])
    def test_asks_who_and_why(self, shop: Shop, acme: Account, pack: str, erasure: Erasure) -> None:
        shop.tell(a_sale(acme.reference, pack), "one")

        with pytest.raises(InvalidRequest):
            erase(shop, "one", erasure)

        assert bodies(shop) == {"one"}
        assert not BodyRemoval.objects.exists()

    def test_knows_no_record_of_another_connection(self, shop: Shop, acme: Account, pack: str) -> None:
        shop.tell(a_sale(acme.reference, pack), "one")
        received = Received.objects.get(connection=shop.row)

        with pytest.raises(NotFound):
            erasing.erase(connection_id=shop.row.pk + 1, received_id=received.pk, erasure=ERASURE)

    def test_keeps_the_books_clean(self, shop: Shop, acme: Account, pack: str) -> None:
        shop.tell(a_sale(acme.reference, pack), "one")
        shop.tell(a_sale("jane-doe", pack), "two")
        shop.work()
        for name in ("one", "two"):
            erase(shop, name)

        with connection.cursor() as cursor:
            for check in CHECKED:
                cursor.execute(check.sql)
                assert cursor.fetchall() == [], check.name


class TestEraseCustomer:
    def test_finds_what_names_the_customer_and_no_sale_of_another(
        self, shop: Shop, acme: Account, pack: str
    ) -> None:
        jane: dict[str, Any] = {
            "type": "customer",
            "external_id": "17",
            "account": acme.reference,
            "name": "Jane",
        }
        shop.tell(jane, "customer")
        shop.tell(a_sale("", pack, "SO-1", customer="17"), "by-customer")
        shop.tell(a_sale(acme.reference, pack, "SO-2"), "by-account")
        shop.tell({"type": "ignore", "about": {"buyers": ["17"]}}, "in-passing")
        shop.tell(a_sale(named("other"), pack, "SO-3", lines=[{"sku": pack, "name": "17"}]), "other-waiting")
        shop.tell({"type": "ignore", "note": "171 and 17 more"}, "alike")
        shop.work()
        named_ = {"customer", "by-customer", "by-account", "in-passing"}

        found = erasing.erase_customer(
            row=shop.row, connector=CONNECTORS["webhook"], customer="17", erasure=ERASURE, is_dry=True
        )
        assert set(found) == named_
        assert len(bodies(shop)) == 6

        erasing.erase_customer(row=shop.row, connector=CONNECTORS["webhook"], customer="17", erasure=ERASURE)
        assert bodies(shop) == {"other-waiting", "alike"}
        assert shop.states()[4] == "waiting"


class TestTheCommand:
    def test_erases_a_record_by_its_name_there(
        self, shop: Shop, acme: Account, pack: str, support: str
    ) -> None:
        shop.tell(a_sale(acme.reference, pack), "one")

        words = ("--record", "one", "--by", support, "--reason", "She asked for it.")
        assert command(shop, *words, "--dry-run") == "one\n1 would be erased"
        assert bodies(shop) == {"one"}
        assert command(shop, *words) == "one\n1 erased"
        assert command(shop, *words) == "0 erased"
        assert bodies(shop) == set()

    def test_erases_all_of_a_customer(self, shop: Shop, acme: Account, pack: str, support: str) -> None:
        for n in range(3):
            shop.tell(a_sale("", pack, customer="17"), f"msg-{n}")

        said = command(shop, "--customer", "17", "--by", support, "--reason", "She asked for it.")

        assert said == "msg-0\nmsg-1\nmsg-2\n3 erased"
        assert shop.states() == ["ignored"] * 3

    def test_refuses_what_it_does_not_know(self, shop: Shop, support: str) -> None:
        for words, why in (
            (("--record", "none", "--by", support), "no record none"),
            (("--customer", "17", "--by", "nobody"), "no user nobody"),
        ):
            with pytest.raises(CommandError, match=why):
                command(shop, *words, "--reason", "Because.")
