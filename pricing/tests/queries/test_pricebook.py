from __future__ import annotations

import os
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from pricing.queries.pricebook import CompiledRate, PriceBook, any_version, pricebook
from pricing.rules.rows import RateRow
from pricing.rules.terms import flat
from pricing.services import drafting, publishing
from pricing.tests.prices import (
    AUTUMN,
    INSTANT,
    SPRING,
    SUMMER,
    a_code,
    a_draft,
    a_feature,
    a_table,
    published,
    row,
    seconds_of,
)

pytestmark = pytest.mark.committed


@pytest.fixture
def book() -> PriceBook:
    return PriceBook()


class TestFeature:
    def test_is_read_once(self, book: PriceBook) -> None:
        feature = a_feature(a_code("feature"))

        with CaptureQueriesContext(connection) as queries:
            cards = [book.feature(feature.code) for _ in range(3)]

        assert len(queries) == 1
        assert cards[0] is not None
        assert (cards[0].id, cards[0].product_code, cards[0].unit) == (feature.pk, "assistant", "token")

    def test_is_found_once_it_exists(self, book: PriceBook) -> None:
        code = a_code("feature")
        assert book.feature(code) is None

        a_feature(code)

        assert book.feature(code) is not None


class TestFeatures:
    def test_looks_for_many_in_one_question_and_for_none_again(self, book: PriceBook) -> None:
        features = [a_feature(a_code("feature")) for _ in range(3)]
        asked = [feature.code for feature in features] + [a_code("nobody")]

        with CaptureQueriesContext(connection) as first:
            found = book.features(asked)
        with CaptureQueriesContext(connection) as again:
            book.features(asked[:3])

        assert {code: card.id for code, card in found.items()} == {each.code: each.pk for each in features}
        assert (len(first), len(again)) == (1, 0)


class TestTable:
    def test_knows_which_version_prices_which_instant(self, book: PriceBook) -> None:
        table = a_table()
        published(table, row("chat", 1), moment=SPRING)
        published(table, row("chat", 2), moment=SPRING + INSTANT, effective_from=SUMMER)

        prices = book.table(table.pk)

        assert (prices.code, prices.token, prices.epoch) == (table.code, "AIT", 2)
        assert prices.at(SPRING - INSTANT) is None
        for moment, number in ((SPRING, 1), (SUMMER - INSTANT, 1), (SUMMER, 2), (AUTUMN, 2)):
            version = prices.at(moment)
            assert version is not None
            assert version.number == number
        spring = prices.versions[0]
        assert (spring.holds_from, spring.holds_until) == (SPRING, SUMMER)

    def test_compiles_each_rate(self, book: PriceBook) -> None:
        table = a_table()
        version = published(
            table, row("chat", "2.5", per=1000, minimum="1", cost="0.1", model="small"), moment=SPRING
        )

        found = book.table(table.pk).versions[0].rate_for("chat", {"model": "small", "user": "u"})

        assert found is not None
        assert (found.version_id, found.version_number, found.table_code) == (version.pk, 1, table.code)
        assert (found.pattern, found.dimensions) == ("chat", {"model": "small"})
        assert (found.term, found.minimum, found.rounding) == (
            flat(Decimal("2.5"), Decimal(1000)),
            1,
            "half_up",
        )
        assert (found.unit_tokens, found.cost) == ("0.0025", row("chat", cost="0.1").cost)
        assert book.table(table.pk).versions[0].rate_for("chat", {}) is None

    def test_asks_the_database_once_for_the_table_and_once_for_its_rates(self, book: PriceBook) -> None:
        table = a_table()
        published(table, row("chat"), moment=SPRING)

        with CaptureQueriesContext(connection) as queries:
            for _ in range(3):
                version = book.table(table.pk).at(SUMMER)
                assert version is not None
                version.rate_for("chat", {})

        assert len(queries) == 2

    def test_keeps_what_it_knows_until_it_is_told_to_forget(self, book: PriceBook) -> None:
        table = a_table()
        published(table, row("chat", 1), moment=SPRING)
        known = book.table(table.pk)
        published(table, row("chat", 2), moment=SUMMER)

        assert book.table(table.pk) is known
        book.forget(table.pk)
        assert [version.number for version in book.table(table.pk).versions] == [1, 2]

    def test_reads_no_rates_again_when_a_version_is_added(self, book: PriceBook) -> None:
        table = a_table()
        published(table, row("chat", 1), moment=SPRING)
        book.table(table.pk).versions[0].rates()
        published(table, row("chat", 2), moment=SUMMER)
        book.forget(table.pk)

        with CaptureQueriesContext(connection) as queries:
            book.table(table.pk).versions[0].rates()

        assert len(queries) == 1

    def test_refuses_a_table_that_does_not_exist(self, book: PriceBook) -> None:
        with pytest.raises(LookupError):
            book.table(0)

    def test_remembers_nothing_that_may_be_rolled_back(self, book: PriceBook) -> None:
        table = a_table()
        draft = a_draft(table, [row("chat")])
        code = a_code("feature")
        with transaction.atomic():
            publishing.publish(version=draft)
            a_feature(code)
            assert book.table(table.pk).epoch == 1
            assert len(book.table(table.pk).versions[0].rates()) == 1
            assert book.feature(code) is not None
            transaction.set_rollback(True)

        assert book.table(table.pk).epoch == 0
        assert book.table(table.pk).versions == ()
        assert book.feature(code) is None


class TestTableNamed:
    def test_finds_a_table_by_its_code(self, book: PriceBook) -> None:
        table = a_table()

        named = book.table_named(table.code)

        assert named is not None
        assert named.table_id == table.pk
        assert book.table_named("no-such-table") is None


class TestCurrent:
    def test_notices_a_publication_by_another_process(self, book: PriceBook) -> None:
        table = a_table()
        published(table, row("chat", 1), moment=SPRING)
        book.table(table.pk)
        published(table, row("chat", 2), moment=SUMMER)

        assert book.current(table.pk).epoch == 2


class TestPricebook:
    def test_is_one_a_process_and_forgets_what_is_published(self) -> None:
        table = a_table()
        known = pricebook().table(table.pk)

        published(table, row("chat"))

        assert pricebook() is pricebook()
        assert known.epoch == 0
        assert pricebook().table(table.pk).epoch == 1

    def test_begins_anew_in_a_forked_child(self) -> None:
        mine = id(pricebook())

        child = os.fork()
        if child == 0:
            os._exit(0 if id(pricebook()) != mine and not pricebook()._tables else 1)

        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    def test_finds_one_of_sixteen_thousand_rates_in_microseconds(self, book: PriceBook) -> None:
        size = 16_000
        table = a_table()
        rows: list[RateRow] = [row("chat", 1, model=f"m{number}") for number in range(size)]
        published(table, *rows, row("*"), moment=SPRING)
        usage = {"model": f"m{size - 1}", "user": "u"}

        def found() -> CompiledRate | None:
            version = book.table(table.pk).at(SUMMER)
            return version.rate_for("chat", usage) if version else None

        rate = found()
        assert rate is not None
        assert rate.dimensions == {"model": usage["model"]}
        assert seconds_of(found) < 0.0002


class TestAnyVersion:
    def test_answers_a_draft_as_it_is_now(self) -> None:
        draft = a_draft(a_table(), [row("chat", 1)])
        first = any_version(draft.table_id, 1)
        drafting.replace_rates(draft=draft, rows=[row("chat", 2)], revision=None)

        second = any_version(draft.table_id, 1)

        assert first is not None
        assert second is not None
        assert [each.term.prices[0] for each in (*first.rates(), *second.rates())] == [1, 2]
        assert any_version(draft.table_id, 2) is None
