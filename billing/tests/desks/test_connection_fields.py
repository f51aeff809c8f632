"""What people change of connections: their fields, tried on what came in, and everything fetched again."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from billing.connectors import registry
from billing.models import FieldRule, Link, Received, Resync, SyncCursor
from billing.rules.connecting import Later, Record, Refused
from billing.services import resyncing
from billing.tests.connectors.desk_made import a_connection, a_message, page, told
from billing.tests.connectors.desk_sample import Outside
from billing.tests.desks.people import as_shown, at_the_desk_of, text_of
from usage.tests.made import an_account, clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outside")]


@pytest.fixture
def support() -> Client:
    return at_the_desk_of("Support")


@pytest.fixture
def auditor() -> Client:
    return at_the_desk_of("Auditor")


class TestFields:
    def test_are_mapped_otherwise_and_as_they_were_again(self, support: Client) -> None:
        row = a_connection()
        said = as_shown(support, page(row, "fields")) | {
            "x-in-customer-reference": "properties.our_ref",
            "v-in-order-sku": "Gold = plan-gold\nSilver=plan-silver",
            "n-out-account-balance": "on",
            "reason": "They renamed it",
        }
        del said["n-in-customer-reference"]
        checked = {key: value for key, value in said.items() if not key.startswith("n-") or value == "on"}
        support.post(page(row, "fields"), checked)

        rules = {
            (each.record, each.name): (each.expression, each.values)
            for each in FieldRule.objects.filter(connection=row)
        }
        assert rules[("customer", "reference")] == ("properties.our_ref", {})
        assert rules[("order", "sku")] == (
            "properties.product",
            {"Gold": "plan-gold", "Silver": "plan-silver"},
        )
        assert rules[("account", "balance")] == ("", {})
        shown = text_of(support.get(page(row, "fields")))
        assert "They renamed it" in shown
        assert "Gold = plan-gold" in shown

    def test_are_refused_to_whoever_saw_them_as_they_were_before(self, support: Client) -> None:
        row = a_connection()
        seen = as_shown(support, page(row, "fields"))["seen"]
        support.post(page(row, "fields"), {"seen": seen, "x-in-customer-name": "a"})
        late = support.post(page(row, "fields"), {"seen": seen, "x-in-customer-name": "b"}, follow=True)

        assert "support changed the fields at" in text_of(late)
        assert "saved now: <code>a</code>" in text_of(late)
        assert FieldRule.objects.get(connection=row).expression == "a"

    def test_are_refused_where_they_are_no_expressions(self, support: Client) -> None:
        row = a_connection()
        said = {"seen": "0", "x-in-customer-name": "properties[", "x-in-customer-reference": "fine"}
        shown = text_of(support.post(page(row, "fields"), said))
        assert "This is no JMESPath" in shown
        assert "An expression can&#x27;t be read; nothing was saved." in shown
        assert not FieldRule.objects.filter(connection=row).exists()

    def test_are_tried_on_a_record_and_nothing_is_written(self, support: Client, auditor: Client) -> None:
        row = a_connection()
        record = told(row, id=7, properties={"our_ref": "acme", "name": "Acme"})
        said = {"record": str(record.pk), "x-in-customer-reference": "properties.our_ref"}
        before = text_of(support.get(page(row, "fields")))
        tried = text_of(support.post(page(row, "fields/preview"), said))

        assert "There is no reference." in before
        assert "A customer" in tried
        assert "properties.our_ref" in tried
        assert "It can" not in tried
        assert not FieldRule.objects.filter(connection=row).exists()
        record.refresh_from_db()
        assert (record.state, record.attempts) == ("waiting", 0)
        assert auditor.post(page(row, "fields/preview"), said).status_code == 403
        assert "Acme" not in text_of(auditor.get(page(row, "fields")))


def company(n: int, **more: Any) -> Record:
    return Record(f"company:{n}:1", "company", {"id": n, "properties": {"account_ref": f"a-{n}"} | more})


class TestAFullResync:
    def test_counts_first_and_stores_nothing(self, support: Client, outside: Outside) -> None:
        row = a_connection()
        known = told(row)
        Link.objects.create(
            connection=row, kind="customer", external_id="2", created_at=clock(), changed_at=clock()
        )
        old = Record(known.received.external_id, "company", {"id": 9})
        bad = Record("company:8:1", "company", {"id": 8})
        outside.pages = {
            "companies": [[company(1), company(2)], [old, bad]],
            "deals": [[Record("note:1", "note", {"id": 1})]],
        }
        support.post(page(row, "resync"), {"streams": ["companies", "deals"]})
        asked = Resync.objects.get(connection=row)
        assert "A worker begins" in text_of(support.get(page(row, f"resync/{asked.pk}")))
        assert asked.pk in resyncing.due()
        assert not resyncing.work(asked.pk, registry.CONNECTORS, 10)

        asked.refresh_from_db()
        assert asked.counts == {
            "companies": {"new": 1, "changed": 1, "known": 1, "unreadable": 1},
            "deals": {"nothing": 1},
        }
        assert asked.faults == {"There is no reference.": 1}
        assert Received.objects.filter(connection=row).count() == 1
        positions = SyncCursor.objects.filter(connection=row).values_list("position", flat=True)
        assert set(positions) == {"2026-11-26T09:00Z"}

        shown = text_of(
            support.post(page(row, f"resync/{asked.pk}"), {"reason": "Fields changed"}, follow=True)
        )
        assert (
            "Full resync of companies, deals. Set back to the beginning by support: Fields changed" in shown
        )
        assert set(SyncCursor.objects.filter(connection=row).values_list("position", flat=True)) == {""}
        again = text_of(support.post(page(row, f"resync/{asked.pk}"), {"reason": "Twice"}))
        assert "each count serves once" in again

    def test_goes_on_where_it_was_after_a_rest_and_ends_in_a_reason(
        self, support: Client, outside: Outside
    ) -> None:
        row = a_connection()
        outside.pages = {"companies": [[company(1)], [company(2)]]}
        support.post(page(row, "resync"), {"streams": ["companies"]})
        asked = Resync.objects.get(connection=row)
        assert resyncing.work(asked.pk, registry.CONNECTORS, 0)
        outside.fault = Later("They ask for a pause (429).", 30)
        assert not resyncing.work(asked.pk, registry.CONNECTORS, 10)
        asked.refresh_from_db()
        assert (asked.state, asked.cursor, asked.seen, asked.pk in resyncing.due()) == (
            "running",
            "1",
            1,
            False,
        )

        outside.fault = Refused("It answered 403.", 403)
        resyncing.work(asked.pk, registry.CONNECTORS, 10)
        asked.refresh_from_db()
        assert (asked.state, asked.fault) == ("failed", "It answered 403.")
        assert "It answered 403." in text_of(support.get(page(row, f"resync/{asked.pk}")))


class TestAnAccount:
    def test_shows_what_outside_systems_call_it(self, support: Client) -> None:
        row, acme = a_connection(), an_account()
        assert "No outside system knows this account." in text_of(
            support.get(f"/admin/wallets/account/{acme.pk}/change/?tab=systems")
        )
        Link.objects.create(
            connection=row,
            kind="customer",
            external_id="hs-77",
            about=acme,
            created_at=clock(),
            changed_at=clock(),
        )
        a_message(row, acme.reference, balance="12.500000")
        shown = text_of(support.get(f"/admin/wallets/account/{acme.pk}/change/?tab=systems"))
        assert "hs-77" in shown
        assert "12.5" in shown
        assert row.name in shown
