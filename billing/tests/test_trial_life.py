"""What becomes of trials: first used, extended once, revoked, converted; and how that is shown and added up."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing import errors
from billing.models import Trial
from billing.queries import trials as asking
from billing.queries.trial_costs import cost_of
from billing.queries.trial_report import report
from billing.services import trial_life
from billing.tests.trying import a_seller, a_trial, an_offer, grant_of
from config.kernel.errors import InsufficientTokens
from usage.rules.grants import GrantOrder, TransferOrder
from usage.rules.orders import OwnCost
from usage.services import granting
from usage.tests.made import DAY, Shop, a_call, an_account, clock, ledger_of, named
from wallets.errors import ExpiryTooSoon, NothingLeft
from wallets.models import Account, Currency, ExpiryChange

pytestmark = pytest.mark.django_db


class TestFirstUse:
    def test_begins_a_life_that_waited_for_it(self) -> None:
        shop = Shop()
        account = shop.an_account()
        trial = a_trial(
            a_seller(), an_offer(starts="first_use", days=5, activate_within=60, remind_days=2), account
        )
        assert grant_of(trial).expires_at == trial.issued_at + 60 * DAY

        used = shop.debit(account, "1").recorded_at
        assert trial_life.note_first_uses() == 1
        assert trial_life.note_first_uses() == 0

        trial.refresh_from_db()
        assert trial.activated_at == used
        assert grant_of(trial).expires_at == used + 5 * DAY
        assert trial.remind_at == used + 3 * DAY

    def test_leaves_the_end_that_a_person_gave_it(self) -> None:
        shop = Shop()
        account, stop = shop.an_account(), clock() + 3 * DAY
        trial = a_trial(a_seller(), an_offer(starts="first_use", days=14, activate_within=90), account)
        trial_life.move_expiry(grant_id=trial.grant_id, expires_at=stop, reason="Stop.", call=a_call())

        shop.debit(account, "1")
        trial_life.note_first_uses()

        assert grant_of(trial).expires_at == stop

    def test_of_one_that_started_at_once_moves_nothing(self) -> None:
        shop = Shop()
        account = shop.an_account()
        trial = a_trial(a_seller(), an_offer(), account)
        used = shop.debit(account, "1").recorded_at

        trial_life.note_first_uses()

        trial.refresh_from_db()
        assert trial.activated_at == used
        assert not ExpiryChange.objects.filter(grant_id=trial.grant_id).exists()


class TestLife:
    def test_is_extended_once_by_what_the_offer_allows(self) -> None:
        seller, offer = a_seller(), an_offer(days=30, extension_days=10, remind_days=7)
        trial = a_trial(seller, offer, an_account())

        extended = trial_life.extend(trial_id=trial.pk, user=seller, reason="A holiday.")

        assert grant_of(trial).expires_at == trial.issued_at + 40 * DAY
        assert extended.remind_at == trial.issued_at + 33 * DAY
        with pytest.raises(errors.NotExtendable):
            trial_life.extend(trial_id=trial.pk, user=seller, reason="Another.")

    def test_waits_longer_where_it_is_extended_before_its_first_use(self) -> None:
        shop, seller = Shop(), a_seller()
        account = shop.an_account()
        offer = an_offer(starts="first_use", days=5, activate_within=60, extension_days=9)
        trial = a_trial(seller, offer, account)

        trial_life.extend(trial_id=trial.pk, user=seller, reason="They begin in June.")
        waits_until = grant_of(trial).expires_at
        used = shop.debit(account, "1").recorded_at
        trial_life.note_first_uses()

        assert waits_until == trial.issued_at + 69 * DAY
        assert grant_of(trial).expires_at == used + 5 * DAY

    def test_stays_with_its_account(self) -> None:
        company = an_account()
        team = Account.objects.create(reference=named("team"), parent=company)
        trial = a_trial(a_seller(), an_offer("10"), company)
        granting.grant(reference=company.reference, order=GrantOrder("trial", Decimal(3)), call=a_call())

        with pytest.raises(InsufficientTokens) as refusal:
            granting.transfer(
                reference=company.reference, order=TransferOrder(team.reference, Decimal(4)), call=a_call()
            )
        granting.transfer(
            reference=company.reference, order=TransferOrder(team.reference, Decimal(3)), call=a_call()
        )

        assert refusal.value.extras["available"] == "3.000000"
        assert grant_of(trial).remaining == 10

    def test_is_not_extended_where_the_offer_says_so(self) -> None:
        seller = a_seller()
        trial = a_trial(seller, an_offer(extension_days=0), an_account())

        with pytest.raises(errors.NotExtendable):
            trial_life.extend(trial_id=trial.pk, user=seller, reason="Please.")

    def test_ends_with_its_revocation(self) -> None:
        shop, seller = Shop(), a_seller()
        account = shop.an_account()
        trial = a_trial(seller, an_offer("10"), account)
        shop.debit(account, "4")

        revoked = trial_life.revoke(trial_id=trial.pk, user=seller, reason="Fraud.")

        assert (revoked.revoked_by, revoked.revoked_for) == (seller.username, "Fraud.")
        assert ledger_of(account) == [("grant", 10), ("draw", 4), ("void", 6)]
        with pytest.raises(errors.TrialOver):
            trial_life.convert(trial_id=trial.pk, user=seller, is_kept=True)

    def test_is_not_revoked_where_nothing_is_left(self) -> None:
        shop, seller = Shop(), a_seller()
        account = shop.an_account()
        trial = a_trial(seller, an_offer("4"), account)
        shop.debit(account, "4")

        with pytest.raises(NothingLeft):
            trial_life.revoke(trial_id=trial.pk, user=seller, reason="Fraud.")

        trial.refresh_from_db()
        assert trial.revoked_at is None

    @pytest.mark.parametrize(("is_kept", "left"), [(True, 6), (False, 0)])
    def test_leads_to_a_purchase_that_keeps_or_ends_what_is_left(self, is_kept: bool, left: int) -> None:
        shop, seller = Shop(), a_seller()
        account = shop.an_account()
        trial = a_trial(seller, an_offer("10"), account)
        shop.debit(account, "4")

        done = trial_life.convert(trial_id=trial.pk, user=seller, is_kept=is_kept, purchase="order-1")

        assert grant_of(trial).remaining == left
        assert (done.kept, done.purchase) == ("kept" if is_kept else "ended", "order-1")
        with pytest.raises(errors.TrialOver):
            trial_life.convert(trial_id=trial.pk, user=seller, is_kept=is_kept)

    def test_is_converted_when_all_is_spent_as_well(self) -> None:
        shop, seller = Shop(), a_seller()
        account = shop.an_account()
        trial = a_trial(seller, an_offer("4"), account)
        shop.debit(account, "4")

        assert trial_life.convert(trial_id=trial.pk, user=seller, is_kept=False).kept == "ended"

    def test_goes_along_where_its_grants_expiry_is_moved(self) -> None:
        trial = a_trial(a_seller(), an_offer(days=30, remind_days=7), an_account())
        ends = trial.issued_at + 60 * DAY

        trial_life.move_expiry(grant_id=trial.grant_id, expires_at=ends, reason="Asked.", call=a_call())

        trial.refresh_from_db()
        assert (grant_of(trial).expires_at, trial.remind_at) == (ends, ends - 7 * DAY)
        with pytest.raises(ExpiryTooSoon):
            granting.extend(grant_id=trial.grant_id, expires_at=clock(), reason="", call=a_call())


class TestCosts:
    def test_span_from_the_cheapest_to_the_dearest_feature_that_the_offer_is_good_for(self) -> None:
        shop, offer = Shop(), an_offer("100")
        euro = Currency.objects.get(is_reporting=True).code
        told = shop.a_table(tokens="2", cost=Decimal("0.05"), cost_currency=euro)

        span = cost_of(offer, told, clock())

        assert span is not None
        assert (span.lowest, span.highest, span.currency, span.unknown) == (
            Decimal("2.50"),
            Decimal("2.50"),
            euro,
            0,
        )
        assert cost_of(offer, shop.table, clock()) is None
        assert cost_of(an_offer(features=["other.*"]), told, clock()) is None


class TestReport:
    def test_tells_what_the_tokens_cost_as_far_as_that_is_known(self) -> None:
        shop, seller, offer = Shop(), a_seller(), an_offer("10")
        account, idle = shop.an_account(), shop.an_account()
        trial = a_trial(seller, offer, account)
        a_trial(seller, offer, idle)
        euro = Currency.objects.get(is_reporting=True).code
        shop.debit(account, "4", costs=(OwnCost(Decimal("0.80"), euro),))
        shop.debit(account, "1")
        trial_life.note_first_uses()
        trial_life.convert(trial_id=trial.pk, user=seller, is_kept=True)

        (line,) = [each for each in report(clock() - DAY, clock() + DAY) or [] if each.offer == offer.name]

        assert (line.issued, line.activated, line.used, line.converted) == (2, 1, 0, 1)
        assert (line.tokens, line.spent, line.cost, line.uncosted) == (20, 5, Decimal("0.8"), 1)


class TestBoard:
    def test_filters_by_how_trials_stand(self) -> None:
        shop, seller, offer = Shop(), a_seller(), an_offer("10", days=5)
        used, unused, gone = (a_trial(seller, offer, shop.an_account()) for _ in range(3))
        shop.debit(used.customer, "4")
        trial_life.note_first_uses()
        trial_life.revoke(trial_id=gone.pk, user=seller, reason="Fraud.")
        now = clock()

        def shown(state: str) -> set[Trial]:
            return set(asking.board({"offer": offer.pk, "state": state}, now))

        assert shown("") == {used, unused, gone}
        assert shown("running") == shown("ending") == {used, unused}
        assert (shown("unused"), shown("revoked"), shown("over")) == ({unused}, {gone}, set())
        (stand,) = asking.stands([Trial.objects.get(pk=used.pk)], now)
        assert (stand.state, stand.used, stand.days_left) == ("open", Decimal("0.4"), 5)
