"""Two connections: something was fetched by one, and it was told of an account and of a line to be billed."""

from __future__ import annotations

from typing import Any

from billing.models import Connection, InvoiceLine, Link, SyncCursor
from billing.rules.connecting import CUSTOMER, INVOICE_ITEM, TASK, Record, Sent
from billing.rules.deliveries import Answer
from billing.services import connections, outgoing, outgoing_answers, receiving
from billing.services.connections import ConnectionWish
from config.kernel.amounts import plain
from usage.tests.made import an_account, clock, named


def connect() -> dict[str, Any]:
    """The names `connection`, `other_connection`, and the messages `told` and `billed`."""
    one, two = (_connection() for _ in range(2))
    line = InvoiceLine.objects.filter(invoice__state="final", amount__gt=0).order_by("pk")[0]
    now = clock()
    for account in (line.invoice.customer, an_account()):
        Link.objects.create(
            connection=one,
            kind=CUSTOMER,
            external_id=named("cus"),
            about=account,
            created_at=now,
            changed_at=now,
        )
    item = {"amount": plain(line.amount), "currency": line.invoice.currency}
    outgoing.put(one.pk, INVOICE_ITEM, f"line:{line.pk}", line.invoice.customer.reference, item)
    outgoing.put(one.pk, TASK, named("task"), account.reference, {"title": "Call them"})
    SyncCursor.objects.create(connection=one, stream="companies", position="1", due_at=now, moved_at=now)
    receiving.store(one.pk, [receiving.Told(Record("company-1", "company", {}), b"{}")], "pull")
    connections.set_state(connection_id=one.pk, state=Connection.State.ON)
    told, billed = _sent(one, TASK), _sent(one, INVOICE_ITEM)
    connections.set_state(connection_id=one.pk, state=Connection.State.PAUSED)
    return {"connection": one.pk, "other_connection": two.pk, "told": told, "billed": billed}


def _connection() -> Connection:
    wish = ConnectionWish("Somewhere", {})
    return connections.make(code=named("somewhere"), kind="nowhere", known=(), wish=wish)


def _sent(row: Connection, kind: str) -> Any:
    (claimed,) = outgoing.claim(row.pk, kind, 1)
    outgoing_answers.record([claimed], [Sent(Answer(200), "theirs-1")])
    return claimed.outgoing_id
