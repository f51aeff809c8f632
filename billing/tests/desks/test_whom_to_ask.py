"""What somebody may not do is told with the groups that may."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from billing.tests.desks.people import at_the_desk_of, at_the_desk_of_an_administrator, text_of
from billing.tests.orders.sold import an_offer
from usage.tests.made import Shop

pytestmark = pytest.mark.django_db


class TestAnEmptyList:
    def test_names_who_may_begin_it(self) -> None:
        told = text_of(at_the_desk_of("Sales").get("/admin/billing/promotion/"))

        assert "You may not add one: ask Packaging or Sales management." in told

    def test_says_nothing_to_those_who_may(self) -> None:
        told = text_of(at_the_desk_of("Packaging").get("/admin/billing/promotion/"))

        assert "Add promotion" in told
        assert "You may not" not in told

    def test_says_nothing_where_nobody_may(self) -> None:
        told = text_of(at_the_desk_of("Sales").get("/admin/wallets/entry/"))

        assert "Nothing here yet." in told
        assert "You may not" not in told


class TestHome:
    def test_names_who_begins(self) -> None:
        told = text_of(at_the_desk_of("Auditor").get("/admin/"))

        assert "Ask Packaging to do it." in told
        assert "Ask Sales or Sales management to do it." in told
        assert "Ask Support to do it." in told

    def test_names_an_administrator_where_no_group_may(self) -> None:
        Group.objects.get(name="Packaging").permissions.clear()

        assert "Ask an administrator to do it." in text_of(at_the_desk_of("Auditor").get("/admin/"))


class TestAnAccount:
    def test_tells_support_whom_to_ask_for_goodwill(self) -> None:
        account = Shop().an_account()
        told = text_of(
            at_the_desk_of("Support").get(f"/admin/wallets/account/{account.pk}/change/?tab=grants")
        )

        asked = "Ask Finance to grant tokens, also as goodwill, to move an expiry, to take a grant back or to"
        assert told.count(asked) == 2
        assert "give a debit back" not in told

    def test_tells_an_administrator_of_nobody(self) -> None:
        account = Shop().an_account()

        assert "Ask " not in text_of(
            at_the_desk_of_an_administrator().get(f"/admin/wallets/account/{account.pk}/change/?tab=grants")
        )


class TestForms:
    @pytest.mark.parametrize(
        ("address", "status", "said"),
        [
            ("billing/offer/add/", 403, "It is for Packaging. Ask somebody there, or an administrator."),
            ("billing/actrule/add/", 403, "It is for Finance. Ask somebody there, or an administrator."),
            ("auth/group/add/", 403, "None of your groups includes it. Ask an administrator if one should."),
            ("billing/offer/", 200, "You may not add one: ask Packaging."),
        ],
    )
    def test_name_who_may_write_them(self, address: str, status: int, said: str) -> None:
        answer = at_the_desk_of("Sales").get(f"/admin/{address}")

        assert (answer.status_code, said in text_of(answer)) == (status, True)

    def test_name_who_may_change_what_one_may_see(self) -> None:
        offer = an_offer()

        answer = at_the_desk_of("Sales").post(f"/admin/billing/offer/{offer.pk}/change/", {"name": "Mine"})

        assert (answer.status_code, "It is for Packaging." in text_of(answer)) == (403, True)


def test_a_page_of_others_says_whose_it_is() -> None:
    account = Shop().an_account()
    response = at_the_desk_of("Sales").get(f"/admin/wallets/account/{account.pk}/policy/")

    assert response.status_code == 403
    assert "It is for Finance. Ask somebody there, or an administrator." in text_of(response)
