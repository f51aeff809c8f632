"""Every page of the menu on a database that holds nothing yet."""

from __future__ import annotations

import pytest

from billing.tests.desks.pages import lists
from billing.tests.desks.people import at_the_desk_of_an_administrator

pytestmark = [pytest.mark.usefixtures("own_database"), pytest.mark.django_db]


def test_pages_open_while_the_database_is_empty() -> None:
    client = at_the_desk_of_an_administrator()

    assert {page.address for page in lists() if client.get(page.address).status_code != 200} == set()
    assert "Publish a price list" in client.get("/admin/").content.decode()


def test_advice_on_prices_says_that_nobody_told_what_models_cost() -> None:
    page = at_the_desk_of_an_administrator().get("/admin/billing/advice/prices/").content.decode()

    assert "No rate could be looked at: nobody has told yet what models cost, and no rate says it." in page
    assert "No rate is under" not in page


def test_margins_say_that_nobody_told_what_models_cost() -> None:
    page = at_the_desk_of_an_administrator().get("/admin/pricing/costrate/review/").content.decode()

    assert "No rate could be looked at: nobody has told yet what models cost, and no rate says it." in page
    assert "No rate costs more than it brings" not in page
