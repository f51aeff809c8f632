"""Forms of included units, of access, and of what opens it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from billing.tests.desks.people import as_shown, at_the_desk_of, said, text_of
from config.kernel.errors import NotEntitled
from pricing.models import Feature
from usage.models import Access, Allowance, Unlock
from usage.tests.made import Shop, a_grant, clock
from usage.tests.services.test_allowances import an_allowance
from wallets.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(shop: Shop) -> Account:
    account = shop.an_account(name="Acme")
    a_grant(account, "1000")
    return account


def page_of(account: Account, rest: str) -> str:
    return f"/admin/wallets/account/{account.pk}/{rest}"


def minute(days: int) -> str:
    return f"{clock() + timedelta(days=days):%Y-%m-%dT%H:%M}"


class TestInclude:
    def send(self, client: Client, account: Account, **asked: Any) -> Any:
        form = {
            "pattern": "chat.*",
            "units": "1,000",
            "period": "month",
            "anchor": "2026-01-15",
            "carries": "200",
            "effective_from": "",
            "effective_until": "",
            "reason": "Contract.",
        }
        return client.post(page_of(account, "included/"), form | asked)

    def test_includes_units_in_the_name_of_the_person(self, account: Account) -> None:
        answer = self.send(at_the_desk_of("Packaging"), account)

        made = Allowance.objects.get(account=account)
        assert said(answer).startswith("1,000 units of chat.* are included from ")
        assert (made.units, made.anchor, made.carries) == (1000, date(2026, 1, 15), 200)
        assert (made.set_by, made.reason) == ("packaging", "Contract.")

    @pytest.mark.parametrize(
        ("asked", "sentence"),
        [
            ({"pattern": "chat.*.x"}, "names a feature&#x27;s code or a pattern that ends in *."),
            ({"units": "0"}, "An allowance is of more than 0 units."),
            ({"period": "day"}, "Only months and years begin on a day of their own."),
            ({"effective_from": "2020-01-01T00:00"}, "An allowance holds from now or later."),
            ({"effective_until": "2020-01-01T00:00"}, "An allowance ends after it starts."),
            ({"anchor": "someday"}, "Enter a valid date."),
        ],
    )
    def test_refuses_in_a_sentence_and_loses_nothing(
        self, account: Account, asked: dict[str, str], sentence: str
    ) -> None:
        page = text_of(self.send(at_the_desk_of("Finance"), account, **asked))

        assert sentence in page
        assert 'value="200"' in page
        assert "Contract." in page
        assert not Allowance.objects.exists()

    def test_begins_with_what_the_pattern_has(self, account: Account, shop: Shop) -> None:
        an_allowance(account, shop.chat, "100", now=None, carries="30")

        fields = as_shown(at_the_desk_of("Finance"), page_of(account, f"included/?pattern={shop.chat}"))

        assert (fields["pattern"], fields["units"], fields["carries"]) == (shop.chat, "100", "30")


class TestEndIncluded:
    def test_includes_nothing_from_then_on(self, account: Account, shop: Shop) -> None:
        an_allowance(account, shop.chat, "100", now=None)
        finance = at_the_desk_of("Finance")
        address = page_of(account, f"included/end/?pattern={shop.chat}")

        answer = finance.post(address, as_shown(finance, address) | {"reason": "Contract ended."})

        fact = Allowance.objects.filter(account=account).latest("recorded_at")
        assert said(answer).startswith(f"Nothing of {shop.chat} is included from ")
        assert (fact.units, fact.set_by, fact.reason) == (None, "finance", "Contract ended.")
        assert shop.debit(account, "1").tokens == 1
        assert finance.get(address).status_code == 404

    def test_ends_nothing_that_somebody_changed_meanwhile(self, account: Account, shop: Shop) -> None:
        an_allowance(account, shop.chat, "100", now=None)
        finance = at_the_desk_of("Finance")
        address = page_of(account, f"included/end/?pattern={shop.chat}")
        form = as_shown(finance, address) | {"reason": "Contract ended."}
        an_allowance(account, shop.chat, "500", now=None)

        page = text_of(finance.post(address, form))

        assert "Nothing was saved: tests changed this meanwhile." in page
        assert "500 units" in page
        assert shop.debit(account, "1").tokens == 0


class TestAccess:
    def send(self, client: Client, account: Account, **asked: Any) -> Any:
        form = {"kind": "closed", "effective_from": "", "effective_until": "", "reason": "Not in the plan."}
        return client.post(page_of(account, "access/"), form | asked)

    def test_closes_opens_and_says_nothing_any_more(self, account: Account, shop: Shop) -> None:
        finance = at_the_desk_of("Finance")

        answer = self.send(finance, account, pattern=shop.chat)
        with pytest.raises(NotEntitled):
            shop.debit(account, "1")
        self.send(finance, account, pattern=shop.chat, kind="open", effective_until=minute(2))
        shop.debit(account, "1")
        self.send(finance, account, pattern=shop.chat, kind="none")
        shop.debit(account, "1")

        assert said(answer).startswith(f"{shop.chat} is closed from ")
        facts = Access.objects.filter(account=account).order_by("recorded_at")
        assert [each.kind for each in facts] == ["closed", "open", "none"]
        assert {(each.set_by, each.reason) for each in facts} == {("finance", "Not in the plan.")}

    @pytest.mark.parametrize(
        ("asked", "sentence"),
        [
            ({"pattern": "chat.*.x"}, "Access is to a feature&#x27;s code or a pattern that ends in *."),
            ({"effective_from": "2020-01-01T00:00"}, "Access changes from now or later."),
            ({"effective_until": "2020-01-01T00:00"}, "Access ends after it starts."),
            ({"kind": "none", "effective_until": "2050-01-01T00:00"}, "or what was said of it ends."),
        ],
    )
    def test_refuses_in_a_sentence_and_loses_nothing(
        self, account: Account, asked: dict[str, str], sentence: str
    ) -> None:
        sent = {"pattern": "chat.*"} | asked

        page = text_of(self.send(at_the_desk_of("Finance"), account, **sent))

        assert sentence in page
        assert f'value="{sent["pattern"]}"' in page
        assert "Not in the plan." in page
        assert not Access.objects.exists()

    def test_sets_the_mode_once(self, account: Account, shop: Shop) -> None:
        packaging = at_the_desk_of("Packaging")
        form = {"mode": "bought", "reason": "A small plan."}

        first = packaging.post(page_of(account, "access/mode/"), form)
        again = packaging.post(page_of(account, "access/mode/"), form)

        assert said(first) == "It may use only what was bought."
        assert said(again).endswith("It may use only what was bought already.")
        with pytest.raises(NotEntitled):
            shop.debit(account, "1")
        assert Access.objects.get(account=account).reason == "A small plan."


class TestUnlocks:
    ADD = "/admin/usage/unlock/add/"

    def send(self, client: Client, shop: Shop, address: str = ADD, **asked: Any) -> Any:
        feature = Feature.objects.get(code=shop.image)
        form = {
            "feature": feature.pk,
            "pattern": shop.chat,
            "period": "P30D",
            "is_active": "on",
            "change_reason": "Passes are on sale.",
        }
        return client.post(address, form | asked)

    def test_open_what_is_bought(self, account: Account, shop: Shop) -> None:
        packaging = at_the_desk_of("Packaging")

        self.send(packaging, shop)
        shop.debit(account, "1", features=(shop.image,))

        opened = Access.objects.get(account=account)
        assert (opened.pattern, opened.effective_until - opened.effective_from) == (
            shop.chat,
            timedelta(days=30),
        )
        page = text_of(packaging.get("/admin/usage/unlock/"))
        assert all(each in page for each in (shop.image, shop.chat, "30 days", "active"))

    def test_write_history(self, shop: Shop) -> None:
        packaging = at_the_desk_of("Packaging")
        self.send(packaging, shop)
        unlock = Unlock.objects.get()

        self.send(packaging, shop, f"/admin/usage/unlock/{unlock.pk}/change/", period="P1M")

        latest, first = unlock.history.all()
        assert (first.period, latest.period, latest.history_user.username) == ("P30D", "P1M", "packaging")
        assert latest.history_change_reason == "Passes are on sale."

    def test_open_nothing_once_they_are_ended(self, account: Account, shop: Shop) -> None:
        packaging = at_the_desk_of("Packaging")
        self.send(packaging, shop)
        unlock = Unlock.objects.get()

        self.send(packaging, shop, f"/admin/usage/unlock/{unlock.pk}/change/", is_active="")
        shop.debit(account, "1", features=(shop.image,))

        assert not Access.objects.exists()
        assert "ended" in text_of(packaging.get("/admin/usage/unlock/"))

    @pytest.mark.parametrize(
        ("asked", "sentence"),
        [
            ({"period": "a month"}, "A period is days, weeks, months"),
            ({"pattern": "chat.*.x"}, "It opens a feature&#x27;s code or a pattern that ends in *."),
        ],
    )
    def test_refuse_in_a_sentence(self, shop: Shop, asked: dict[str, str], sentence: str) -> None:
        page = text_of(self.send(at_the_desk_of("Packaging"), shop, **asked))

        assert sentence in page
        assert not Unlock.objects.exists()

    def test_are_said_once_of_a_feature(self, shop: Shop) -> None:
        packaging = at_the_desk_of("Packaging")
        self.send(packaging, shop)

        page = text_of(self.send(packaging, shop, pattern="*"))

        assert "already exists" in page
        assert Unlock.objects.count() == 1
