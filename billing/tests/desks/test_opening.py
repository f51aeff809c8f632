"""How a person opens an account."""

from __future__ import annotations

import pytest

from billing.tests.desks.people import at_the_desk_of, at_the_desk_of_an_administrator, text_of
from usage.tests.made import Shop
from wallets.models import Account

pytestmark = pytest.mark.django_db


class TestOpening:
    def test_enrols_with_policy_table_and_ids_elsewhere(self) -> None:
        shop = Shop()
        administrator = at_the_desk_of_an_administrator()
        sent = {
            "reference": "globex",
            "name": "Globex",
            "rate_table": shop.table.code,
            "mode": "limited",
            "limit": "100",
            "time_zone": "Europe/Berlin",
            "external_ids": "salesforce = 0015\nstripe = cus_9",
            "reason": "Signed",
        }
        administrator.post("/admin/wallets/account/add/", sent)

        account = Account.objects.get(reference="globex")
        assert account.external_ids == {"salesforce": "0015", "stripe": "cus_9"}
        assert (account.policies.get().overage_limit, account.terms.get().table) == (100, shop.table)
        assert account.history.get().history_user.get_username() == "root"

    @pytest.mark.parametrize("mode", ["limited", "unlimited"])
    def test_leaves_overage_to_those_who_set_policies(self, mode: str) -> None:
        sales = at_the_desk_of("Sales")
        page = "/admin/wallets/account/add/"
        sent = {"reference": "globex", "mode": mode, "limit": "100", "time_zone": "UTC"}

        assert "Ask Finance to allow overage." in text_of(sales.get(page))
        assert "mode" in sales.post(page, sent).context["form"].errors
        assert not Account.objects.filter(reference="globex").exists()

    def test_refuses_a_reference_that_is_taken(self) -> None:
        account = Shop().an_account(name="Acme")
        sent = {"reference": account.reference, "mode": "block", "time_zone": "UTC"}
        response = at_the_desk_of("Sales").post("/admin/wallets/account/add/", sent)

        assert response.context["form"].errors["reference"] == [
            "There is an account of this reference already."
        ]

    def test_names_the_field_that_is_wrong(self) -> None:
        sent = {"reference": "globex", "mode": "block", "time_zone": "Mars/Olympus"}
        response = at_the_desk_of("Sales").post("/admin/wallets/account/add/", sent)

        assert "time zone" in response.context["form"].non_field_errors()[0]
        assert not Account.objects.filter(reference="globex").exists()
