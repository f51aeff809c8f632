"""Debits and reversals read back: equal to the first answer, to the last digit."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from usage.errors import DebitMissing
from usage.queries.receipts import receipt, receipts
from usage.services import granting
from usage.services.reversing import reverse
from usage.tests.made import DAY, UNLIMITED, Shop, a_call, a_grant, a_product, a_reversal, clock

pytestmark = pytest.mark.django_db


class TestReceipt:
    def test_is_the_first_answer(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=UNLIMITED)
        a_grant(account, "2.5", kind="promo", features=(shop.image,))
        a_grant(account, "10")

        first = shop.debit(account, "4", "0.123456789", "9", features=(shop.chat, shop.image, shop.image))

        assert receipt(first.id, shop.product.pk) == first

    def test_of_a_late_draw_is_the_first_answer(self) -> None:
        shop, now = Shop(), clock()
        account = shop.an_account(now - 9 * DAY)
        a_grant(account, "10", now=now - 8 * DAY, expires_at=now - DAY)

        first = shop.debit(account, "4", at=now - 2 * DAY)

        assert first.balance.available == 0
        assert receipt(first.id) == first

    def test_stays_the_first_answer_whatever_comes_later(self) -> None:
        shop = Shop()
        account = shop.an_account()
        grant = a_grant(account, "10")
        first = shop.debit(account, "4")
        reverse(a_reversal(first, "1"))
        granting.void(grant_id=grant.pk, reason="", call=a_call())

        assert receipt(first.id) == first

    def test_is_what_a_replay_answers(self) -> None:
        shop = Shop()
        account = shop.an_account()
        a_grant(account, "10")

        first = shop.debit(account, "4", key="k")

        assert shop.debit(account, "4", key="k") == replace(first, is_replay=True)

    def test_of_another_product_is_not_to_be_seen(self) -> None:
        shop = Shop()
        account = shop.an_account()
        a_grant(account, "10")
        first = shop.debit(account, "4")

        with pytest.raises(DebitMissing):
            receipt(first.id, a_product().pk)


class TestReceipts:
    def test_takes_five_queries_however_many_there_are_and_reads_lines_by_their_key_alone(self) -> None:
        shop = Shop()
        account = shop.an_account()
        a_grant(account, "10")
        made = {each.id: each for each in [shop.debit(account, "1", "1") for _ in range(4)]}

        with CaptureQueriesContext(connection) as queries:
            found = receipts(list(made))

        assert found == made
        assert len(queries) == 5
        lines = [query["sql"] for query in queries if 'FROM "usage_debitline"' in query["sql"]]
        assert len(lines) == 1
        assert "JOIN" not in lines[0]


class TestReversalReceipt:
    def test_names_what_each_grant_got_back_in_that_order(self) -> None:
        shop, now = Shop(), clock()
        account = shop.an_account(policy=UNLIMITED)
        soon = a_grant(account, "10", expires_at=now + DAY)
        never = a_grant(account, "10")
        first = shop.debit(account, "25")

        told = reverse(a_reversal(first, "18"))

        assert (told.tokens, told.restored, told.lapsed, told.overage) == (18, 13, 0, 5)
        assert [(draw.grant, draw.tokens) for draw in told.draws] == [
            (never.pk, Decimal(10)),
            (soon.pk, Decimal(3)),
        ]
        assert (told.balance.available, told.balance.overage) == (13, 0)

    def test_names_a_grant_once_that_repaid_and_paid(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=UNLIMITED)
        a_grant(account, "10")
        first = shop.debit(account, "15")
        repaying = a_grant(account, "20", kind="purchase")

        told = reverse(a_reversal(first))

        assert [(draw.grant == repaying.pk, draw.tokens) for draw in told.draws] == [(True, 5), (False, 10)]
        assert (told.restored, told.overage) == (15, 0)
