"""What a list shows, as files: all of it, under its filters, for whoever may see it, in little memory."""

from __future__ import annotations

import csv
import io
import tracemalloc
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from billing.models import InboxItem
from billing.tests.desks.pages import details
from billing.tests.desks.people import at_the_desk_of, at_the_desk_of_an_administrator
from usage.services import reversing
from usage.tests.made import DAY, Shop, a_grant, a_reversal, clock
from wallets.models import Account, Entry, Grant

pytestmark = pytest.mark.django_db

ENTRIES = "/admin/wallets/entry/"
REVERSALS = "/admin/usage/reversal/"


def desks() -> list[Any]:
    return [each for each in admin.site._registry.values() if getattr(each, "file_columns", None)]


def rows(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer["Content-Type"] == "text/csv; charset=utf-8", get_messages(answer.wsgi_request)
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


@pytest.fixture
def acme() -> Account:
    """A hundred tokens bought, and three debits of two and a half: today, a day ago and ten days ago."""
    shop = Shop(since=clock() - 100 * DAY)
    account = shop.an_account(clock() - 60 * DAY)
    a_grant(account, "100", now=clock() - 50 * DAY)
    for days in (10, 1, 0):
        shop.debit(account, "2.5", now=clock() - days * DAY)
    return account


class TestFilesOfLists:
    def test_have_each_row_of_their_list(self) -> None:
        details()
        client = at_the_desk_of_an_administrator()
        told, there = {}, {}
        for desk in desks():
            name = f"admin:{desk.opts.app_label}_{desk.opts.model_name}"
            listed = client.get(reverse(f"{name}_changelist")).context["cl"].queryset
            file = rows(client, reverse(f"{name}_file", args=["csv"]))
            book = load_workbook(
                io.BytesIO(client.get(reverse(f"{name}_file", args=["xlsx"])).getvalue()), read_only=True
            )
            told[name] = (len(file), len(list(book.active.rows)) - 1, list(file[0]) if file else None)
            there[name] = (listed.count(), listed.count(), list(desk.file_columns) if listed else None)

        assert told == there
        assert len(told) >= 20
        assert [name for name, (many, *_) in there.items() if not many] == ["admin:billing_advice"]

    def test_tell_amounts_in_all_their_digits_and_moments_with_their_zone(self, acme: Account) -> None:
        file = rows(at_the_desk_of_an_administrator(), f"{ENTRIES}file.csv")

        entry = Entry.objects.order_by("-id")[0]
        assert file[0]["amount"] == "2.500000"
        assert file[0]["recorded_at"] == entry.recorded_at.isoformat()
        assert [file[0][name] for name in ("account", "kind", "grant", "overage_after")] == [
            acme.reference,
            "draw",
            str(Grant.objects.get().pk),
            "0.000000",
        ]

    def test_keep_heads_in_sight_and_columns_wide_enough_for_moments(self, acme: Account) -> None:
        answer = at_the_desk_of_an_administrator().get(f"{ENTRIES}file.xlsx")

        assert 'filename="entries.xlsx"' in answer["Content-Disposition"]
        page = load_workbook(io.BytesIO(answer.getvalue())).active
        narrow = [name for name, each in page.column_dimensions.items() if each.width < 20]
        assert page.freeze_panes == "A2"
        assert (len(page.column_dimensions), narrow) == (page.max_column, [])

    def test_have_numbers_as_numbers_in_a_workbook(self, acme: Account) -> None:
        answer = at_the_desk_of_an_administrator().get(f"{ENTRIES}file.xlsx")

        heads, first, *_ = load_workbook(io.BytesIO(answer.getvalue())).active.iter_rows(values_only=True)
        row = dict(zip(heads, first, strict=True))
        recorded = Entry.objects.order_by("-id")[0].recorded_at.replace(tzinfo=None)
        assert row["amount"] == 2.5
        assert abs((row["recorded_at"] - recorded).total_seconds()) < 0.01

    def test_say_yes_and_no_alike_in_csv_and_in_a_workbook(self) -> None:
        shop, client = Shop(), at_the_desk_of_an_administrator()
        account = shop.an_account()
        a_grant(account, "10")
        reversing.reverse(a_reversal(shop.debit(account, "4"), "1"))

        (told,) = rows(client, f"{REVERSALS}file.csv?q={account.reference}")
        answer = client.get(f"{REVERSALS}file.xlsx?q={account.reference}")
        heads, first = load_workbook(io.BytesIO(answer.getvalue())).active.iter_rows(values_only=True)

        assert dict(zip(heads, first, strict=True))["is_whole"] == told["is_whole"] == "no"

    def test_keep_to_the_filters_of_the_list(self, acme: Account) -> None:
        client = at_the_desk_of_an_administrator()
        other = Shop().an_account()
        a_grant(other, "5")
        yesterday = f"{clock() - DAY:%Y-%m-%d}"

        spent = rows(client, f"{ENTRIES}file.csv?kind__exact=draw&q={acme.reference}")
        of_a_day = rows(client, f"{ENTRIES}file.csv?recorded_at_from={yesterday}&recorded_at_to={yesterday}")
        until = rows(client, f"{ENTRIES}file.csv?recorded_at_to={yesterday}")

        assert {each["account"] for each in spent} == {acme.reference}
        assert len(spent) == 3
        assert [each["amount"] for each in of_a_day] == ["2.500000"]
        assert len(until) == 3

    def test_run_nothing_in_a_spreadsheet(self, acme: Account) -> None:
        Account.objects.filter(pk=acme.pk).update(name="=1+1")

        file = rows(at_the_desk_of_an_administrator(), "/admin/wallets/account/file.csv")

        assert [each["name"] for each in file] == ["'=1+1"]
        assert file[0]["balance"] == "92.500000"

    def test_are_linked_below_the_list_with_its_filters(self, acme: Account) -> None:
        page = at_the_desk_of_an_administrator().get(f"{ENTRIES}?kind__exact=draw").content.decode()

        assert f'href="{ENTRIES}file.csv?kind__exact=draw"' in page
        assert f'href="{ENTRIES}file.xlsx?kind__exact=draw"' in page


class TestRefusals:
    @pytest.mark.parametrize("group", [None, "Sales", "Support", "Finance"])
    def test_whoever_may_not_see_a_list_gets_no_file_of_it(self, group: str | None) -> None:
        client = at_the_desk_of(group)

        seen, given = {}, {}
        for desk in desks():
            name = f"admin:{desk.opts.app_label}_{desk.opts.model_name}"
            seen[name] = client.get(reverse(f"{name}_changelist")).status_code
            given[name] = client.get(reverse(f"{name}_file", args=["csv"])).status_code

        assert given == seen
        assert (403 in seen.values()) == (group in (None, "Sales", "Support"))

    def test_a_filter_that_cannot_be_read_gives_no_file(self, acme: Account) -> None:
        answer = at_the_desk_of_an_administrator().get(f"{ENTRIES}file.csv?recorded_at_from=soon&q=acme")

        assert answer["Location"] == f"{ENTRIES}?q=acme"
        assert [str(each) for each in get_messages(answer.wsgi_request)] == [
            "Not read, so not filtered by: recorded at from “soon”. No file was made."
        ]

    def test_a_workbook_of_too_many_rows_leads_to_the_csv(
        self, acme: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("config.desk.lists.ROWS_OF_A_WORKBOOK", 3)
        client = at_the_desk_of_an_administrator()

        many = client.get(f"{ENTRIES}file.xlsx?q={acme.reference}")
        few = client.get(f"{ENTRIES}file.xlsx?kind__exact=draw")

        assert many["Location"] == f"{ENTRIES}?q={acme.reference}"
        assert "take the CSV" in str(next(iter(get_messages(many.wsgi_request))))
        assert few.status_code == 200

    def test_no_other_kind_of_file_is_known(self, acme: Account) -> None:
        assert at_the_desk_of_an_administrator().get(f"{ENTRIES}file.pdf").status_code == 404


def test_a_long_list_takes_no_more_memory_than_a_short_one() -> None:
    client = at_the_desk_of_an_administrator()

    def taken(more: int) -> int:
        InboxItem.objects.bulk_create(a_row() for _ in range(more))
        answer = client.get("/admin/billing/inboxitem/file.csv?view=all")
        tracemalloc.start()
        lines = sum(piece.count(b"\n") for piece in answer.streaming_content)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert lines == 1 + InboxItem.objects.count()
        return peak

    taken(10)
    few, many = taken(5_000), taken(20_000)

    assert many < 1.3 * few


def a_row() -> InboxItem:
    now = clock()
    return InboxItem(rule="sync", subject=uuid4().hex, title="A row", raised_at=now, last_seen_at=now)
