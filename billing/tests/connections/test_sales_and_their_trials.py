"""A sale that takes a trial back, and a person who holds that trial and wants its account."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction

from billing.models import Trial
from billing.rules.connecting import SaleLine
from billing.services import connections, trial_life, wishes
from billing.tests import trying
from billing.tests.connections.shops import Shop, a_shop
from billing.tests.orders.sold import an_offer, bought
from usage.tests.made import an_account
from usage.tests.racing import blocked
from wallets.services import ledger

pytestmark = pytest.mark.committed


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = a_shop()
    yield shop
    connections.set_state(connection_id=shop.row.pk, state="off")


def test_a_sale_ends_and_so_does_who_holds_the_trial_and_waits_for_the_account(shop: Shop) -> None:
    acme, pilot = an_account(), trying.an_offer("40")
    pack = an_offer("5", tokens=[bought("1000")], trial=pilot)
    line = SaleLine(pack.code)
    wishes.grant(shop.row, wishes.Sale("SO-1", 1, [line], account=acme.reference))
    trial = Trial.objects.get(customer=acme)

    with ThreadPoolExecutor(1) as threads, transaction.atomic():
        trial_life.lock_of(trial.grant_id)
        cancelled = blocked(
            threads, lambda: wishes.grant(shop.row, wishes.Sale("SO-1", 2, state="cancelled"))
        )
        ledger.lock(acme.pk)

    assert cancelled.result().version == 2
    trial.refresh_from_db()
    assert (trial.revoked_by, trial.revoked_for) == ("orders", f"Order {shop.row.code}:SO-1 was cancelled.")
