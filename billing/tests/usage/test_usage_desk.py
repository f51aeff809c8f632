"""The usage page and its files."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from openpyxl import load_workbook

from billing.queries import recent, usage_figures, usage_money
from billing.tests.desks.people import text_of
from billing.tests.usage.town import Town
from usage.tests.made import named

PAGE = "/admin/usage/rollups/"
SHEETS = [
    "features",
    "burn",
    "peaks",
    "hours",
    "adoption",
    "dimension",
    "accounts",
    "prices",
    "refused",
    "trials",
    "largest",
]


def at_the_desk(group: str) -> Client:
    """Of somebody whose row may stay."""
    user = User.objects.create_user(named(group.lower().replace(" ", "-")), is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def town() -> Town:
    return Town()


def lines(client: Client, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(client.get(address)))))


@pytest.mark.committed
class TestPage:
    def test_shows_what_the_ledger_says(self, town: Town) -> None:
        rows = town.ledger(
            "SELECT sum(tokens) FROM line WHERE feature_id = %(feature)s AND occurred_at > now() - interval '29 days'",
            feature=town.chat.pk,
        )

        shown = text_of(at_the_desk("Packaging").get(f"{PAGE}?product={town.shop.product.code}"))

        assert f'<span title="{int(rows[0][0])}">' in shown
        assert "Earned, USD" in shown
        assert shown.count('class="d-heat') == 2 * 168

    def test_keeps_money_from_those_who_may_not_see_costs(self, town: Town) -> None:
        address = f"{PAGE}?product={town.shop.product.code}"
        support = at_the_desk("Support")

        shown, sheets = text_of(support.get(address)), _book(support, address).sheetnames

        assert town.shop.chat in shown
        assert "Earned" not in shown
        assert "Margin" not in shown
        assert sheets == [each for each in SHEETS if each not in ("dimension", "accounts", "prices")]

    def test_gives_each_part_as_csv(self, town: Town) -> None:
        address = f"{PAGE}?product={town.shop.product.code}"
        desk = at_the_desk("Finance")
        rows = town.ledger(
            "SELECT sum(tokens), sum(items) FROM line WHERE feature_id = %(feature)s "
            "AND occurred_at > now() - interval '29 days'",
            feature=town.chat.pk,
        )

        features = {each["feature"]: each for each in lines(desk, f"{address}&file=csv&of=features")}
        burn = lines(desk, f"{address}&file=csv&of=burn")

        chat = features[town.shop.chat]
        assert (Decimal(chat["tokens"]), int(chat["calls"])) == rows[0]
        assert len(burn) == 30
        assert sum(Decimal(each[town.shop.chat]) for each in burn) == rows[0][0]
        assert desk.get(f"{address}&file=csv&of=secrets").status_code == 404
        assert desk.get(f"{address}&file=pdf").status_code == 404

    def test_gives_all_of_it_as_a_workbook(self, town: Town) -> None:
        address = f"{PAGE}?product={town.shop.product.code}"
        desk = at_the_desk("Finance")

        book = _book(desk, address)

        told = [[str(cell.value) for cell in row] for row in book["features"].iter_rows()]
        assert book.sheetnames == SHEETS
        assert [row[0] for row in told] == [
            "feature",
            *(each["feature"] for each in lines(desk, f"{address}&file=csv")),
        ]
        assert {cell.data_type for cell in book["features"]["D"][1:]} == {"n"}


@pytest.mark.django_db
class TestPatience:
    def test_says_of_each_part_that_it_takes_too_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def slow(*_asked: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(1)")

        monkeypatch.setattr(recent, "PATIENCE_MS", 20)
        monkeypatch.setattr(usage_figures, "features", slow)
        monkeypatch.setattr(usage_money, "portions", slow)

        shown = text_of(at_the_desk("Auditor").get(PAGE))

        assert shown.count("There is too much to count while you wait.") == 2
        assert "Trials by month of issue" in shown


@pytest.mark.django_db
class TestFilters:
    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("account=nobody", "There is no account nobody."),
            ("tz=Mars/Phobos", "This is not a time zone of IANA"),
            ("from=2026-01-01", "Name both days, or neither."),
            ("from=2026-02-01&to=2026-01-01", "It must not be before the first day"),
            ("from=0001-01-01&to=0001-01-02", "Name days from 2000 to 9000."),
            ("from=9999-12-30&to=9999-12-31", "Name days from 2000 to 9000."),
            ("days=8", "Select a valid choice"),
            ("product=nobody", "Select a valid choice"),
        ],
    )
    def test_say_what_is_wrong_with_them(self, query: str, said: str) -> None:
        response = at_the_desk("Auditor").get(f"{PAGE}?{query}")

        assert response.status_code == 200
        assert said in text_of(response)
        assert "Popular features" not in text_of(response)

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("", "Last 30 days"),
            ("days=7", "Last 7 days"),
            ("from=2026-01-01&to=2026-01-02", "From … to"),
            ("days=7&from=2026-01-01&to=2026-01-02", "From … to"),
        ],
    )
    def test_say_which_days_are_looked_at(self, query: str, said: str) -> None:
        shown = text_of(at_the_desk("Auditor").get(f"{PAGE}?{query}"))

        (days,) = re.findall(r'<select name="days".*?</select>', shown, re.DOTALL)
        assert re.findall(r"selected>([^<]+)<", days) == [said]

    def test_are_kept_in_the_address_of_the_files(self) -> None:
        shown = text_of(at_the_desk("Auditor").get(f"{PAGE}?days=90&by=recorded_at&tz=Asia/Tokyo"))

        assert "?tz=Asia%2FTokyo&amp;by=recorded_at&amp;days=90&amp;file=xlsx" in shown


def _book(desk: Client, address: str) -> Any:
    return load_workbook(io.BytesIO(desk.get(f"{address}&file=xlsx").getvalue()))
