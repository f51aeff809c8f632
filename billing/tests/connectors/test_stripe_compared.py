"""What Stripe has of our overage, compared with what we know of it; and a connection that fails stands in the inbox."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from billing.errors import CannotResend
from billing.models import Connection, Gap, GapResend, InboxItem, InboxNote, Outgoing
from billing.rules.connecting import INVOICE_ITEM, Customer, Message, Unreachable
from billing.services import (
    accesses,
    comparing,
    connection_secrets,
    connections,
    links,
    outgoing,
    outgoing_answers,
    resending,
    sync_alerts,
)
from billing.services.connection_health import note_fault, note_success
from billing.services.connection_secrets import access_of
from billing.services.connections import ConnectionWish
from billing.tests.connectors.stripe_server import StripeServer
from billing.tests.connectors.stripe_told import STRIPE
from billing.tests.desks.people import a_member
from usage.queries.moments import database_clock
from usage.tests.made import an_account

CONNECTORS = {"stripe": STRIPE}
OVERAGE = {
    "amount": "12.345",
    "currency": "USD",
    "description": "Overage",
    "period": "2026-10",
    "document": "7",
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(stripe_server: StripeServer, settings: Any) -> Connection:
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    row = connections.make(
        code=f"till-{uuid4().hex[:8]}",
        kind="stripe",
        known=STRIPE.settings,
        wish=ConnectionWish("Till", {"address": stripe_server.url}),
    )
    for name, text in (("secret_key", stripe_server.key), ("signing_secret", stripe_server.signing_secret)):
        connection_secrets.put_secret(connection_id=row.pk, name=name, text=text)
    return connections.set_state(connection_id=row.pk, state=Connection.State.ON)


def compared() -> list[tuple[str, str]]:
    today = database_clock().date()
    comparing.compare(CONNECTORS, today, today)
    rows = Gap.objects.filter(state=Gap.State.OPEN, subject__startswith="till-")
    return list(rows.order_by("kind").values_list("kind", "subject"))


def test_items_agree_until_somebody_changes_them_there(
    till: Connection, stripe_server: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accesses.connection, "close", lambda: None)  # the test's own transaction goes on
    books, now = stripe_server.books, database_clock()
    customer = books.customer("Acme Ltd", {})
    for key in ("line:1", "line:2", "line:3"):
        outgoing.put(till.pk, INVOICE_ITEM, key, an_account().reference, OVERAGE)
        [sent] = STRIPE.send(
            access_of(till, STRIPE.settings, now), [Message(INVOICE_ITEM, key, customer["id"], OVERAGE)]
        )
        told = {"state": "sent", "next_at": None, "finished_at": now, "external_id": sent.external_id}
        Outgoing.objects.filter(connection=till, key=key).update(**told)
    assert compared() == []

    first, second, third = books.tables["invoiceitems"]
    first["metadata"]["tokendesk_amount"] = "99 USD"
    books.tables["invoiceitems"].remove(second)
    books.tables["invoiceitems"].append(third | {"id": "ii_unknown"})
    name = f"{till.code} {INVOICE_ITEM}"
    assert compared() == [
        ("differs", f"{name} {first['id']}"),
        ("missing_here", f"{name} ii_unknown"),
        ("missing_there", f"{name} {second['id']}"),
    ]
    links = [f"billing/gap/{each.pk}/change/" for each in Gap.objects.filter(subject__startswith=name)]
    assert InboxItem.objects.unresolved().filter(link__in=links).count() == 3

    stripe_server.fail("500")
    assert len(compared()) == 3
    stripe_server.recover()

    first["metadata"]["tokendesk_amount"] = "12.345 USD"
    books.tables["invoiceitems"][:] = [first, second, third]
    assert compared() == []


def test_a_connection_that_fails_stands_in_the_inbox_until_it_works(till: Connection) -> None:
    def rows() -> int:
        sync_alerts.watch()
        return InboxItem.objects.unresolved().filter(rule="sync", subject=till.code).count()

    for _ in range(3):
        note_fault(till.pk, Unreachable("It answered 500.", 500))
    assert (rows(), rows()) == (1, 1)

    note_success(till.pk)
    assert rows() == 0
    assert (
        InboxNote.objects.get(item__subject=till.code, verb="resolved").said
        == "The connection is working now."
    )


def test_an_item_is_sent_again_under_its_key_and_its_gap_closes(
    till: Connection, stripe_server: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accesses.connection, "close", lambda: None)  # the test's own transaction goes on
    customer, account = stripe_server.books.customer("Acme Ltd", {}), an_account()
    links.enrol(till, Customer(customer["id"], account.reference))
    outgoing.put(till.pk, INVOICE_ITEM, "line:1", account.reference, OVERAGE)
    send(till)
    stripe_server.books.tables["invoiceitems"].clear()
    stripe_server._kept.clear()  # a day later
    assert [kind for kind, _ in compared()] == ["missing_there"]
    gap, finance = Gap.objects.get(), a_member("Finance")

    resending.ask(gap_id=gap.pk, reason="Somebody deleted it there.", user=finance)
    with pytest.raises(CannotResend):
        resending.ask(gap_id=gap.pk, reason="Once more.", user=finance)
    resending.go_on(till, STRIPE, lambda: False)
    gap.refresh_from_db()
    assert gap.is_open  # it waits to be sent

    send(till)
    GapResend.objects.update(next_at=database_clock())
    resending.go_on(till, STRIPE, lambda: False)

    gap.refresh_from_db()
    assert (gap.how, gap.closed_by) == ("resent", "finance")
    words = [gap.how_it_closed, *(str(each) for each in gap.notes.all()[1:])]
    assert words == ["sent again", "to be sent again", "sent again"]
    (item,) = stripe_server.books.tables["invoiceitems"]
    assert item["metadata"]["tokendesk_key"] == f"tokendesk:{till.code}:line:1"
    assert Outgoing.objects.get().external_id == item["id"]
    assert compared() == []
    assert not InboxItem.objects.unresolved().filter(subject=str(gap.pk)).exists()


def test_what_was_given_up_is_missing_there(
    till: Connection, stripe_server: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accesses.connection, "close", lambda: None)  # the test's own transaction goes on
    outgoing.put(till.pk, INVOICE_ITEM, "line:1", an_account().reference, OVERAGE)
    outgoing_answers.give_up(outgoing.claim(till.pk, INVOICE_ITEM, 1))

    assert compared() == [("missing_there", f"{till.code} {INVOICE_ITEM} line:1")]


def send(till: Connection) -> None:
    """Send what waits."""
    claimed = outgoing.claim(till.pk, INVOICE_ITEM, 10)
    mine = access_of(till, STRIPE.settings, database_clock())
    outgoing_answers.record(claimed, STRIPE.send(mine, [each.message for each in claimed]))
