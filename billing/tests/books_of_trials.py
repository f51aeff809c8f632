"""A seller's trials: one extended and converted, one revoked, one that waited for its first use, one approved."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User

from billing.models import OrderTrial
from billing.services import order_trials, trial_life, trial_requests
from billing.tests.orders import sold
from billing.tests.trying import a_seller, a_trial, allow, an_offer, ask
from usage.tests.made import Shop, named


def try_out(shop: Shop) -> dict[str, Any]:
    """Names of what was written."""
    seller, manager = a_seller(), a_seller("max")
    allow(seller, "30")
    pilot = an_offer(extension_days=10)
    tried = shop.an_account()
    extended = a_trial(seller, pilot, tried)
    shop.debit(tried, "4")
    trial_life.note_first_use(extended.pk)
    trial_life.extend(trial_id=extended.pk, user=seller, reason="They were on holiday.")
    trial_life.convert(trial_id=extended.pk, user=seller, is_kept=True, purchase="order-1")
    revoked = a_trial(seller, pilot, shop.an_account())
    trial_life.revoke(trial_id=revoked.pk, user=manager, reason="It was the wrong account.")
    waiter = shop.an_account()
    waited = a_trial(seller, an_offer(starts="first_use", days=5), waiter)
    shop.debit(waiter, "1")
    trial_life.note_first_use(waited.pk)
    return {
        "trial_extended": extended.pk,
        "trial_grant": extended.grant_id,
        "trial_revoked": revoked.pk,
        "trial_waited": waited.pk,
        "order_trial_ended": _with_an_order(shop),
        **_beyond(shop, seller, manager, pilot),
    }


def _with_an_order(shop: Shop) -> UUID:
    """A trial that came with an order, and ended with it."""
    customer, name, pack = shop.an_account(), named("SO"), sold.an_offer("5", trial=an_offer("7"))
    sold.order(customer, sold.a_line(pack), external_id=name)
    order_trials.work_due()
    sold.order(customer, sold.a_line(pack), external_id=name, version=2, state="cancelled")
    order_trials.work_due()
    return OrderTrial.objects.get(account=customer).pk


def _beyond(shop: Shop, seller: User, manager: User, pilot: Any) -> dict[str, Any]:
    request = ask(seller, pilot, shop.an_account()).request
    assert request is not None
    approved = trial_requests.approve(request_id=request.pk, user=manager)
    return {"trial_request": request.pk, "trial_approved": approved.pk, "trial_seller": seller.pk}
