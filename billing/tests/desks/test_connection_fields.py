"""What people change of connections: their fields, tried on what came in, and everything fetched again."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.connectors.generic import Generic
from billing.models import FieldRule, FigureLook, Link
from billing.rules.connecting import Customer
from billing.services import connections, links, mapping_previews
from billing.services.connections import ConnectionWish
from billing.tests.connectors.desk_made import a_connection, a_message, page, told
from billing.tests.desks.people import as_shown, at_the_desk_of, text_of
from usage.tests.made import an_account, clock, named

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
        record = str(told(row, id=7).pk)
        saved = support.post(page(row, "fields"), checked | {"record": record})
        assert saved["Location"] == f"{page(row, 'fields')}?record={record}"

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

    def test_say_of_a_record_that_is_completed_later_that_it_is(self, support: Client) -> None:
        row = a_connection()
        record = told(row, kind="event", id=7)
        for address in (page(row, f"in/{record.pk}"), f"{page(row, 'fields')}?record={record.pk}"):
            shown = text_of(support.get(address))
            assert "what it comes to is known then" in shown
            assert "It can&#x27;t be applied" not in shown
            assert "asked no field" not in shown

    def test_let_each_customer_be_told_anew_once(self, support: Client) -> None:
        row = a_connection()
        acme = an_account()
        links.enrol(row, Customer("hs-77", acme.reference))
        said = {"seen": "0", "x-out-account-balance": "td_a", "x-out-account-runs_out_at": "td_b"}
        with CaptureQueriesContext(connection) as asked:
            support.post(page(row, "fields"), said)

        assert FieldRule.objects.filter(connection=row).count() == 2
        assert FigureLook.objects.filter(account=acme).exists()
        assert sum("billing_figurelook" in each["sql"] for each in asked) == 1

    def test_say_of_a_record_that_it_is_nobodys_and_each_look_once(self) -> None:
        row = connections.make(
            code=named("shop"), kind="webhook", known=Generic.settings, wish=ConnectionWish("Shop", {})
        )
        order = {"external_id": "SO-1", "version": "2026-11-26T09:00:00Z", "lines": [{"sku": "pack"}]}
        tried = mapping_previews.preview(told(row, **order).received, Generic())

        assert (tried.fault, tried.where) == ("It names no account and no customer.", "account")
        assert [each.title for each in tried.wishes] == ["An order"]
        assert [each.name for each in tried.looks].count("version") == 1


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
