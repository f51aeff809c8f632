"""Pages of a new installation: where nothing is there yet, each says what it is for and how to begin."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import escape

from billing.tests.desks.people import text_of
from config.desk.unfold import _NAVIGATION

pytestmark = pytest.mark.django_db

SECTIONS = {"Sales", "Trials", "Finance"}
OTHER_WORDS = {
    "trial": "Begin with a trial offer",
    "trialrequest": "A request comes by itself",
    "sellerallowance": "once there is a trial offer",
    "revenuemonth": "Here you see month by month",
    "reconciliation": "Reconcile now",
}
FILLED_FROM_THE_START = {"journalaccount"}


def test_say_what_they_are_for_and_how_to_begin(client: Client) -> None:
    client.force_login(User.objects.create_superuser("new"))
    pages = [item["link"] for part in _NAVIGATION if part.get("title") in SECTIONS for item in part["items"]]

    for page in map(str, pages):
        name = page.strip("/").rpartition("/")[2]
        response = client.get(page)
        if name not in FILLED_FROM_THE_START:
            words = OTHER_WORDS.get(name) or response.context["cl"].model_admin.purpose
            assert words, name
            assert escape(words) in text_of(response), name


def test_tell_an_empty_list_from_one_in_which_nothing_matches(client: Client) -> None:
    client.force_login(User.objects.create_superuser("new"))

    told = text_of(client.get("/admin/billing/order/?q=SO-1"))

    assert "Nothing matches." in told
    assert "What customers bought." not in told
    assert "Choose an account" in text_of(client.get("/admin/billing/topup/"))
