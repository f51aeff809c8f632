"""The default table: the first one there is, changed from an instant on, never crossed by a debit."""

from datetime import timedelta
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
from django.db import connection

from config.kernel.errors import NoRate
from pricing.models import Epoch
from pricing.services import catalogue
from usage.models import DefaultTerms
from usage.queries.terms import default_table, table_at
from usage.rules.enrolment import Enrolment
from usage.services import terms
from usage.services.authors import Author
from usage.services.terms import Enrolled
from usage.tests.made import (
    AUTHOR,
    DAY,
    HOUR,
    UNLIMITED,
    Shop,
    a_grant,
    an_account,
    clock,
    named,
    together,
)

INSTANT = timedelta(microseconds=1)


@pytest.fixture
def no_default_yet(owner_db: None) -> None:
    """A house without a default table, whatever tests that commit have left: only the owner can take one away."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE usage_defaultterms DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM usage_defaultterms")
        cursor.execute("ALTER TABLE usage_defaultterms ENABLE TRIGGER USER")


def enrol(reference: str, author: Author = AUTHOR, now: Any = None, **asked: Any) -> Enrolled:
    return terms.enrol(reference=reference, asked=Enrolment(**asked), author=author, now=now)


@pytest.mark.usefixtures("no_default_yet")
class TestDefaultTable:
    def test_is_the_first_table_there_is_for_all_the_past(self) -> None:
        first, second = (catalogue.create_table(code=named("table"), token="AIT") for _ in range(2))

        adopted = [terms.adopt_first_table(each.pk) for each in (first, second)]

        assert adopted == [True, False]
        assert default_table(clock() - 400 * DAY) == first

    def test_changes_from_now_on(self) -> None:
        now = clock()
        first, second = (catalogue.create_table(code=named("table"), token="AIT") for _ in range(2))
        terms.adopt_first_table(first.pk)

        assert terms.set_default(table_id=second.pk, set_by="mina", reason="New prices.", now=now - HOUR)

        assert default_table(now - HOUR - INSTANT) == first
        assert default_table(now - HOUR) == second
        row = DefaultTerms.objects.get(table=second)
        assert (row.set_by, row.reason, row.recorded_at) == ("mina", "New prices.", now - HOUR)

    def test_stays_where_it_is_set_again(self) -> None:
        first = catalogue.create_table(code=named("table"), token="AIT")
        terms.adopt_first_table(first.pk)

        assert not terms.set_default(table_id=first.pk)
        assert DefaultTerms.objects.count() == 1

    def test_outdates_the_prices_of_the_table_before(self) -> None:
        first, second = (catalogue.create_table(code=named("table"), token="AIT") for _ in range(2))
        terms.adopt_first_table(first.pk)
        before = [Epoch.objects.get(table=each).epoch for each in (first, second)]

        terms.set_default(table_id=second.pk)

        assert [Epoch.objects.get(table=each).epoch for each in (first, second)] == [before[0] + 1, before[1]]

    def test_is_what_an_account_without_a_table_pays_by(self) -> None:
        shop, now = Shop(), clock()
        usual = shop.a_table(tokens="2")
        terms.adopt_first_table(usual.pk)
        account = shop.an_account(now - 20 * DAY)

        answer = enrol(account.reference, now=now - 4 * DAY, rate_table=None).answer

        assert answer["rate_table"] is None
        assert table_at(account.pk, now - 4 * DAY - INSTANT) == shop.table
        assert table_at(account.pk, now - 4 * DAY) == usual

    def test_prices_an_account_without_terms(self) -> None:
        shop, now = Shop(), clock()
        account = an_account(now - 30 * DAY)
        a_grant(account, now=now - 30 * DAY)
        with pytest.raises(NoRate):
            shop.debit(account, "1")

        terms.adopt_first_table(shop.table.pk)
        dearer = shop.a_table(tokens="3")
        terms.set_default(table_id=dearer.pk, now=now - DAY)

        tokens = [shop.debit(account, "1", at=at).tokens for at in (now - 2 * DAY, now - HOUR)]
        assert tokens == [1, 3]


@pytest.mark.committed
class TestRace:
    def test_no_debit_is_at_the_old_default_after_a_change_was_answered(self) -> None:
        shop = Shop()
        tables = [(shop.table, 1), (shop.a_table(tokens="3"), 3)]
        terms.set_default(table_id=shop.table.pk)
        account = an_account(policy=UNLIMITED)
        steps, is_over = [0], Event()  # the last step is odd while a change is under way
        charged: list[tuple[int, Decimal]] = []

        def spend() -> None:
            while not is_over.is_set():
                before = steps[-1]
                tokens = shop.debit(account, "1").tokens
                if before == steps[-1] and before % 2 == 0:
                    charged.append((before, tokens))

        def switch() -> None:
            for step in range(1, 17, 2):
                steps.append(step)
                terms.set_default(table_id=tables[(step + 1) // 2 % 2][0].pk)
                steps.append(step + 1)
                charged.append((step + 1, shop.debit(account, "1").tokens))
            is_over.set()

        together([spend, spend, switch])

        assert len(charged) >= 8
        assert not [(step, tokens) for step, tokens in charged if tokens != tables[step // 2 % 2][1]]
