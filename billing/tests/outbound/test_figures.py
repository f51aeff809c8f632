"""Figures told to fields of theirs: what changed, once; what changed back, again; in the fields that a person chose."""

from __future__ import annotations

from typing import Any

import pytest

from billing.models import Connection, FigureLook, Outgoing
from billing.rules.connecting import FIELDS, Customer, Gone
from billing.rules.mapping import Rule
from billing.services import connections, figures, links, syncing
from billing.services.figures import note_changes
from billing.tests.outbound.plain import Plain, linked
from billing.tests.outbound.vendor import Vendor
from usage.services import granting, reversing
from usage.tests.made import DAY, Shop, a_call, a_grant, a_reversal, an_account, clock
from usage.tests.rolled import roll_up
from wallets.models import Account

CONNECTORS = {"plain": Plain(2.0)}


def look(*accounts: Account) -> int:
    """Look at these as if their rest were over."""
    FigureLook.objects.filter(account__in=accounts).update(looked_at=clock() - DAY)
    return note_changes(CONNECTORS)


def told(row: Connection, account: Account) -> list[dict[str, str | None]]:
    rows = Outgoing.objects.filter(connection=row, kind=FIELDS, subject=account.reference)
    return list(rows.order_by("pk").values_list("content", flat=True))


@pytest.mark.committed
class TestNoteChanges:
    def test_tells_what_moved_and_what_moved_back_and_nothing_twice(
        self, plain: Connection, vendor: Vendor
    ) -> None:
        acme, other = an_account(), an_account()
        linked(plain, acme)
        a_grant(acme, "100")
        a_grant(other, "100")
        assert look(acme) == 1
        assert look(acme) == 0

        more = a_grant(acme, "30")
        assert look(acme) == 1
        granting.void(grant_id=more.pk, reason="", call=a_call())
        assert look(acme) == 1

        first, second, third = told(plain, acme)
        assert (first["tokens_left"], second["tokens_left"]) == ("100", "130")
        assert third == first
        assert told(plain, other) == []
        states = Outgoing.objects.filter(connection=plain).order_by("pk").values_list("state", flat=True)
        assert list(states) == ["replaced", "replaced", "waiting"]
        assert syncing.send_due(CONNECTORS, 20) == 1
        assert vendor.contents[f"cus-{acme.reference}"]["tokens_left"] == "100"

    def test_tells_the_same_to_a_customer_that_was_linked_since(
        self, plain: Connection, vendor: Vendor
    ) -> None:
        acme = an_account()
        link = linked(plain, acme)
        a_grant(acme, "100")
        assert look(acme) == 1
        syncing.send_due(CONNECTORS, 20)
        links.forget(plain, Gone(link.external_id))
        links.enrol(plain, Customer("cus-new", acme.reference))

        assert look(acme) == 1
        assert look(acme) == 0
        assert syncing.send_due(CONNECTORS, 20) == 1
        assert vendor.contents["cus-new"]["tokens_left"] == "100"

    def test_lets_an_account_that_moves_all_the_time_rest(self, plain: Connection) -> None:
        shop = Shop()
        acme = shop.an_account()
        linked(plain, acme)
        a_grant(acme, "100")
        look(acme)
        shop.debit(acme, "1")

        assert note_changes(CONNECTORS) == 0

        row = FigureLook.objects.get(account=acme)
        assert row.looked_at is not None
        assert row.due_at == row.looked_at + figures.REST

    def test_tells_burn_less_what_was_given_back(self, plain: Connection) -> None:
        now = clock()
        shop = Shop(since=now - 90 * DAY)
        acme = shop.an_account(now - 60 * DAY)
        Account.objects.filter(pk=acme.pk).update(created_at=now - 60 * DAY)
        linked(plain, acme)
        a_grant(acme, "1000", now=now - 60 * DAY)
        shop.debit(acme, "1", now=now - 11 * DAY)
        receipt = shop.debit(acme, "70", at=now - 3 * DAY, now=now)
        reversing.reverse(a_reversal(receipt, "10", now=now))
        shop.debit(acme, "500", now=now)
        roll_up()

        look(acme)

        (fields,) = told(plain, acme)
        assert fields["burn"] == "6"

    def test_writes_the_fields_that_a_person_chose(self, plain: Connection) -> None:
        acme = an_account()
        linked(plain, acme)
        a_grant(acme, "40", expires_at=clock() + 9 * DAY)
        look(acme)
        (available,) = [each for each in Plain.targets if each.name == "available"]
        connections.map_field(
            connection_id=plain.pk, target=available, rule=Rule("their_field", {"40": "forty"})
        )

        assert note_changes(CONNECTORS) == 1

        first, second = told(plain, acme)
        assert first == {
            "tokens_left": "40",
            "burn": None,
            "plan": None,
            "trial_state": None,
            "last_use": None,
        }
        assert second == {
            "their_field": "forty",
            "burn": None,
            "plan": None,
            "trial_state": None,
            "last_use": None,
        }

    def test_tells_by_a_rule_that_was_saved_while_it_looked(
        self, plain: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        acme = an_account()
        linked(plain, acme)
        a_grant(acme, "40")
        (available,) = [each for each in Plain.targets if each.name == "available"]
        seen = figures.seen_of

        def meanwhile(*args: Any) -> Any:
            monkeypatch.setattr(figures, "seen_of", seen)
            connections.map_field(connection_id=plain.pk, target=available, rule=Rule("their_field"))
            return seen(*args)

        monkeypatch.setattr(figures, "seen_of", meanwhile)
        look(acme)

        assert ["their_field" in each for each in told(plain, acme)] == [False, True]
