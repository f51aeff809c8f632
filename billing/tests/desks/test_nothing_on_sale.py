"""Forms that sell, while the catalogue is empty: they say so, and how it is filled."""

from __future__ import annotations

import pytest

from billing.tests.desks.people import at_the_desk_of, text_of
from billing.tests.orders.sold import an_offer, bought
from usage.tests.made import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def forms() -> list[str]:
    account = Shop().an_account().pk
    return [
        f"/admin/billing/quotation/to/{account}/",
        "/admin/billing/order/add/",
        f"/admin/wallets/account/{account}/top-up/",
    ]


def test_say_who_puts_something_on_sale(forms: list[str]) -> None:
    sales = at_the_desk_of("Sales")
    told = [text_of(sales.get(form)) for form in forms]

    offer, order, top_up = told
    assert "No offer is on sale yet. Ask Packaging to put one in the catalogue." in offer
    assert "No offer is on sale yet. Ask Packaging to put one in the catalogue." in order
    assert "No pack is on sale yet. Ask Packaging to put one in the catalogue." in top_up


def test_say_nothing_where_something_is(forms: list[str]) -> None:
    an_offer(tokens=[bought("500")])
    sales = at_the_desk_of("Sales")

    assert not [form for form in forms if "is on sale yet" in text_of(sales.get(form))]
