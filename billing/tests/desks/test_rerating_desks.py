"""Re-ratings at their desk: asked for, told, approved by another, watched, stopped, taken back, exported."""

from __future__ import annotations

import csv
from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from billing.tests.desks.people import at_the_desk_of, said
from billing.tests.desks.test_event_desks import text_of
from pricing.models import Version
from usage import tasks
from usage.models import Correction, Rerating
from usage.services import correcting
from usage.tests.made import DAY, HOUR, UNLIMITED, Shop, clock
from usage.tests.rerated import corrected_prices, now_charged, standing
from wallets.models import Account

pytestmark = pytest.mark.django_db

RERATINGS = "/admin/usage/rerating/"


@pytest.fixture
def packaging() -> Client:
    return at_the_desk_of("Packaging")


@pytest.fixture
def finance() -> Client:
    return at_the_desk_of("Finance")


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def acme(shop: Shop) -> Account:
    """A customer who used 10 and 5 an hour ago."""
    account = shop.an_account(policy=UNLIMITED)
    for quantity in ("10", "5"):
        shop.debit(account, quantity, at=clock() - HOUR)
    return account


def to_the_minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"


def a_form(shop: Shop, version: Version | None = None, **more: Any) -> dict[str, Any]:
    now = clock()
    return {
        "reason": "The price was wrong.",
        "since": to_the_minute(now - DAY),
        "until": to_the_minute(now + DAY),
        "table": shop.table.pk,
        "prices": "version" if version else "instant",
        "version": version.pk if version else "",
        **more,
    }


def asked(client: Client, shop: Shop, **more: Any) -> Rerating:
    client.post(f"{RERATINGS}ask/", a_form(shop, corrected_prices(shop), **more))
    return Rerating.objects.latest("pk")


def told(row: Rerating) -> Rerating:
    correcting.work(row.pk, 60)
    return Rerating.objects.get(pk=row.pk)


def page(row: Rerating, verb: str = "change") -> str:
    return f"{RERATINGS}{row.pk}/{verb}/"


class TestAsking:
    def test_takes_an_interval_filters_and_a_version(
        self, packaging: Client, shop: Shop, acme: Account
    ) -> None:
        version = corrected_prices(shop)
        sent = a_form(shop, version, account=acme.reference, feature=shop.chat, product=shop.product.pk)

        answer = packaging.post(f"{RERATINGS}ask/", sent)

        row = Rerating.objects.get()
        assert answer.headers["Location"] == page(row)
        assert (row.version, row.table, row.customer, row.product) == (
            version,
            shop.table,
            acme,
            shop.product,
        )
        assert (row.feature.code, row.asked_by, row.state) == (shop.chat, "packaging", "asked")
        assert row.until <= row.asked_at

    def test_takes_an_instant_instead(self, packaging: Client, shop: Shop) -> None:
        packaging.post(f"{RERATINGS}ask/", {**a_form(shop, table=""), "version": "none"})

        row = Rerating.objects.get()
        assert (row.version, row.table, row.priced_at) == (None, None, row.asked_at)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"since": "2030-01-01T00:00", "until": "2030-02-01T00:00"},
            {"reason": ""},
            {"version": ""},
            {"table": ""},
            {"account": "nobody"},
            {"feature": "nothing"},
        ],
        ids=str,
    )
    def test_asks_again_where_something_is_wrong(
        self, packaging: Client, shop: Shop, wrong: dict[str, str]
    ) -> None:
        answer = packaging.post(f"{RERATINGS}ask/", {**a_form(shop, corrected_prices(shop)), **wrong})

        assert answer.status_code == 200
        assert answer.context["form"].errors
        assert not Rerating.objects.exists()


class TestDryRun:
    def test_is_begun_by_a_bell_and_shown_by_feature_and_account(
        self, packaging: Client, shop: Shop, acme: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = asked(packaging, shop)
        assert "A worker begins within a few seconds." in text_of(packaging, page(row))
        rung: list[int] = []
        monkeypatch.setattr(tasks.rerate, "delay", rung.append)

        tasks.rerate_what_is_asked()
        tasks.rerate_what_is_asked()

        assert rung == [row.pk]
        tasks.rerate(row.pk)
        shown = text_of(packaging, page(row))
        assert "As charged 15 2 lines that would change At these prices 30 + 15" in shown
        assert f"{acme.reference} 2 15 30 +15" in shown
        assert "You asked for it, so another person approves it." in shown
        assert not Correction.objects.exists()

    def test_says_what_would_stay_and_why(self, packaging: Client, shop: Shop, acme: Account) -> None:
        shop.debit(acme, "7", features=(shop.image,), at=clock() - HOUR)
        from pricing.rules.rows import RateRow

        version = corrected_prices(shop, RateRow(shop.chat, Decimal(2)))
        packaging.post(f"{RERATINGS}ask/", a_form(shop, version))

        shown = text_of(packaging, page(told(Rerating.objects.latest("pk"))))

        assert "Would stay as they are" in shown
        assert "the prices have no rate for it 1 1 7" in shown

    def test_of_the_same_prices_says_that_nothing_changes(
        self, packaging: Client, shop: Shop, acme: Account
    ) -> None:
        version = corrected_prices(shop, tokens="1")
        packaging.post(f"{RERATINGS}ask/", a_form(shop, version))

        shown = text_of(packaging, page(told(Rerating.objects.latest("pk"))))

        assert "Nothing would change" in shown

    def test_tells_its_progress(self, packaging: Client, shop: Shop, acme: Account) -> None:
        row = asked(packaging, shop)

        before = packaging.get(page(row, "progress")).json()
        told(row)
        after = packaging.get(page(row, "progress")).json()

        assert before == {"under_way": True, "percent": 0, "done": 0, "total": 0, "of": "debits"}
        assert (after["under_way"], after["done"]) == (False, 2)


class TestApproving:
    def test_is_for_another_of_finance(
        self, packaging: Client, finance: Client, shop: Shop, acme: Account
    ) -> None:
        row = told(asked(packaging, shop))

        assert packaging.post(page(row, "approve")).status_code == 403
        done = finance.post(page(row, "approve"), follow=True)

        assert "It is approved; a worker begins within a few seconds." in done.content.decode()
        assert standing(acme) == {shop.chat: 15}
        told(row)
        assert standing(acme) == {shop.chat: 30}
        assert "Charged anew 2 debits Tokens + 15" in text_of(finance, page(row))

    def test_is_refused_to_who_asked(self, finance: Client, shop: Shop, acme: Account) -> None:
        row = told(asked(finance, shop))

        answer = finance.post(page(row, "approve"))

        assert "You asked for this re-rating; another person approves it." in answer.content.decode()
        assert Rerating.objects.get(pk=row.pk).state == "ready"

    def test_may_be_refused(self, packaging: Client, finance: Client, shop: Shop, acme: Account) -> None:
        row = told(asked(packaging, shop))

        finance.post(page(row, "discard"))

        assert "discarded by finance" in text_of(finance, page(row))
        assert "is not waiting for an approval" in finance.post(page(row, "approve")).content.decode()


class TestAfterwards:
    def booked(self, packaging: Client, finance: Client, shop: Shop) -> Rerating:
        row = told(asked(packaging, shop))
        finance.post(page(row, "approve"))
        return told(row)

    def test_debits_lead_to_each_other(
        self, packaging: Client, finance: Client, shop: Shop, acme: Account
    ) -> None:
        receipt = shop.debit(acme, "4", at=clock() - HOUR)
        row = self.booked(packaging, finance, shop)

        old = text_of(finance, f"/admin/usage/debit/{receipt.id}/change/")
        new = text_of(finance, f"/admin/usage/debit/{now_charged(receipt.id).pk}/change/")

        assert f"charged anew as 8 by re-rating {row.pk}" in old
        assert f"re-rating {row.pk} charged it in place of one of 4" in new
        assert "does not agree" not in old + new

    def test_it_is_stopped_and_says_what_stays(
        self,
        packaging: Client,
        finance: Client,
        shop: Shop,
        acme: Account,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(correcting, "A_SLICE", 1)
        row = told(asked(packaging, shop))
        while row.state == "reckoning":
            row = told(row)
        finance.post(page(row, "approve"))
        correcting.work(row.pk, 0)
        assert "Charging anew" in text_of(finance, page(row))

        answer = finance.post(page(row, "stop"))

        assert "1 debit charged anew stay so, until you take it back." in said(answer)
        assert "It was stopped after 1 debit: what is charged anew stays so" in text_of(finance, page(row))

    def test_it_is_taken_back(self, packaging: Client, finance: Client, shop: Shop, acme: Account) -> None:
        row = self.booked(packaging, finance, shop)

        finance.post(page(row, "revert"), {"reason": "It was right after all."})
        told(row)

        assert standing(acme) == {shop.chat: 15}
        shown = text_of(finance, page(row))
        assert "Taken back: It was right after all." in shown
        assert "Taken back 2 debits" in shown

    def test_the_differences_are_exported(
        self, packaging: Client, finance: Client, shop: Shop, acme: Account
    ) -> None:
        row = self.booked(packaging, finance, shop)

        def exported(verb: str) -> list[list[str]]:
            answer = finance.get(page(row, verb))
            return list(csv.reader(StringIO(b"".join(answer.streaming_content).decode())))

        assert exported("export") == [
            ["account", "feature", "lines", "quantity", "tokens_before", "tokens_after", "difference"],
            [acme.reference, shop.chat, "2", "15.000000000", "15.000000", "30.000000", "15.000000"],
        ]
        header, *rows = exported("corrections")
        assert header[:3] == ["account", "debit", "replacement"]
        assert sorted(each[4:] for each in rows) == [
            ["10.000000", "20.000000", "10.000000"],
            ["5.000000", "10.000000", "5.000000"],
        ]

    def test_the_list_shows_who_asked_and_approved(
        self, packaging: Client, finance: Client, shop: Shop, acme: Account
    ) -> None:
        row = self.booked(packaging, finance, shop)

        shown = text_of(finance, RERATINGS)

        assert f"{row.pk} done" in shown
        assert "by packaging" in shown
        assert "by finance" in shown
