"""The tab of seats and its form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from usage.models import Seats
from usage.tests.made import clock
from usage.tests.office import Office


@pytest.fixture
def office(db: None) -> Office:
    return Office(now=None, seats=1, granted="1000", interval="PT1H")


def page(client: Client, office: Office, tab: str = "seats") -> str:
    answer = client.get(f"/admin/wallets/account/{office.account.pk}/change/?tab={tab}")
    assert answer.status_code == 200
    return answer.content.decode()


class TestSeats:
    def test_show_who_has_one_and_the_peak(self, admin_client: Client, office: Office) -> None:
        for user in ("ann", "bob", "eve"):
            office.take(user)

        shown = page(admin_client, office)

        assert all(user in shown for user in ("ann", "bob", "eve"))
        assert "at most 3" in shown
        assert shown.count("overflow</span>") == 2

    def test_show_that_nobody_has_one(self, admin_client: Client, office: Office) -> None:
        assert "Nobody has a seat." in page(admin_client, office)


class TestForm:
    def send(self, client: Client, office: Office, **asked: Any) -> Any:
        form = {
            "pattern": "desk.*",
            "seats": "5",
            "effective_from": "",
            "effective_until": "",
            "reason": "Contract.",
        }
        return client.post(f"/admin/wallets/account/{office.account.pk}/seats/", form | asked)

    def test_gives_base_seats_in_the_name_of_the_person(self, admin_client: Client, office: Office) -> None:
        assert self.send(admin_client, office).status_code == 302

        given = Seats.objects.get(account=office.account, pattern="desk.*")
        assert (given.seats, given.set_by, given.reason) == (5, "admin", "Contract.")

    def test_refuses_the_past_in_a_sentence(self, admin_client: Client, office: Office) -> None:
        past = clock() - timedelta(days=1)

        answer = self.send(admin_client, office, effective_from=f"{past:%Y-%m-%dT%H:%M}")

        assert "Seats hold from now or later." in answer.content.decode()
        assert not Seats.objects.filter(pattern="desk.*").exists()
