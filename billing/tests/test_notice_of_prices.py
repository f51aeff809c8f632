"""Accounts whose segment is due notice are told of a price change in time, in the transaction that makes it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.services import price_lists
from config.kernel.errors import DomainError
from pricing.models import RateTable, Refusal, Version
from pricing.queries.versions import as_file, rows_of
from pricing.services import drafting
from pricing.services.importing import Order
from usage.errors import NoticeTooShort
from usage.models import PriceNotice, Segment
from usage.services import segments
from usage.tests.made import AUTHOR, DAY, Shop, a_segment, an_account, clock
from wallets.models import Account

pytestmark = pytest.mark.django_db


def a_price_list(shop: Shop, notice_days: int) -> Segment:
    segment = a_segment(notice_days=notice_days)
    segments.move_segment(segment=segment, table=shop.table, author=AUTHOR)
    return segment


def a_dearer_draft(table: RateTable) -> Version:
    live = table.versions.get(number=1)
    draft = drafting.draft_from(version=live)
    rows = [replace(row, tokens=row.tokens + 1) for row in rows_of(live)]
    return drafting.replace_rates(draft=draft, rows=rows, revision=None)


def told(version: Version) -> list[Account]:
    rows = PriceNotice.objects.filter(version=version).order_by("account__reference")
    return [row.account for row in rows.select_related("account")]


class TestPublish:
    def test_tells_the_accounts_of_segments_that_are_due_notice_and_nobody_else(self) -> None:
        shop = Shop()
        patient, quick = a_price_list(shop, 30), a_price_list(shop, 0)
        members = sorted(
            (an_account(segment=patient.code) for _ in range(2)), key=lambda each: each.reference
        )
        an_account(segment=quick.code)
        shop.an_account()
        draft = a_dearer_draft(shop.table)

        with pytest.raises(NoticeTooShort, match="given 30 days of notice"):
            price_lists.publish(version=draft)
        with pytest.raises(NoticeTooShort):
            price_lists.publish(version=draft, effective_from=clock() + 29 * DAY)
        published = price_lists.publish(version=draft, effective_from=clock() + 31 * DAY)

        assert told(published) == members
        assert {row.effective_from for row in PriceNotice.objects.filter(version=published)} == {
            published.effective_from
        }
        assert set(Refusal.objects.filter(table=shop.table).values_list("code", flat=True)) == {
            "notice_too_short"
        }

    def test_of_a_segment_without_accounts_or_of_other_tables_waits_for_nothing(self) -> None:
        shop = Shop()
        a_price_list(shop, 30)
        elsewhere = a_price_list(Shop(), 30)
        an_account(segment=elsewhere.code)

        published = price_lists.publish(version=a_dearer_draft(shop.table))

        assert told(published) == []

    def test_finds_the_segments_once_while_debits_of_the_table_wait(self) -> None:
        shop = Shop()
        an_account(segment=a_price_list(shop, 30).code)
        draft = a_dearer_draft(shop.table)

        with CaptureQueriesContext(connection) as queries:
            price_lists.publish(version=draft, effective_from=clock() + 31 * DAY)

        found = [each["sql"] for each in queries if each["sql"].startswith('SELECT "usage_segment"."id"')]
        assert len(found) == 1

    def test_by_a_file_is_held_to_it_too(self) -> None:
        shop = Shop()
        member = an_account(segment=a_price_list(shop, 30).code)
        text = as_file(shop.table.versions.get()).replace(",1,1,", ",2,1,")

        with pytest.raises(DomainError) as refusal:
            price_lists.import_rates(Order(shop.table.code, text, "AIT", publish=True))
        assert isinstance(refusal.value, NoticeTooShort)
        ahead = clock() + 31 * DAY
        done = price_lists.import_rates(
            Order(shop.table.code, text, "AIT", publish=True, effective_from=ahead)
        )

        assert done.version is not None
        assert told(done.version) == [member]
        assert {rate.tokens for rate in done.version.rates.all()} == {Decimal(2)}
