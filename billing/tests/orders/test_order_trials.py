"""Trials that come with orders: once a line, once as their offer says, and never in an order's way."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError

from billing.models import OrderTrial, Trial
from billing.services import auditing, order_trials, trial_life, trials
from billing.tests import trying
from billing.tests.orders.sold import a_line, an_offer, order
from usage.rules.enrolment import Enrolment
from usage.services import terms
from usage.tests.api.conftest import Shop, debit_of
from usage.tests.made import AUTHOR, DAY, an_account, clock, named
from wallets.models import Account

pytestmark = pytest.mark.django_db

ENDS = ["order_trial_ends_with_its_line", "trial_of_an_order_is_issued_once", "trial_was_extended_once"]


def _placed(shop: Shop, account: str, name: str, line: dict[str, Any], **more: Any) -> None:
    body = {"external_id": name, "account": account, "lines": [line], **more}
    assert shop.all.post("/orders", body, once=None).status == 200


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

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            ({"state": "cancelled"}, "Order {} was cancelled."),
            ({"lines": ["other"]}, "Version 2 of order {} takes line 1 out."),
            ({"lines": ["cheaper"]}, "Line 1 of order {} gives no trial since version 2."),
        ],
    )
    def test_ends_its_trial_with_the_line_that_gave_it(
        self, shop: Shop, body: dict[str, Any], why: str
    ) -> None:
        """Of 40 tokens 7 are spent and 3 held: 30 go at once, and the 3 when their hold is released."""
        account, name = shop.account(tokens=None), named("SO")
        pack, plain = an_offer("5", trial=trying.an_offer("40")), an_offer("4")
        place = partial(_placed, shop, account, name)
        place({"line": "1", "sku": pack.code})
        shop.all.post("/debits", debit_of(account, "14"))
        hold = shop.all.post("/holds", debit_of(account, "6")).json["id"]
        lines = {"other": {"line": "2", "sku": plain.code}, "cheaper": {"line": "1", "sku": plain.code}}
        told = body.get("lines", ["kept"])[0]

        place(lines.get(told, {"line": "1", "sku": pack.code}), version=2, state=body.get("state", "active"))

        balance = shop.all.get(f"/accounts/{account}/balance").json
        assert (balance["available"], balance["held"]) == ("0.000000", "3.000000")
        shop.all.post(f"/holds/{hold}/release", {})
        assert shop.all.get(f"/accounts/{account}/balance").json["available"] == "0.000000"
        row = OrderTrial.objects.get(account__reference=account)
        trial = Trial.objects.get(pk=row.trial_id)
        assert (row.state, row.reason) == ("ended", why.format(name))
        assert (trial.revoked_by, trial.revoked_for) == ("orders", row.reason)
        assert auditing.findings(ENDS) == ()

    def test_gives_the_trial_of_its_new_offer_where_none_was_given(self) -> None:
        first, second = trying.an_offer("40", once_per="account"), trying.an_offer("90")
        small, large, now = an_offer("5", trial=first), an_offer("9", trial=second), clock()
        waits, refused, name = an_account(), an_account(), named("SO")
        order(waits, a_line(small), external_id=f"{name}-1", starts_at=now + DAY, now=now)
        order(refused, a_line(small), external_id=f"{name}-2")
        order(refused, a_line(small), external_id=f"{name}-3")
        order_trials.work_due()
        assert noted(refused) == [("1", "issued", True), ("1", "refused", False)]

        order(waits, a_line(large), external_id=f"{name}-1", version=2)
        order(refused, a_line(large), external_id=f"{name}-3", version=2)
        order_trials.work_due()

        assert OrderTrial.objects.get(account=waits).offer == second
        assert noted(refused) == [("1", "issued", True), ("1", "issued", True)]
        tokens = Trial.objects.filter(customer=refused).order_by("tokens").values_list("tokens", flat=True)
        assert list(tokens) == [40, 90]
        assert auditing.findings(["trial_of_an_order_is_issued_once", *ENDS]) == ()

    def test_keeps_the_trial_that_it_gave_and_says_so(self) -> None:
        first, second = trying.an_offer("40"), trying.an_offer("90")
        small, large, account = an_offer("5", trial=first), an_offer("9", trial=second), an_account()
        name = named("SO")
        order(account, a_line(small), external_id=name)
        order_trials.work_due()

        order(account, a_line(large), external_id=name, version=2)
        order_trials.work_due()

        row = OrderTrial.objects.get(account=account)
        assert (row.state, row.offer, Trial.objects.get(customer=account).tokens) == ("issued", first, 40)
        assert row.reason == (
            f"Version 2 names the trial {second.name}. A line gives one, and this was given: it stays."
        )
        order(account, a_line(small), external_id=name, version=3)
        assert OrderTrial.objects.get(account=account).reason == ""

    def test_leaves_a_trial_that_was_converted_and_issues_none_anew(self) -> None:
        pack, account, name = an_offer("5", trial=trying.an_offer("40")), an_account(), named("SO")
        order(account, a_line(pack), external_id=name)
        order_trials.work_due()
        trial = Trial.objects.get(customer=account)
        seller = trying.a_seller()
        trial_life.convert(trial_id=trial.pk, user=seller, is_kept=True)

        order(account, a_line(pack), external_id=name, version=2, state="cancelled")
        order_trials.work_due()
        order(account, a_line(pack), external_id=name, version=3)
        order_trials.work_due()

        row = OrderTrial.objects.get(account=account)
        assert (row.state, trying.grant_of(trial).remaining) == ("ended", 40)
        assert row.reason == f"Order {name} was cancelled. The trial was converted before, and stays."
        assert auditing.findings(ENDS) == ()

    def test_that_fails_gives_the_others_their_turn(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pack, failing, fine = an_offer("5", trial=trying.an_offer("40")), an_account(), an_account()
        for account in (failing, fine):
            order(account, a_line(pack))
        issue = trials.issue_ordered

        def issued(*, customer: Account, **asked: Any) -> Trial:
            if customer == failing:
                raise DatabaseError("A worker stumbles.")
            return issue(customer=customer, **asked)

        monkeypatch.setattr(trials, "issue_ordered", issued)
        monkeypatch.setattr(order_trials, "AT_ONCE", 1)

        assert [order_trials.work_due() for _ in range(3)] == [0, 1, 0]

        assert (noted(failing), noted(fine)) == ([("1", "waiting", False)], [("1", "issued", True)])
        monkeypatch.undo()
        assert order_trials.work_due(clock() + timedelta(seconds=31)) == 1

    def test_waits_while_its_account_is_closed(self) -> None:
        pack, now, account = an_offer("5", trial=trying.an_offer("40")), clock(), an_account()
        order(account, a_line(pack), starts_at=now + timedelta(milliseconds=1), now=now)
        for state, found in (("closed", ("1", "waiting", False)), ("active", ("1", "issued", True))):
            terms.enrol(reference=account.reference, asked=Enrolment(state=state), author=AUTHOR)

            order_trials.work_due(now + DAY)

            assert noted(account) == [found]
