"""What one odd sale of theirs, or one refusal, does to the rest of a comparison: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from billing.connectors import stripe_sold
from billing.models import Gap, GapResend
from billing.rules.connecting import Refused, Unreadable
from billing.services import accesses, resending
from billing.tests.connectors.stripe_protocol import Tree
from billing.tests.connectors.stripe_server import StripeServer
from billing.tests.connectors.stripe_told import STRIPE
from billing.tests.connectors.test_sales_compared import Till
from billing.tests.desks.people import a_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(stripe_server: StripeServer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    monkeypatch.setattr(accesses.connection, "close", lambda: None)  # the test's own transaction goes on
    return Till(stripe_server)


def test_a_sale_of_another_form_keeps_no_day_from_its_answer(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, sale = till.sells(), till.sells()
    found_for = stripe_sold.found_for

    def found(caller: Any, kind: str, thing: Tree) -> Any:
        if thing["id"] == odd["id"]:
            raise Unreadable("It has another form.", "id")
        return found_for(caller, kind, thing)

    monkeypatch.setattr(stripe_sold, "found_for", found)

    assert [each[1] for each in till.compared()] == [sale["id"]]


def test_what_they_refuse_for_good_ends_alone(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    till.sells()
    till.compared()
    gap = Gap.objects.open().get()
    resending.ask(gap_id=gap.pk, reason="Look again.", user=a_member("Finance"))

    def refuse(*_asked: Any) -> Any:
        raise Refused("They want nothing of it.", 400)

    monkeypatch.setattr(resending, "exchanged", refuse)

    assert resending.go_on(till.row, STRIPE, lambda: False) == 1
    assert GapResend.objects.get().said == "They gave no answer to it: They want nothing of it."
    assert [each.verb for each in gap.notes.all()] == ["found", "asked", "stays"]
