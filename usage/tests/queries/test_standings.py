"""What a process remembers of default terms can be old, and is then noticed by the debit, never trusted."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pricing.queries.pricebook import pricebook
from usage.queries import standings as remembered
from usage.queries.pricing_for import price, refresh
from usage.rules.orders import Item
from usage.services import terms
from usage.tests.made import UNLIMITED, Shop, an_account, clock

pytestmark = pytest.mark.committed


def test_a_default_read_before_a_change_and_an_epoch_read_after_it_are_not_taken_for_current(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop()
    dearer = shop.a_table(tokens="3")
    terms.set_default(table_id=shop.table.pk)
    account = an_account(policy=UNLIMITED)
    read = remembered.read_shared

    def overtaken() -> Any:
        told = read()
        monkeypatch.undo()
        terms.set_default(table_id=dearer.pk)
        return told

    monkeypatch.setattr(remembered, "read_shared", overtaken)
    refresh(account=account.reference, moment=clock())

    items = (Item(shop.chat, Decimal(1), {}),)
    soon = clock() + timedelta(seconds=1)
    old = price(account=account.reference, product_id=shop.product.pk, items=items, moment=soon)
    assert old.table.table_id == shop.table.pk
    assert old.epoch is not None
    assert old.epoch < pricebook().current(shop.table.pk).epoch
    assert shop.debit(account, "1").tokens == 3


class TestCurrency:
    def test_is_read_once_and_looked_for_again_where_there_was_none(self) -> None:
        known = remembered.Standings()

        with CaptureQueriesContext(connection) as queries:
            found = [known.currency(code) for code in (None, None, "USD", "USD", "XXX", "XXX")]

        assert found == ["USD", "USD", "USD", "USD", None, None]
        assert len(queries) == 4

    def test_is_not_asked_for_by_usage_that_says_no_cost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shop = Shop()
        account = shop.an_account(policy=UNLIMITED)
        shop.debit(account, "1")
        monkeypatch.setattr(remembered.Standings, "currency", None)

        assert shop.debit(account, "1").tokens == 1


class TestLearn:
    def test_reads_all_that_is_unknown_in_one_question_and_what_is_known_in_none(self) -> None:
        shop = Shop()
        accounts = [shop.an_account() for _ in range(5)]
        references = [account.reference for account in accounts]
        known = remembered.Standings()

        with CaptureQueriesContext(connection) as queries:
            known.learn([*references, "nobody"])
            known.learn(references)
            found = [known.account(reference) for reference in references]

        assert len(queries) == 1
        assert [each.account_id for each in found if each] == [account.pk for account in accounts]
        assert {each.terms for each in found if each} == {
            (remembered.Span(remembered.ALWAYS, shop.table.pk),)
        }
