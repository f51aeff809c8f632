"""Trials that come with orders: once a line, once as their offer says, and never in an order's way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing.models import OrderTrial, Trial
from billing.services import auditing, order_trials
from billing.tests import trying
from billing.tests.orders.sold import a_line, an_offer, order
from usage.rules.enrolment import Enrolment
from usage.services import terms
from usage.tests.api.conftest import Shop
from usage.tests.made import AUTHOR, DAY, an_account, clock, named
from wallets.models import Account

pytestmark = pytest.mark.django_db


def noted(account: Account) -> list[tuple[str, str, bool]]:
    rows = OrderTrial.objects.filter(account=account).order_by("pk")
    return [(row.line, row.state, row.trial_id is not None) for row in rows]


class TestOrder:
    def test_issues_the_trial_of_its_line_over_http_and_once(self, shop: Shop) -> None:
        pilot = trying.an_offer("40", once_per="account", starts="first_use", days=14)
        pack = an_offer("5", trial=pilot)
        customer = Account.objects.get(reference=shop.account(tokens=None))
        line = {"sku": pack.code}
        body = {"external_id": named("SO"), "account": customer.reference, "lines": [line]}

        answers = [
            shop.all.post("/orders", asked, once=None).status
            for asked in (
                body,
                body,
                body | {"version": 2, "lines": [line | {"quantity": 2}]},
                body | {"external_id": named("SO")},
            )
        ]

        assert answers == [200] * 4
        trial = Trial.objects.get(customer=customer)
        assert (trial.seller, trial.tokens, trying.grant_of(trial).is_bound) == (None, 40, True)
        assert noted(customer) == [("1", "issued", True), ("1", "refused", False)]
        refused = OrderTrial.objects.get(account=customer, state="refused")
        assert "it is given once" in refused.reason
        assert auditing.findings(["trial_of_an_order_is_issued_once", "trial_is_its_grant"]) == ()

    def test_that_starts_later_issues_it_then_and_one_that_ended_does_not(self) -> None:
        pack, now = an_offer("5", trial=trying.an_offer("40")), clock()
        later, gone = an_account(), an_account()
        order(later, a_line(pack), starts_at=now + DAY, now=now)
        name = named("SO")
        order(gone, a_line(pack), external_id=name, now=now)
        order(gone, a_line(pack), external_id=name, version=2, state="cancelled", now=now)

        order_trials.work_due(now + timedelta(seconds=1))

        assert noted(later) == [("1", "waiting", False)]
        assert noted(gone) == [("1", "refused", False)]
        assert not Trial.objects.filter(customer__in=[later, gone]).exists()

    def test_waits_while_its_account_is_closed(self) -> None:
        pack, now, account = an_offer("5", trial=trying.an_offer("40")), clock(), an_account()
        order(account, a_line(pack), starts_at=now + timedelta(milliseconds=1), now=now)
        for state, found in (("closed", ("1", "waiting", False)), ("active", ("1", "issued", True))):
            terms.enrol(reference=account.reference, asked=Enrolment(state=state), author=AUTHOR)

            order_trials.work_due(now + DAY)

            assert noted(account) == [found]
