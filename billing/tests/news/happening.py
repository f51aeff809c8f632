"""Something of each type that news are told of."""

from __future__ import annotations

from decimal import Decimal

from billing.services import price_lists, top_ups, trial_life
from billing.tests.test_notice_of_prices import a_dearer_draft, a_price_list
from billing.tests.top_ups.ruled import a_pack, a_rule, topped_up
from billing.tests.trying import a_seller, a_trial, an_offer
from usage.services import limiting
from usage.services.limiting import BudgetOrder
from usage.tests.held import a_hold
from usage.tests.laddered import block, grace
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, an_account, clock, named
from wallets.services import ledger


def let_everything_happen() -> None:
    """One fact of each type, with everything that can be told of it."""
    shop, now = Shop(), clock()
    _let_a_ladder_be_climbed(shop)
    _let_a_hold_expire(shop)
    _let_a_trial_convert(shop)
    _let_a_top_up_be_refused(shop)
    acme = shop.an_account()
    order = BudgetOrder("team", "month", Decimal(10), is_hard=False, per="user")
    limiting.open_budget(account_id=acme.pk, order=order, author=AUTHOR)
    told = {"kind": "purchase", "features": (shop.chat,), "unit_cost": Decimal("0.01")}
    a_grant(acme, "40", now=now - 90 * DAY, expires_at=clock() + 7 * DAY, external_id="one", **told)
    shop.debit(acme, "12", subject={"user": "u-17"})
    other = an_account()
    a_grant(other, "40", now=now - 2 * HOUR, expires_at=now - HOUR, external_id="two", **told)
    ledger.expire(account_id=other.pk)
    an_account(segment=a_price_list(shop, 30).code)
    price_lists.publish(version=a_dearer_draft(shop.table), effective_from=clock() + 31 * DAY)


def _let_a_ladder_be_climbed(shop: Shop) -> None:
    """A debit past a threshold and zero, its grace used up, and a purchase after it."""
    steep = shop.an_account(policy=block(80, grace=grace("5")))
    a_grant(steep, "10")
    shop.debit(steep, "12")
    shop.debit(steep, "3")
    a_grant(steep, "40", kind="purchase")


def _let_a_trial_convert(shop: Shop) -> None:
    """Its seller was reminded of it."""
    seller = a_seller()
    trial = a_trial(seller, an_offer(), shop.an_account(), opportunity=named("deal"))
    trial_life.remind(trial_id=trial.pk)
    trial_life.convert(trial_id=trial.pk, user=seller, is_kept=True, purchase="order-4711")


def _let_a_hold_expire(shop: Shop) -> None:
    """An hour ago work began for which nobody asked any more."""
    acme, then = shop.an_account(), clock() - HOUR
    a_grant(acme, "10", now=then)
    a_hold(shop, acme, "4", now=then, expires_in=600)
    ledger.settle(account_id=acme.pk)


def _let_a_top_up_be_refused(shop: Shop) -> None:
    """Packs were asked for and not paid."""
    acme = shop.an_account()
    made = topped_up(a_rule(acme, a_pack(), needs_payment=True))
    assert made is not None
    top_ups.refuse(top_up_id=made.pk, author=AUTHOR)
