"""Lists ask the database the same number of questions however long they are."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.tests.desks.people import at_the_desk_of_an_administrator
from billing.tests.trying import a_seller, allow, an_offer, ask
from config.desk.counting import EstimatedPaginator
from config.desk.unfold import _NAVIGATION, as_in_the_menu
from config.kernel.errors import InsufficientTokens
from config.kernel.models import AuditRun, Run
from pricing.services import costing
from pricing.tests.costs import a_cost
from usage.services import keys, reversing
from usage.tests.held import a_hold
from usage.tests.made import Shop, a_grant, a_reversal, clock
from wallets.models import Entry

pytestmark = pytest.mark.django_db

INBOX = "/admin/billing/inboxitem/"
CRUMB = re.compile(r"""d-crumb"><a href="\{% url 'admin:(\w+)_changelist' %\}">([^<]+)</a>""")
LISTS = [
    "wallets/account",
    "wallets/grant",
    "wallets/entry",
    "wallets/tokenunit",
    "wallets/currency",
    "pricing/ratetable",
    "pricing/product",
    "pricing/feature",
    "pricing/costrate",
    "pricing/costrate/review",
    "usage/debit",
    "usage/holdrequest",
    "usage/denial",
    "usage/reversal",
    "usage/apikey",
    "billing/trial",
    "billing/trial/report",
    "billing/trialrequest",
    "billing/trialoffer",
    "billing/sellerallowance",
    "kernel/auditrun",
    "kernel/run",
    "auth/user",
    "auth/group",
]


def live_a_little(rounds: int) -> None:
    """One more of everything a list may show."""
    for _ in range(rounds):
        shop = Shop()
        account = shop.an_account(parent=shop.an_account().reference)
        a_grant(account, "100")
        reversing.reverse(a_reversal(shop.debit(account, "3", "4")))
        a_hold(shop, account, "5")
        with pytest.raises(InsufficientTokens):
            shop.debit(account, "1000")
        now = clock()
        AuditRun.objects.create(started_at=now, finished_at=now, is_clean=True)
        Run.objects.create(job=account.reference, period="2026", started_at=now)
        User.objects.create_user(account.reference)
        keys.create(product_code=shop.product.code, scopes=["read"])
        sell_a_little(shop)
        costing.override(a_cost(account.reference), reason="We have a contract.")


def sell_a_little(shop: Shop) -> None:
    """A trial, and one that waits for a manager."""
    seller, offer = a_seller(), an_offer("10")
    allow(seller, "10")
    for _ in range(2):
        ask(seller, offer, shop.an_account())


def asked(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


class TestLists:
    def test_ask_as_much_of_many_rows_as_of_few(self) -> None:
        client = at_the_desk_of_an_administrator()
        live_a_little(1)
        addresses = ["/admin/", *(f"/admin/{name}/" for name in LISTS)]
        [client.get(address) for address in addresses]
        few = {address: asked(client, address) for address in addresses}

        live_a_little(4)

        assert {address: asked(client, address) for address in addresses} == few

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
