"""What each page is for: said above what it lists, and where nothing is there yet with how to begin."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import escape

from billing.tests.desks.people import text_of
from config.desk.unfold import _NAVIGATION
from usage.tests.made import Shop

pytestmark = pytest.mark.django_db

OTHER_WORDS = {
    "trial": "Begin with a trial offer",
    "trialrequest": "A request comes by itself",
    "sellerallowance": "once there is a trial offer",
    "revenuemonth": "Here you see month by month",
    "reconciliation": "Reconcile now",
    "ratetable": "A rate table says",
    "sharedpolicy": "What holds for accounts without a policy of their own.",
    "review": "What a second person looks at before it happens",
    "rollups": "What customers used, when, and what it earned",
    "watch": "What stands out by simple rules",
    "digestchoice": "What matters to your work, by e-mail once a week",
    "endpoint": "Programs that are told of what happens",
    "connection": "Outside systems that tell us of customers and orders",
}


def test_say_what_they_are_for_and_how_to_begin(client: Client) -> None:
    client.force_login(User.objects.create_superuser("new"))
    pages = [item["link"] for part in _NAVIGATION for item in part["items"]]

    for page in map(str, pages[1:]):
        name = page.strip("/").rpartition("/")[2]
        response = client.get(page)
        words = OTHER_WORDS.get(name) or response.context["cl"].model_admin.purpose
        assert words, name
        assert escape(words) in text_of(response), name


def test_say_it_above_a_filled_list_too(client: Client) -> None:
    client.force_login(User.objects.create_superuser("new"))
    Shop().an_account(name="Acme")

    told = text_of(client.get("/admin/wallets/account/"))

    assert told.index("Whose tokens are kept here") < told.index("Acme")
    assert "Nothing here yet." not in told


def test_tell_an_empty_list_from_one_in_which_nothing_matches(client: Client) -> None:
    client.force_login(User.objects.create_superuser("new"))

    told = text_of(client.get("/admin/billing/order/?q=SO-1"))

    assert "Nothing matches." in told
    assert "What customers bought." not in told
    assert "Choose an account" in text_of(client.get("/admin/billing/topup/"))
