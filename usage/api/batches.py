"""Many debits in one request: each row is read, charged and answered by itself."""

from collections.abc import Sequence

from config.http import problems, shapes
from config.http.idempotency import fingerprint
from config.kernel.errors import DomainError, InvalidRequest
from usage.api import orders, requests, shown
from usage.queries.keys import KeyHolder
from usage.rules.orders import DebitOrder
from usage.rules.receipts import Receipt
from usage.services import metering


def charge_rows(caller: KeyHolder, rows: Sequence[object], debits_path: str) -> dict[str, object]:
    """Charge each row as `POST debits_path` would charge it; answer a result a row, in the order sent."""
    read = [_read(caller, row, debits_path) for row in rows]
    charged = iter(metering.charge_batch([each for each in read if isinstance(each, DebitOrder)]))
    return {"results": [_result(next(charged) if isinstance(each, DebitOrder) else each) for each in read]}


def _read(caller: KeyHolder, row: object, path: str) -> DebitOrder | InvalidRequest:
    try:
        asked = shapes.read(requests.DebitRow, row)
    except InvalidRequest as refusal:
        return refusal
    assert isinstance(row, dict)
    body = {name: member for name, member in row.items() if name != "idempotency_key"}
    return orders.debit(caller, asked, asked.idempotency_key, fingerprint("POST", path, body))


def _result(done: Receipt | DomainError) -> dict[str, object]:
    if isinstance(done, DomainError):
        return problems.members(done)
    replayed = {"replayed": True} if done.is_replay else {}
    return {"status": 201, **replayed, "body": shown.debit(done)}
