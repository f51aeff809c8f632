"""What a rule buys: what closes the gap, so often a window, and what is refused is shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing.models import GrantSale, Offer, Order, OrderLine, TopUp
from billing.queries.top_ups import rules_due
from billing.services import top_up_rules, top_ups
from billing.tests.orders.sold import an_offer, bought, given_to
from billing.tests.top_ups.ruled import a_pack, a_rule, asked, available, topped_up
from config.kernel.errors import Conflict, InvalidRequest, UnknownReference
from usage.rules.enrolment import Enrolment
from usage.services import terms
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, an_account, up_to
from wallets.models import Account

pytestmark = pytest.mark.django_db

MARCH = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def acme() -> Account:
    return an_account(MARCH)


@pytest.fixture
def pack() -> Offer:
    return a_pack()


class TestGap:
    def test_is_closed_by_whole_packs(self, acme: Account, pack: Offer) -> None:
        a_grant(acme, "1000", now=MARCH)
        rule = a_rule(acme, pack, now=MARCH)

        made = topped_up(rule, MARCH + HOUR)

        assert made is not None
        assert (made.quantity, made.tokens, made.amount, made.state) == (8, 4000, 320, "bought")
        assert available(acme, MARCH + HOUR) == 5000
        assert topped_up(rule, MARCH + HOUR) is None
        line = OrderLine.objects.get(version__order=made.order)
        assert (line.sku, line.quantity, line.amount, line.currency) == (pack.code, 8, 320, "USD")
        (grant,) = given_to(acme)
        assert (grant.kind, grant.tokens, GrantSale.objects.get(grant_id=grant.pk).paid) == (
            "purchase",
            4000,
            320,
        )

    def test_is_closed_by_one_pack_more_where_it_is_no_multiple(self, acme: Account, pack: Offer) -> None:
        a_grant(acme, "999.5", now=MARCH)

        made = topped_up(a_rule(acme, pack, now=MARCH), MARCH)

        assert made is not None
        assert made.quantity == 9

    def test_is_nothing_above_the_threshold(self, acme: Account, pack: Offer) -> None:
        a_grant(acme, "1000.000001", now=MARCH)
        rule = a_rule(acme, pack, now=MARCH)

        assert topped_up(rule, MARCH) is None
        assert list(rules_due(MARCH)) == []

    def test_counts_what_overage_takes_first(self, pack: Offer) -> None:
        shop = Shop(since=MARCH - DAY)
        owing = shop.an_account(MARCH, policy=up_to("700"))
        shop.debit(owing, "700", now=MARCH)

        made = topped_up(a_rule(owing, pack, now=MARCH), MARCH + HOUR)

        assert made is not None
        assert (made.overage, made.quantity, available(owing, MARCH + HOUR)) == (700, 12, Decimal(5300))

    def test_is_cut_by_packs_and_by_money(self, acme: Account, pack: Offer) -> None:
        limits = {"most_packs": 4, "most_amount": "200", "most": 9, "now": MARCH}
        first = topped_up(a_rule(acme, pack, **limits), MARCH)
        rule = a_rule(acme, pack, threshold="3000", **limits)
        second = topped_up(rule, MARCH)

        assert first is not None
        assert second is not None
        assert [(each.quantity, each.spent) for each in (first, second)] == [(4, 160), (1, 200)]
        assert topped_up(rule, MARCH) is None
        assert list(rules_due(MARCH)) == []


class TestWindow:
    def test_takes_so_many_and_begins_anew_at_local_midnight(self, pack: Offer) -> None:
        tokyo = an_account(MARCH, time_zone="Asia/Tokyo")
        rule = a_rule(tokyo, pack, threshold="9000", fill_to="9001", most=2, most_packs=1, now=MARCH)

        made = [topped_up(rule, MARCH), topped_up(rule, MARCH + HOUR), topped_up(rule, MARCH + 2 * HOUR)]

        assert [each and (each.number, f"{each.window_start}") for each in made] == [
            (1, "2026-03-01"),
            (2, "2026-03-01"),
            None,
        ]
        april = datetime(2026, 3, 31, 15, tzinfo=UTC)
        assert list(rules_due(april - timedelta(seconds=1))) == []
        assert topped_up(rule, april - timedelta(seconds=1)) is None
        assert list(rules_due(april)) == [(tokyo.pk, rule.pk)]
        anew = topped_up(rule, april)
        assert anew is not None
        assert (anew.number, f"{anew.window_start}") == (1, "2026-04-01")


class TestAccounts:
    @pytest.mark.parametrize("state", ["suspended", "closed"])
    def test_that_are_not_active_buy_nothing(self, acme: Account, pack: Offer, state: str) -> None:
        rule = a_rule(acme, pack, now=MARCH)
        terms.enrol(reference=acme.reference, asked=Enrolment(state=state), author=AUTHOR, now=MARCH)

        assert list(rules_due(MARCH)) == []
        assert topped_up(rule, MARCH) is None
        assert not TopUp.objects.exists()


class TestPayment:
    def test_is_waited_for_and_then_tokens_are_there(self, acme: Account, pack: Offer) -> None:
        rule = a_rule(acme, pack, needs_payment=True, now=MARCH)

        made = topped_up(rule, MARCH)

        assert made is not None
        assert made.state == "pending"
        assert (available(acme, MARCH), topped_up(rule, MARCH), list(rules_due(MARCH))) == (0, None, [])
        Offer.objects.filter(pk=pack.pk).update(list_price=99)
        paid = [top_ups.confirm(top_up_id=made.pk, author=AUTHOR, now=MARCH + HOUR) for _ in range(2)]
        assert {each.state for each in paid} == {"bought"}
        assert (available(acme, MARCH + HOUR), Order.objects.get(account=acme)) == (5000, paid[0].order)
        assert OrderLine.objects.get(account=acme).amount == 400
        with pytest.raises(Conflict):
            top_ups.refuse(top_up_id=made.pk, author=AUTHOR)

    def test_that_is_refused_frees_the_window_and_rests(self, acme: Account, pack: Offer) -> None:
        rule = a_rule(acme, pack, needs_payment=True, most=1, now=MARCH)
        first = topped_up(rule, MARCH)
        assert first is not None

        refused = top_ups.refuse(top_up_id=first.pk, author=AUTHOR, now=MARCH)

        assert (refused.state, refused.reason, refused.settled_by) == ("refused", AUTHOR.reason, "tests")
        assert (topped_up(rule, MARCH + HOUR - timedelta(seconds=1)), available(acme)) == (None, 0)
        second = topped_up(rule, MARCH + HOUR)
        assert second is not None
        assert (second.number, second.state) == (1, "pending")
        with pytest.raises(Conflict):
            top_ups.confirm(top_up_id=first.pk, author=AUTHOR)

    def test_that_came_for_a_pack_not_sold_waits_on(self, acme: Account, pack: Offer) -> None:
        made = topped_up(a_rule(acme, pack, needs_payment=True, now=MARCH), MARCH)
        assert made is not None
        Offer.objects.filter(pk=pack.pk).update(is_sold=False)

        with pytest.raises(UnknownReference):
            top_ups.confirm(top_up_id=made.pk, author=AUTHOR, now=MARCH)

        made.refresh_from_db()
        assert (made.state, Order.objects.exists()) == ("pending", False)


class TestBreaker:
    def test_switches_the_rule_off_until_a_person_switches_it_on(self, acme: Account, pack: Offer) -> None:
        rule = a_rule(acme, pack, breaks_after=2, now=MARCH)
        Offer.objects.filter(pk=pack.pk).update(is_sold=False)

        made = [topped_up(rule, MARCH + n * HOUR) for n in range(4)]

        refused = f"The SKU {pack.code} is not on sale any more."
        assert [each and (each.state, each.reason) for each in made] == [("refused", refused)] * 2 + [
            None
        ] * 2
        rule.refresh_from_db()
        assert (rule.is_on, rule.is_broken, rule.set_by) == (False, True, "breaker")
        assert rule.reason == f"Switched off after 2 refusals in a row; the last: {refused}"
        assert [row.is_broken for row in rule.history.all()] == [True, False]
        Offer.objects.filter(pk=pack.pk).update(is_sold=True)
        assert a_rule(acme, pack, breaks_after=2, most=7, now=MARCH + 4 * HOUR).is_on is False
        back = top_up_rules.switch_on(
            account_id=acme.pk, unit_id=rule.unit_id, author=AUTHOR, now=MARCH + 5 * HOUR
        )
        bought_now = topped_up(back, MARCH + 5 * HOUR)
        assert bought_now is not None
        assert (bought_now.state, bought_now.number) == ("bought", 1)

    def test_counts_anew_after_a_purchase_and_not_what_was_cancelled(
        self, acme: Account, pack: Offer
    ) -> None:
        rule = a_rule(
            acme,
            pack,
            threshold="9000",
            fill_to="9001",
            most=9,
            most_packs=1,
            needs_payment=True,
            breaks_after=2,
            now=MARCH,
        )
        ends = [top_ups.refuse, top_ups.confirm, top_ups.refuse, top_ups.cancel, top_ups.refuse]

        for hours, end in enumerate(ends):
            made = topped_up(rule, MARCH + 2 * hours * HOUR)
            assert made is not None
            end(top_up_id=made.pk, author=AUTHOR, now=MARCH + 2 * hours * HOUR)
            rule.refresh_from_db()
            assert rule.is_broken is (hours == 4)


class TestRules:
    def test_that_say_the_same_change_nothing(self, acme: Account, pack: Offer) -> None:
        first, same = a_rule(acme, pack), a_rule(acme, pack)
        other = a_rule(acme, pack, most=4)

        assert [first.revision, same.revision, other.revision] == [1, 1, 2]
        assert [row.most for row in other.history.all()] == [4, 3]

    @pytest.mark.parametrize(
        ("said", "pointer"),
        [
            ({"threshold": "-1"}, "/threshold"),
            ({"fill_to": "1000"}, "/fill_to"),
            ({"most": 0}, "/most"),
            ({"most": 1001}, "/most"),
            ({"window": "year"}, "/window"),
            ({"most_packs": 0}, "/most_packs"),
            ({"most_amount": "39.99"}, "/most_amount"),
            ({"breaks_after": 0}, "/breaks_after"),
        ],
    )
    def test_that_make_no_sense_are_refused(
        self, acme: Account, pack: Offer, said: dict[str, object], pointer: str
    ) -> None:
        with pytest.raises(InvalidRequest) as refusal:
            a_rule(acme, pack, **said)

        assert [each.pointer for each in refusal.value.errors] == [pointer]
        assert not acme.top_up_rules.exists()

    def test_name_a_pack_that_gives_such_tokens(self, acme: Account) -> None:
        plan = an_offer("9", kind="plan", period="month", tokens=[])
        for offer, why in [(plan, "is no pack"), (an_offer("9"), "gives no AIT")]:
            with pytest.raises(UnknownReference) as refusal:
                top_up_rules.set_rule(account_id=acme.pk, asked=asked(offer), author=AUTHOR)
            assert why in refusal.value.detail

    def test_count_bonus_tokens_of_a_pack(self, acme: Account) -> None:
        pack = an_offer("40", tokens=[bought("400"), {"tokens": Decimal(100), "is_bonus": True}])

        made = topped_up(a_rule(acme, pack, now=MARCH), MARCH)

        assert made is not None
        assert (made.quantity, available(acme, MARCH)) == (10, 5000)
