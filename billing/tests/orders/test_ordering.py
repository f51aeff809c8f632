"""Orders of packs: each version takes effect once, and the highest holds."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.models import GrantSale, Order, OrderPeriod, Portion
from billing.queries import audit_orders
from billing.services import auditing
from billing.tests.orders.sold import a_line, an_offer, bought, given_to, left, order
from config.kernel.errors import Conflict, IdempotencyKeyReused, InvalidRequest, UnknownReference
from usage.rules.enrolment import Enrolment
from usage.services import terms
from usage.tests.made import AUTHOR, DAY, Shop, an_account, clock, named
from wallets.errors import AccountClosed, AccountMissing
from wallets.models import Account, Grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def acme(shop: Shop) -> Account:
    return shop.an_account()


class TestPlan:
    def test_that_ended_by_itself_costs_what_it_cost(self, acme: Account) -> None:
        plan, name, now = an_offer("310", kind="plan", period="month"), named("SO"), clock() - 9 * DAY
        order(acme, a_line(plan, ends_at=now + 4 * DAY), external_id=name, now=now)
        late = now + 9 * DAY

        order(acme, a_line(plan, ends_at=now + 4 * DAY, amount="999"), external_id=name, version=2, now=late)
        order(acme, a_line(plan), external_id=name, version=3, state="cancelled", now=late)

        assert [row.amount for row in OrderPeriod.objects.filter(account=acme)] == [310]
        assert auditing.findings() == ()


class TestPack:
    def test_gives_tokens_with_their_price_and_a_bonus_without(self, acme: Account) -> None:
        bonus = {"tokens": Decimal(50), "is_bonus": True, "lasts_days": 30}
        offer = an_offer("90", tokens=[bought("1000", lasts_months=12), bonus])

        answer = order(acme, a_line(offer, "3", amount="200"))

        pack, extra = given_to(acme)
        assert (pack.kind, pack.tokens, pack.unit_cost) == ("purchase", 3000, Decimal("0.066666666666"))
        assert (extra.kind, extra.tokens, extra.unit_cost) == ("promo", 150, None)
        assert extra.expires_at == extra.effective_at + timedelta(days=30)
        sale = GrantSale.objects.get(account=acme)
        assert (sale.grant_id, sale.paid, sale.list_price, sale.currency) == (pack.pk, 200, 270, "USD")
        (line,) = answer["lines"]
        assert [(each["id"], each["tokens"]) for each in line["grants"]] == [
            (str(pack.pk), "3000.000000"),
            (str(extra.pk), "150.000000"),
        ]
        assert (line["line"], line["quantity"], line["amount"], line["state"]) == ("1", "3", "200", "active")

    def test_starts_and_ends_as_the_order_says(self, acme: Account) -> None:
        now = clock()

        order(
            acme,
            a_line(an_offer(tokens=[bought("10")]), ends_at=now + 90 * DAY),
            starts_at=now + 2 * DAY,
        )

        (grant,) = given_to(acme)
        assert (grant.effective_at, grant.expires_at) == (now + 2 * DAY, now + 90 * DAY)
        assert grant.is_pending

    def test_keeps_what_it_meant_when_it_was_ordered(self, acme: Account) -> None:
        offer, name = an_offer("100", tokens=[bought("1000")]), named("SO")
        order(acme, a_line(offer), external_id=name)
        offer.tokens.update(tokens=Decimal(5))
        type(offer).objects.filter(pk=offer.pk).update(list_price=7, is_sold=False)

        order(acme, a_line(offer, "2"), external_id=name, version=2)

        assert left(acme) == [1000, 1000]
        assert [sale.paid for sale in GrantSale.objects.filter(account=acme)] == [100, 100]


class TestVersions:
    def test_give_the_difference_once(self, acme: Account) -> None:
        offer, name = an_offer(tokens=[bought("1000")]), named("SO")
        first = order(acme, a_line(offer), external_id=name)
        second = order(acme, a_line(offer, "3", amount="240"), external_id=name, version=2)

        assert order(acme, a_line(offer, "3", amount="240"), external_id=name, version=2) == second
        again = order(acme, a_line(offer), external_id=name)

        assert left(acme) == [1000, 2000]
        assert [sale.paid for sale in GrantSale.objects.filter(account=acme)] == [100, 140]
        assert again == first | {"superseded": True, "present_version": 2}

    def test_take_back_what_is_left_and_no_more(self, acme: Account, shop: Shop) -> None:
        offer, name = an_offer(tokens=[bought("1000")]), named("SO")
        order(acme, a_line(offer, "3"), external_id=name)
        shop.debit(acme, "1400")

        order(acme, a_line(offer, "2"), external_id=name, version=2)
        halved = left(acme)
        order(acme, a_line(offer, "1"), external_id=name, version=3)

        assert halved == [600]
        assert left(acme) == [0]
        portion = Portion.objects.get(account=acme)
        assert (portion.wanted, portion.tokens, portion.paid) == (1000, 1400, 140)

    def test_price_anew_what_is_left(self, acme: Account, shop: Shop) -> None:
        offer, name = an_offer(tokens=[bought("1000")]), named("SO")
        order(acme, a_line(offer), external_id=name)
        shop.debit(acme, "250")

        order(acme, a_line(offer, amount="40"), external_id=name, version=2)

        assert left(acme) == [750]
        assert [sale.paid for sale in GrantSale.objects.filter(account=acme)] == [100]
        assert Portion.objects.get(account=acme).paid == 40

    def test_charge_no_less_than_what_was_spent(self, acme: Account, shop: Shop) -> None:
        offer, name = an_offer(tokens=[bought("1000")]), named("SO")
        order(acme, a_line(offer), external_id=name)
        shop.debit(acme, "900")

        order(acme, a_line(offer, amount="10"), external_id=name, version=2)

        assert left(acme) == [100]
        assert OrderPeriod.objects.get(account=acme).amount == 90
        assert auditing.findings([check.name for check in audit_orders.CHECKED]) == ()

        another = a_line(offer, amount="10"), a_line(an_offer(tokens=[bought("5")]))
        order(acme, *another, external_id=name, version=3)

        assert left(acme) == [100, 5]

    def test_change_nothing_below_the_present_one(self, acme: Account) -> None:
        offer, name = an_offer(tokens=[bought("1000")]), named("SO")
        order(acme, a_line(offer, "2"), external_id=name, version=2)

        late = order(acme, a_line(offer, "9"), external_id=name)

        assert (late["superseded"], late["present_version"], late["version"]) == (True, 2, 1)
        assert left(acme) == [2000]

    def test_refuse_another_body(self, acme: Account) -> None:
        offer, name = an_offer(tokens=[bought("1000")]), named("SO")
        order(acme, a_line(offer), external_id=name)

        with pytest.raises(IdempotencyKeyReused):
            order(acme, a_line(offer, "2"), external_id=name)

        assert left(acme) == [1000]

    def test_refuse_another_account(self, acme: Account) -> None:
        offer, name, other = an_offer(tokens=[bought("1000")]), named("SO"), an_account()
        order(acme, a_line(offer), external_id=name)

        with pytest.raises(Conflict) as refusal:
            order(other, a_line(offer), external_id=name, version=2)

        assert refusal.value.errors[0].pointer == "/account"
        assert (left(acme), left(other)) == ([1000], [])


class TestCancel:
    def test_takes_back_what_is_neither_spent_nor_held(self, acme: Account, shop: Shop) -> None:
        offer, name = an_offer(tokens=[bought("1000")]), named("SO")
        order(acme, a_line(offer), external_id=name)
        shop.debit(acme, "300")

        answer = order(acme, a_line(offer), external_id=name, version=2, state="cancelled")

        (grant,) = given_to(acme)
        assert (grant.spent, grant.voided, grant.remaining) == (300, 700, 0)
        assert answer["lines"][0]["grants"][0]["taken_back"] == "700.000000"
        assert OrderPeriod.objects.get(account=acme).amount == 30

    def test_is_undone_by_a_later_version(self, acme: Account) -> None:
        offer, name = an_offer(tokens=[bought("1000")]), named("SO")
        order(acme, a_line(offer), external_id=name)
        order(acme, a_line(offer), external_id=name, version=2, state="cancelled")

        order(acme, a_line(offer), external_id=name, version=3)

        assert left(acme) == [0, 1000]

    def test_of_one_line_leaves_the_others(self, acme: Account) -> None:
        offer, name = an_offer(tokens=[bought("1000")]), named("SO")
        order(acme, a_line(offer, name="a"), a_line(offer, name="b"), external_id=name)

        order(acme, a_line(offer, name="b"), external_id=name, version=2)

        assert left(acme) == [0, 1000]

    def test_works_on_a_closed_account(self, acme: Account) -> None:
        offer, name = an_offer(tokens=[bought("1000")]), named("SO")
        order(acme, a_line(offer), external_id=name)
        terms.enrol(reference=acme.reference, asked=Enrolment(state="closed"), author=AUTHOR)

        with pytest.raises(AccountClosed):
            order(acme, a_line(offer, "2"), external_id=name, version=2)
        order(acme, a_line(offer), external_id=name, version=3, state="cancelled")

        assert left(acme) == [0]


class TestRefusals:
    def test_leave_nothing(self, acme: Account) -> None:
        offer, unsold = an_offer(tokens=[bought("10")]), an_offer(is_sold=False)
        seats = an_offer(kind="seats", seats={"desk": 1})
        cases = [
            (UnknownReference, "/lines/1/sku", [a_line(offer), a_line(unsold)], {}),
            (UnknownReference, "/lines/0/currency", [a_line(offer, currency="XAU", amount="1")], {}),
            (InvalidRequest, "/lines/1/line", [a_line(offer, name="2"), a_line(offer)], {}),
            (InvalidRequest, "/lines/0/quantity", [a_line(seats, "1.5")], {}),
            (InvalidRequest, "/lines/0/ends_at", [a_line(offer, ends_at=clock() - DAY)], {}),
            (InvalidRequest, "/starts_at", [a_line(offer)], {"starts_at": clock() - 36 * DAY}),
        ]
        for refusal, pointer, lines, given in cases:
            with pytest.raises(refusal) as refused:
                order(acme, *lines, **given)
            assert refused.value.errors[0].pointer == pointer

        with pytest.raises(AccountMissing):
            order(Account(reference=named("nobody")), a_line(offer))
        assert not Order.objects.exists()
        assert not Grant.objects.filter(account=acme).exists()
