from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from pricing.rules.rows import RateRow
from pricing.services import catalogue, drafting, publishing
from usage.models import BeyondPolicy, Debit, DebitLine
from usage.queries.receipts import receipt
from usage.rules.enrolment import Enrolment
from usage.services import terms, waiting
from usage.tests.made import AUTHOR, DAY, UNLIMITED, Shop, a_grant, clock, ledger_of, named, up_to
from usage.tests.reported import an_event, debit_of, rate, reason_of, report, the_event, the_place
from wallets.models import Wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop()


class TestWork:
    def test_books_an_event_as_a_debit_of_its_time(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "100", effective_at=clock() - DAY)
        sent = an_event(
            shop,
            account,
            "12.5",
            at=clock() - timedelta(hours=1),
            dimensions={"model": "m"},
            subject={"user": "u"},
        )
        report(shop, sent)

        rate()

        debit = debit_of(sent)
        assert debit is not None
        assert (debit.tokens, debit.outcome, debit.overage) == (Decimal("12.5"), "charged", 0)
        assert (debit.occurred_at, debit.subject) == (sent.occurred_at, {"user": "u"})
        assert (debit.product_id, debit.api_key_id) == (shop.product.pk, shop.key.pk)
        line = DebitLine.objects.select_related("feature").get(debit_id=debit.pk)
        assert (line.feature.code, line.quantity, line.dimensions) == (
            shop.chat,
            Decimal("12.5"),
            {"model": "m"},
        )
        assert debit.key == f"event {the_event(sent).pk}"
        assert reason_of(sent) is None

    def test_books_each_event_once(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "100")
        sent = an_event(shop, account, "10")
        report(shop, sent)
        rate()
        report(shop, sent)

        rate()

        assert Debit.objects.filter(account=account).count() == 1
        assert Wallet.objects.get(account=account).balance == 90

    def test_books_in_the_order_of_time_among_those_that_wait(self, shop: Shop) -> None:
        account = shop.an_account()
        now = clock()
        hours = [3, 1, 4, 2]
        sent = [an_event(shop, account, str(n), at=now - timedelta(hours=n)) for n in hours]
        report(shop, *sent)

        rate()

        booked = Debit.objects.filter(account=account).order_by("id").values_list("tokens", flat=True)
        assert [int(tokens) for tokens in booked] == [4, 3, 2, 1]

    def test_does_not_sort_a_late_event_in_before_what_is_booked(self, shop: Shop) -> None:
        account = shop.an_account()
        report(shop, an_event(shop, account, "1"))
        rate()
        report(shop, an_event(shop, account, "2", at=clock() - DAY))

        rate()

        booked = Debit.objects.filter(account=account).order_by("id").values_list("tokens", flat=True)
        assert [int(tokens) for tokens in booked] == [1, 2]

    def test_prices_by_the_version_of_the_time(self, shop: Shop) -> None:
        account = shop.an_account()
        draft = drafting.open_draft(table=shop.table)
        drafting.replace_rates(draft=draft, rows=[RateRow(shop.chat, Decimal(3))], revision=None)
        publishing.publish(version=draft)
        before, after = an_event(shop, account, "1", at=clock() - DAY), an_event(shop, account, "1")
        report(shop, before, after)

        rate()

        assert [debit_of(each).tokens for each in (before, after)] == [1, 3]

    def test_answers_whether_there_is_more_to_do(self, shop: Shop) -> None:
        from usage.services import rating

        report(shop, an_event(shop, shop.an_account()))

        assert rating.work(0) is True
        assert rating.work(60) is False


class TestPolicy:
    def test_does_not_refuse_what_is_done_and_marks_what_it_would_have_refused(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "4")
        sent = an_event(shop, account, "10")
        report(shop, sent)

        rate()

        debit = debit_of(sent)
        assert (debit.outcome, debit.overage, debit.notices) == ("overage", 6, ["overage"])
        mark = BeyondPolicy.objects.get(account=account)
        assert (mark.debit_id, mark.tokens, mark.recorded_at) == (debit.pk, 6, debit.recorded_at)
        assert receipt(debit.pk).is_beyond_policy is True
        assert ledger_of(account)[-2:] == [("draw", Decimal(4)), ("overage", Decimal(6))]

    def test_marks_only_what_lies_past_the_floor(self, shop: Shop) -> None:
        account = shop.an_account(policy=up_to("100"))
        within, past = an_event(shop, account, "70"), an_event(shop, account, "70")
        report(shop, within, past)

        rate()

        assert [BeyondPolicy.objects.filter(debit_id=debit_of(each).pk).exists() for each in (within, past)] == [
            False, True,
        ]  # fmt: skip
        assert BeyondPolicy.objects.get(account=account).tokens == 40
        assert receipt(debit_of(within).pk).is_beyond_policy is False

    def test_marks_nothing_where_overage_has_no_limit(self, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)
        report(shop, an_event(shop, account, "70"))

        rate()

        assert not BeyondPolicy.objects.filter(account=account).exists()

    @pytest.mark.parametrize("state", ["suspended", "closed"])
    def test_books_for_accounts_that_are_not_active(self, shop: Shop, state: str) -> None:
        account = shop.an_account()
        a_grant(account, "100")
        terms.enrol(reference=account.reference, asked=Enrolment(state=state), author=AUTHOR)
        sent = an_event(shop, account, "10")
        report(shop, sent)

        rate()

        assert debit_of(sent).outcome == "charged"

    def test_still_refuses_a_debit_after_it(self, shop: Shop) -> None:
        from config.kernel.errors import InsufficientTokens

        account = shop.an_account()
        report(shop, an_event(shop, account, "10"))
        rate()

        with pytest.raises(InsufficientTokens):
            shop.debit(account, "1")


class TestStuckEvents:
    def test_wait_for_their_account_and_delay_nobody(self, shop: Shop) -> None:
        reference, account = named("later"), shop.an_account()
        early = an_event(shop, reference, "5", at=clock() - DAY)
        other = an_event(shop, account, "1")
        report(shop, early, other)

        rate()

        assert (reason_of(early), reason_of(other)) == ("unknown_account", None)
        terms.enrol(reference=reference, asked=Enrolment(rate_table=shop.table.code), author=AUTHOR)
        assert waiting.revive() == 1
        rate()
        assert debit_of(early).tokens == 5

    def test_wait_for_their_feature(self, shop: Shop) -> None:
        account, code = shop.an_account(), named("feature")
        sent = an_event(shop, account, "5", feature=code)
        report(shop, sent)
        rate()
        assert (reason_of(sent), waiting.revive()) == ("unknown_feature", 0)

        catalogue.create_feature(product=shop.product, code=code)
        assert waiting.revive() == 1
        rate()
        assert reason_of(sent) == "no_rate"

    def test_wait_for_a_rate_and_are_tried_again_ever_later(self, shop: Shop) -> None:
        other = Shop(since=clock() - 3 * DAY)
        sent = an_event(other, other.an_account(), "5", at=clock() - 4 * DAY)
        report(other, sent)

        rate()

        waits = the_place(sent)
        assert (waits.reason, waits.tries, waits.detail[:14]) == ("no_rate", 1, "The rate table")
        assert timedelta(seconds=3) < waits.due_at - clock() <= timedelta(seconds=5)
        assert waiting.again([waits.event_id]) == 1
        rate()
        waits = the_place(sent)
        assert (waits.tries, timedelta(seconds=8) < waits.due_at - clock() <= timedelta(seconds=10)) == (
            2,
            True,
        )

    def test_of_another_product_wait_for_a_person(self, shop: Shop) -> None:
        account, code = shop.an_account(), named("feature")
        sent = an_event(shop, account, feature=code)
        report(shop, sent)
        catalogue.create_feature(product=Shop().product, code=code)

        rate()

        assert (reason_of(sent), the_place(sent).due_at) == ("forbidden", None)

    def test_that_are_too_old_wait_for_a_backfill(self, shop: Shop) -> None:
        old = an_event(shop, shop.an_account(), at=clock() - 36 * DAY)
        report(shop, old)

        rate()

        assert (reason_of(old), the_place(old).due_at) == ("too_old", None)
        assert debit_of(old) is None

    def test_that_are_dated_ahead_wait_for_their_time(self, shop: Shop) -> None:
        sent = an_event(shop, shop.an_account(), at=clock() + timedelta(hours=1))
        report(shop, sent)
        rate()
        assert reason_of(sent) == "ahead"

        waiting.again([the_event(sent).pk])
        rate(now=clock() + timedelta(hours=1))

        assert debit_of(sent) is not None
