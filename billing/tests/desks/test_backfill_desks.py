"""Backfills at the desk: gathering from the queue and from a file, approving, discarding, taking back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from billing.tests.desks.people import at_the_desk_of
from billing.tests.desks.test_event_desks import text_of
from usage.admin import event_files
from usage.models import Backfill, Event
from usage.services import backfilling, keys
from usage.tests.made import DAY, UNLIMITED, Shop, clock
from usage.tests.reported import an_event, debit_of, rate, reason_of, report

pytestmark = pytest.mark.django_db

BACKFILLS = "/admin/usage/backfill/"


@pytest.fixture
def finance() -> Client:
    return at_the_desk_of("Finance")


@pytest.fixture
def shop() -> Shop:
    return Shop(since=clock() - 100 * DAY)


def opened(client: Client) -> Backfill:
    client.post(f"{BACKFILLS}open/", {"reason": "The meter was cut off."})
    return Backfill.objects.latest("pk")


def a_file(
    shop: Shop, account: str, *lines: str, columns: str = "account,feature,quantity,time,id,dimension.model"
) -> SimpleUploadedFile:
    said = "\n".join([columns, *(line.format(account=account, feature=shop.chat) for line in lines)])
    return SimpleUploadedFile("usage.csv", said.encode(), "text/csv")


class TestGathering:
    def test_from_the_queue(self, finance: Client, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)
        sent = an_event(shop, account, "10", at=clock() - 60 * DAY)
        report(shop, sent)
        rate()
        backfill = opened(finance)

        answer = finance.post(f"{BACKFILLS}{backfill.pk}/take/", {"account": account.reference}, follow=True)

        assert "1 event gathered." in answer.content.decode()
        said = text_of(finance, f"{BACKFILLS}{backfill.pk}/change/")
        assert "opened" in said
        assert "by finance" in said
        assert f"{account.reference} {shop.chat} 1 10" in said
        assert "Approve 1 event" in said

    def test_from_a_file(self, finance: Client, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED).reference
        key = keys.create(product_code=shop.product.code, scopes=["events"]).key
        backfill = opened(finance)
        then = (clock() - 60 * DAY).isoformat()
        file = a_file(
            shop, account, f"{{account}},{{feature}},2.5,{then},a,gpt", f"{{account}},{{feature}},1,{then},b,"
        )

        answer = finance.post(
            f"{BACKFILLS}{backfill.pk}/file/", {"file": file, "api_key": key.pk}, follow=True
        )

        assert "2 gathered, 0 known before, 0 rejected." in answer.content.decode()
        first = Event.objects.get(account=account, sent_id="a")
        assert (first.source, first.dimensions) == (f"/backfills/{backfill.pk}", {"model": "gpt"})
        assert str(first.quantity) == "2.500000000"
        assert first.payload["data"] == {"quantity": "2.5", "dimensions": {"model": "gpt"}}

    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            (
                ["{account},{feature},0,2026-05-01T00:00:00Z,a,"],
                "line 2, quantity: The number must be greater than 0.",
            ),
            (["{account},{feature},1,2026-05-01,a,"], "line 2, time: Expected a time by RFC 3339"),
            (["{account},{feature},1,2026-05-01T00:00:00Z,,"], "line 2, id: The member is missing."),
            (["{account},{feature},1,2026-05-01T00:00:00Z,a"], "line 2, Expected 6 cells, got 5."),
            (["{account},{feature},1_0,2026-05-01T00:00:00Z,a,", "x"], "This is not a decimal number."),
            ([], "The file has no events."),
        ],
    )
    def test_from_a_file_takes_all_or_nothing(
        self, finance: Client, shop: Shop, lines: list[str], said: str
    ) -> None:
        key = keys.create(product_code=shop.product.code, scopes=["events"]).key
        backfill, account = opened(finance), shop.an_account().reference
        good = "{account},{feature},1,2026-05-01T00:00:00Z,good,"
        file = a_file(shop, account, *lines, *([good] if lines else []))

        answer = finance.post(f"{BACKFILLS}{backfill.pk}/file/", {"file": file, "api_key": key.pk})

        assert said in answer.content.decode().replace("&#x27;", "'")
        assert not Event.objects.filter(account=account).exists()

    @pytest.mark.parametrize(
        ("columns", "said"),
        [
            ("account,feature,quantity,time", "the column id is missing."),
            ("account,feature,quantity,time,id,price", "the column 'price' is unknown."),
            ("account,feature,quantity,time,id,id", "the column id comes twice."),
        ],
    )
    def test_from_a_file_knows_its_columns(self, columns: str, said: str) -> None:
        assert said in "\n".join(event_files.parse(f"{columns}\na,b,1,c,d\n", "/x").faults)

    def test_says_of_a_file_what_the_api_would_say_of_the_same_events(self, shop: Shop) -> None:
        from usage.api import cloud_events

        columns = "account,feature,quantity,time,id,source,cost,currency,dimension.model"
        text = f"{columns}\nacme,chat,2.50,2026-05-01T00:00:00Z,e,/g,0.1,USD,gpt\n"
        [read] = event_files.parse(text, "/x").events

        sent = {"specversion": "1.0", "id": "e", "source": "/g", "type": "chat", "subject": "acme"}
        data = {"quantity": "2.5", "dimensions": {"model": "gpt"}, "cost": "0.1", "currency": "USD"}
        api = cloud_events.read({**sent, "time": "2026-05-01T00:00:00Z", "data": data})
        assert read.fingerprint == api.fingerprint
        assert (read.quantity, read.cost, read.occurred_at) == (api.quantity, api.cost, api.occurred_at)


class TestDeciding:
    def test_books_it_and_takes_it_back(self, finance: Client, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)
        sent = an_event(shop, account, "10", at=clock() - 60 * DAY - timedelta(hours=1))
        backfill = opened(finance)
        backfilling.take_events(
            backfill=backfill, events=[sent], product_id=shop.product.pk, api_key_id=shop.key.pk
        )

        approved = finance.post(f"{BACKFILLS}{backfill.pk}/approve/", {}, follow=True)
        rate()
        assert "1 event will be booked within seconds." in approved.content.decode()
        assert debit_of(sent).tokens == 10
        assert "Booked 1 10 tokens" in text_of(finance, f"{BACKFILLS}{backfill.pk}/change/")

        finance.post(f"{BACKFILLS}{backfill.pk}/revert/", {"reason": "Another year's file."})
        backfilling.work_on_reverts(60)
        said = text_of(finance, f"{BACKFILLS}{backfill.pk}/change/")
        assert "Given back 1 debits" in said
        assert "Taken back: Another year's file." in said.replace("&#x27;", "'")

    def test_refuses_what_is_closed_in_words(self, finance: Client, shop: Shop) -> None:
        backfill = opened(finance)
        empty = finance.post(f"{BACKFILLS}{backfill.pk}/approve/", {})
        finance.post(f"{BACKFILLS}{backfill.pk}/discard/", {})
        closed = finance.post(f"{BACKFILLS}{backfill.pk}/take/", {})

        assert "There is nothing in this backfill to approve." in empty.content.decode()
        assert "The backfill is closed already." in closed.content.decode()
        assert Backfill.objects.get(pk=backfill.pk).state == "discarded"

    def test_is_for_those_who_may(self, shop: Shop) -> None:
        support = at_the_desk_of("Support")
        backfill = opened(support)
        sent = an_event(shop, shop.an_account(), at=clock() - 60 * DAY)
        backfilling.take_events(
            backfill=backfill, events=[sent], product_id=shop.product.pk, api_key_id=shop.key.pk
        )

        for verb in ("approve", "discard", "revert"):
            assert support.post(f"{BACKFILLS}{backfill.pk}/{verb}/", {"reason": "x"}).status_code == 403

        assert reason_of(sent) == "backfill"
