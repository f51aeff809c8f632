"""Trials: issued within an allowance, once; first used, extended once, revoked, converted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from billing import errors
from billing.models import Recipient, Trial, TrialRequest
from billing.queries.seller_allowances import month_of_seller
from billing.services import trial_files, trial_life, trial_requests
from billing.tests.trying import a_seller, a_trial, allow, an_offer, ask, grant_of
from config.kernel.errors import IdempotencyKeyReused, InvalidRequest
from usage.tests.made import DAY, ait, an_account, clock, ledger_of, named

pytestmark = pytest.mark.django_db


class TestIssue:
    def test_grants_what_the_offer_says(self) -> None:
        seller, account = a_seller(), an_account()
        offer = an_offer("500", days=14, priority=10, features=["chat.*"])

        trial = a_trial(seller, offer, account, opportunity="deal-7", reason="They asked.")

        grant = grant_of(trial)
        assert (grant.kind, grant.tokens, grant.priority, grant.features) == ("trial", 500, 10, ["chat.*"])
        assert grant.expires_at == trial.issued_at + 14 * DAY
        assert (grant.reason, grant.created_by) == (f"{offer}: They asked.", seller.username)

    def test_answers_the_first_to_the_same_form_and_to_the_same_opportunity(self) -> None:
        seller, account, offer = a_seller(), an_account(), an_offer("500")
        first = ask(seller, offer, account, key="form", opportunity="deal-7")

        again = ask(seller, offer, account, key="form", opportunity="deal-7")
        other = ask(a_seller(), offer, account, opportunity="deal-7")

        assert (again.trial, again.is_replay) == (other.trial, other.is_replay) == (first.trial, True)
        assert ledger_of(account) == [("grant", 500)]

    def test_refuses_a_form_that_stands_for_something_else(self) -> None:
        seller, offer = a_seller(), an_offer()
        ask(seller, offer, an_account(), key=(key := named("form")))

        with pytest.raises(IdempotencyKeyReused):
            ask(seller, offer, an_account(), key=key)

    def test_refuses_the_opportunity_of_another_account(self) -> None:
        seller, offer, other = a_seller(), an_offer(), an_account()
        ask(seller, offer, an_account(), opportunity="deal-7")

        with pytest.raises(errors.OpportunityTaken):
            ask(seller, offer, other, opportunity="deal-7")

        assert ledger_of(other) == []

    def test_gives_an_offer_once_an_account_even_when_it_was_revoked(self) -> None:
        seller, account, offer = a_seller(), an_account(), an_offer(once_per="account")
        trial_life.revoke(trial_id=a_trial(seller, offer, account).pk, user=seller, reason="A mistake.")

        with pytest.raises(errors.TrialGivenAlready):
            ask(seller, offer, account)

        ask(seller, offer, other := an_account())
        assert [kind for kind, _ in ledger_of(account)] == ["grant", "void"]
        assert [kind for kind, _ in ledger_of(other)] == ["grant"]

    def test_gives_an_offer_once_a_domain(self) -> None:
        seller, offer = a_seller(), an_offer(once_per="domain")
        ask(seller, offer, an_account(), domain="Acme.com ")

        with pytest.raises(errors.TrialGivenAlready):
            ask(seller, offer, an_account(), domain="@acme.com")
        with pytest.raises(InvalidRequest):
            ask(seller, offer, an_account())

    def test_issues_no_offer_that_is_switched_off(self) -> None:
        with pytest.raises(errors.UnknownOffer):
            ask(a_seller(), an_offer(is_on=False), an_account())

    def test_lets_the_seller_be_told_of_the_end(self) -> None:
        seller, account = a_seller(email="sue@example.com"), an_account()

        trial = a_trial(seller, an_offer(days=30, remind_days=7), account)

        assert trial.remind_at == trial.issued_at + 23 * DAY
        told = Recipient.objects.get(address="sue@example.com")
        assert (told.about, told.types) == (account, ["trial.expiring"])


class TestAllowance:
    def test_is_what_a_seller_issues_in_a_month_to_the_last_token(self) -> None:
        seller, offer = a_seller(), an_offer("10")
        allow(seller, "20")
        for _ in range(2):
            a_trial(seller, offer, an_account())

        asked = ask(seller, offer, account := an_account())

        assert asked.trial is None
        assert asked.request is not None
        assert ledger_of(account) == []
        month = month_of_seller(seller.pk, ait(), clock())
        assert (month.allowance, month.issued, month.left) == (20, 20, 0)

    def test_is_the_sellers_own_else_that_of_all_else_without_limit(self) -> None:
        free, sue, max_ = a_seller(), a_seller(), a_seller("max")

        def left(seller: object) -> Decimal | None:
            return month_of_seller(seller.pk, ait(), clock()).left  # type: ignore[attr-defined]

        assert left(free) is None
        allow(None, "50")
        allow(sue, "80")
        allow(max_, None)
        assert [left(each) for each in (free, sue, max_)] == [50, 80, None]
        allow(sue, None, follows_all=True)
        assert left(sue) == 50

    def test_counts_months_of_utc(self) -> None:
        seller, offer = a_seller(), an_offer("10")
        allow(seller, "10")
        a_trial(seller, offer, an_account())

        next_month = (clock().replace(day=1) + timedelta(days=32)).replace(day=1)

        assert month_of_seller(seller.pk, ait(), next_month).left == 10


class TestRequests:
    def test_are_issued_at_once_when_another_approves_and_count_beside_the_allowance(self) -> None:
        seller, manager, account = a_seller(), a_seller("max"), an_account()
        allow(seller, "5")
        request = ask(seller, an_offer("10"), account).request
        assert request is not None

        with pytest.raises(errors.OwnRequest):
            trial_requests.approve(request_id=request.pk, user=seller)
        trial = trial_requests.approve(request_id=request.pk, user=manager, reason="A big one.")

        assert ledger_of(account) == [("grant", 10)]
        assert (trial.seller, trial.request) == (seller, request)
        assert month_of_seller(seller.pk, ait(), clock()).issued == 0
        with pytest.raises(errors.DecidedAlready):
            trial_requests.approve(request_id=request.pk, user=manager)

    def test_are_declined_with_a_reason_and_may_be_made_again(self) -> None:
        seller, manager, account, offer = a_seller(), a_seller("max"), an_account(), an_offer("10")
        allow(seller, "5")
        request = ask(seller, offer, account, opportunity="deal").request
        assert request is not None

        with pytest.raises(InvalidRequest):
            trial_requests.decline(request_id=request.pk, user=manager, reason=" ")
        trial_requests.decline(request_id=request.pk, user=manager, reason="Too soon.")

        assert ledger_of(account) == []
        assert ask(seller, offer, account, opportunity="deal").request != request

    def test_are_the_same_to_the_same_opportunity(self) -> None:
        seller, account, offer = a_seller(), an_account(), an_offer("10")
        allow(seller, "5")
        first = ask(seller, offer, account, opportunity="deal")

        assert ask(seller, offer, account, opportunity="deal").request == first.request


class TestFiles:
    def test_are_issued_whole_after_a_dry_run_that_leaves_nothing(self) -> None:
        seller, offer = a_seller(), an_offer("10")
        first, second = an_account(), an_account()
        text = f"account,offer,reason\n{first.reference},{offer.name},Fair\n{second.reference},{offer.name},Fair\n"

        dry = trial_files.issue_file(text=text, key="f", seller=seller, is_dry=True)
        assert (dry.issued, dry.tokens, Trial.objects.filter(offer=offer).count()) == (2, 20, 0)
        for expected in ((2, 0), (0, 2)):
            done = trial_files.issue_file(text=text, key="f", seller=seller, is_dry=False)
            assert (done.issued, done.known) == expected
        assert ledger_of(first) == ledger_of(second) == [("grant", 10)]

    def test_ask_for_what_is_beyond_the_months_allowance(self) -> None:
        seller, offer, accounts = a_seller(), an_offer("10"), [an_account(), an_account()]
        allow(seller, "15")
        rows = [f"{each.reference},{offer.name},Fair" for each in accounts]

        done = trial_files.issue_file(
            text="\n".join(["account,offer,reason", *rows]), key="f", seller=seller, is_dry=False
        )

        assert sorted(row.outcome for row in done.rows) == ["asked", "issued"]
        assert [(row.line, row.account) for row in done.rows] == [
            (line, each.reference) for line, each in enumerate(accounts, 2)
        ]
        assert TrialRequest.objects.get(seller=seller).reason == "Fair"
        assert sum((ledger_of(each) for each in accounts), []) == [("grant", 10)]

    def test_tell_each_line_at_fault_and_issue_nothing(self) -> None:
        seller, offer, account = a_seller(), an_offer("10", once_per="account"), an_account()
        rows = [f"{account.reference},{offer.name},Fair"] * 2 + ["nobody,pilot,Fair"]

        with pytest.raises(InvalidRequest) as refusal:
            trial_files.issue_file(
                text="\n".join(["account,offer,reason", *rows]), key="f", seller=seller, is_dry=False
            )

        assert [fault.pointer for fault in refusal.value.errors] == ["/3", "/4"]
        assert ledger_of(account) == []
