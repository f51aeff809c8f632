"""Orders of packs at the same instant."""

from __future__ import annotations

from uuid import uuid4

import pytest

from billing.models import Offer, Order
from billing.services import contacts
from billing.tests.buyers.visiting import order_of
from billing.tests.orders.sold import an_offer, bought
from config.kernel.errors import Conflict
from usage.tests.made import AUTHOR, Shop, together
from wallets.models import Account

pytestmark = pytest.mark.committed


@pytest.fixture
def pack() -> Offer:
    return an_offer("50", name="Five hundred", tokens=[bought("500")])


@pytest.fixture
def allowed() -> Account:
    account = Shop().an_account(name="Acme")
    contacts.allow(customer_id=account.pk, budget_most=None, packs_most=3, author=AUTHOR)
    return account


class TestRaces:
    def test_never_order_more_than_is_allowed(self, allowed: Account, pack: Offer) -> None:
        def one() -> str:
            try:
                order_of(allowed, pack)
            except Conflict:
                return "refused"
            return "ordered"

        answers = together([one] * 6)

        assert sorted(answers) == ["ordered"] * 3 + ["refused"] * 3

    def test_give_one_answer_to_one_form(self, allowed: Account, pack: Offer) -> None:
        token = uuid4().hex

        answers = together([lambda: order_of(allowed, pack, form_token=token)] * 5)

        assert all(each == answers[0] for each in answers)
        assert Order.objects.filter(account=allowed).count() == 1
