"""Lists ask the database the same number of questions however long they are."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.tests.desks.growing import live_a_little
from billing.tests.desks.people import at_the_desk_of_an_administrator, text_of
from config.desk.counting import EstimatedPaginator
from config.desk.unfold import _NAVIGATION, as_in_the_menu
from usage.tests.made import Shop, a_grant
from wallets.models import Entry

pytestmark = pytest.mark.django_db

INBOX = "/admin/billing/inboxitem/"
COUNTED = {
    "billing/seller": "0 sellers",
    "billing/grantrevenue": "0 grants",
    "billing/advice": "0 pieces of advice",
    "usage/beyondpolicy": "0 debits beyond policy",
}
CRUMB = re.compile(r"""d-crumb"><a href="\{% url 'admin:(\w+)_changelist' %\}">([^<]+)</a>""")


def asked(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


class TestLists:
    def test_ledger_of_an_account_asks_the_same_too(self) -> None:
        client = at_the_desk_of_an_administrator()
        shop = Shop()
        account = shop.an_account()
        a_grant(account, "100")
        shop.debit(account, "3", "4")
        pages = [
            f"/admin/wallets/account/{account.pk}/change/?tab={tab}" for tab in ("balance", "ledger", "usage")
        ]
        [client.get(page) for page in pages]
        few = [asked(client, page) for page in pages]

        for _ in range(6):
            shop.debit(account, "1", "2")

        assert [asked(client, page) for page in pages] == few


class TestCounts:
    def test_of_none_are_plural(self) -> None:
        client = at_the_desk_of_an_administrator()

        told = {name: " ".join(text_of(client.get(f"/admin/{name}/")).split()) for name in COUNTED}

        assert [name for name, many in COUNTED.items() if f"{many} </div>" not in told[name]] == []


class TestWhatCannotBeRead:
    @pytest.mark.parametrize(
        ("query", "kept", "said"),
        [
            (
                "recorded_at__gte=soon&kind__exact=draw",
                "kind__exact=draw",
                "Not read, so not filtered by: recorded at gte “soon”.",
            ),
            (
                "recorded_at_from=9999-12-31&recorded_at_to=2026-13-01&q=acme",
                "q=acme",
                "Not read, so not filtered by: recorded at from “9999-12-31”, recorded at to “2026-13-01”.",
            ),
            ("p=9&kind__exact=draw", "kind__exact=draw", "There is no page 9. This is the first."),
        ],
    )
    def test_is_named_and_the_rest_is_kept(
        self, query: str, kept: str, said: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        live_a_little(2)
        monkeypatch.setattr(admin.site._registry[Entry], "list_per_page", 1)
        answer = at_the_desk_of_an_administrator().get(f"/admin/wallets/entry/?{query}", follow=True)

        assert answer.redirect_chain == [(f"/admin/wallets/entry/?{kept}", 302)]
        assert [str(each) for each in answer.context["messages"]] == [said]
        assert said in unescape(answer.content.decode())

    def test_is_said_where_an_address_says_only_that(self) -> None:
        live_a_little(1)
        client, whole = at_the_desk_of_an_administrator(), "/admin/wallets/entry/"

        only, kept = client.get(f"{whole}?e=1"), client.get(f"{whole}?e=1&kind__exact=draw")

        said = "The filters in the address can't be read, so this is the whole list."
        assert (said in unescape(only.content.decode()), only.context["cl"].result_count > 0) == (True, True)
        assert kept.headers["Location"] == f"{whole}?kind__exact=draw"
        assert said not in unescape(client.get(whole).content.decode())


class TestEstimatedPaginator:
    def test_counts_what_is_few(self) -> None:
        live_a_little(2)

        assert EstimatedPaginator(Entry.objects.order_by("-id"), 50).count == Entry.objects.count()

    def test_stops_counting_at_ten_thousand(self, monkeypatch: pytest.MonkeyPatch) -> None:
        live_a_little(1)
        monkeypatch.setattr("config.desk.counting.COUNTED_AT_MOST", 2)

        assert EstimatedPaginator(Entry.objects.filter(amount__gt=0).order_by("id"), 50).count == 2


def test_lists_are_called_on_pages_as_in_the_menu() -> None:
    menu = {str(each["link"]): each["title"] for group in _NAVIGATION for each in group["items"]}
    templates = (settings.BASE_DIR / "templates").rglob("*.html")
    told = [crumb for path in templates for crumb in CRUMB.findall(path.read_text())]

    named = {(menu.get(reverse(f"admin:{model}_changelist"), said), said) for model, said in told}

    assert len(named) > 20
    assert {each for each in named if each[0] != each[1]} == set()


def test_a_list_outside_of_the_menus_sections_stands_alone_above_its_page() -> None:
    way = [{"title": "Billing", "link": "/admin/billing/"}, {"title": "Rows", "link": INBOX}]
    assert [each["title"] for each in as_in_the_menu(way)] == ["Inbox"]


@pytest.mark.parametrize(
    ("address", "marked"), [("", ["Refusals"]), ("watch/", ["Watch"])], ids=["refusals", "watch"]
)
def test_one_entry_of_the_navigation_is_marked(address: str, marked: list[str]) -> None:
    page = at_the_desk_of_an_administrator().get(f"/admin/usage/denial/{address}")

    groups = page.context["sidebar_navigation"]
    assert [each["title"] for group in groups for each in group["items"] if each["active"]] == marked


def test_a_list_is_titled_by_what_its_rows_are() -> None:
    assert at_the_desk_of_an_administrator().get(INBOX).context["title"] == "Inbox rows"
