"""What a worker still writes of a record: after somebody erased it, and in which order it locks."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import BodyRemoval
from billing.rules.connecting import NotSetUp
from billing.rules.handling import ERASED, Came, Next, Verdict, verdict_of
from billing.services import applying, erasing
from billing.services.erasing import Erasure
from billing.tests.connections.shops import Shop


def claimed(shop: Shop) -> applying.Claimed:
    shop.tell({"type": "ignore"})
    found = applying.claim(shop.row.pk)
    assert found is not None
    return found


def test_a_record_erased_while_it_was_applied_is_told_of_in_no_sentence(shop: Shop) -> None:
    taken = claimed(shop)
    erasing.erase(
        connection_id=shop.row.pk, received_id=taken.received_id, erasure=Erasure("alice", "He asked for it.")
    )

    applying.record(
        taken, Verdict(Next.APPLIED, [Came("order", "SO-1", "Jane Doe bought it.")], reason="Jane")
    )

    (row,) = shop.handlings()
    assert BodyRemoval.objects.filter(received=row.pk).exists()
    assert row.state == "applied"
    assert row.outcome == [{"about": "order", "ref": "SO-1", "said": ERASED}]
    assert row.reason == ERASED


def test_a_record_is_locked_before_the_health_of_its_connection(shop: Shop) -> None:
    taken = claimed(shop)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        applying._recorded(taken, verdict_of(NotSetUp("No key."), 1, 0.5, is_read=False), set())

    told = [each["sql"] for each in asked]
    locks = next(place for place, sql in enumerate(told) if "FOR UPDATE" in sql and "billing_handling" in sql)
    writes = next(place for place, sql in enumerate(told) if "UPDATE billing_connectionhealth" in sql)
    assert locks < writes
