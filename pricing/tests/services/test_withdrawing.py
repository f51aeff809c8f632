"""Taking a scheduled version back: what holds then, who said so, and what is refused."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection

from pricing.errors import InstantInThePast, NotScheduled
from pricing.models import Epoch, RateTable, Refusal, Version, VersionState, Withdrawal
from pricing.queries.pricebook import PriceBook
from pricing.queries.versions import moment_of_the_database, version_before, version_in_force
from pricing.services import publishing
from pricing.tests.prices import (
    AUTUMN,
    DAY,
    INSTANT,
    SPRING,
    SUMMER,
    a_draft,
    a_person,
    a_table,
    published,
    row,
)

pytestmark = pytest.mark.django_db


def fresh(version: Version) -> Version:
    return Version.objects.get(pk=version.pk)


def spans(table: RateTable) -> list[tuple[datetime | None, datetime | None]]:
    return list(table.versions.order_by("number").values_list("effective_from", "effective_until"))


class TestWithdraw:
    def test_lets_the_version_before_it_go_on_for_good(self) -> None:
        table = a_table()
        spring = published(table, row("chat", 1), moment=SPRING)
        autumn = published(table, row("chat", 2), moment=SPRING + DAY, effective_from=AUTUMN)

        withdrawn = publishing.withdraw(version=autumn, moment=SUMMER)

        assert spans(table) == [(SPRING, None), (AUTUMN, AUTUMN)]
        assert withdrawn.state_at(SUMMER) == withdrawn.state_at(AUTUMN + DAY) == VersionState.WITHDRAWN
        assert version_in_force(table.pk, AUTUMN + DAY) == spring

    def test_lets_the_version_before_it_go_on_until_the_next(self) -> None:
        table = a_table()
        published(table, row("chat", 1), moment=SPRING)
        summer = published(table, row("chat", 2), moment=SPRING + DAY, effective_from=SUMMER)
        published(table, row("chat", 3), moment=SPRING + 2 * DAY, effective_from=AUTUMN)

        publishing.withdraw(version=summer, moment=SPRING + 3 * DAY)

        assert spans(table) == [(SPRING, AUTUMN), (SUMMER, SUMMER), (AUTUMN, None)]

    def test_leaves_no_price_where_there_was_none_before(self) -> None:
        table = a_table()
        first = published(table, row("chat", 1), moment=SPRING, effective_from=SUMMER)

        publishing.withdraw(version=first, moment=SPRING + DAY)

        assert version_in_force(table.pk, AUTUMN) is None
        assert spans(table) == [(SUMMER, SUMMER)]

    def test_keeps_who_when_and_why(self) -> None:
        mina, table = a_person(), a_table()
        later = published(table, row("chat"), moment=SPRING, effective_from=AUTUMN)

        publishing.withdraw(version=later, user=mina, reason="the deal is off", moment=SUMMER)

        told = Withdrawal.objects.get(version=later)
        assert (told.withdrawn_by, told.withdrawn_at, told.reason) == (mina, SUMMER, "the deal is off")
        written = later.history.first()
        assert (written.history_user, written.history_change_reason) == (mina, "the deal is off")
        assert written.effective_until == AUTUMN

    def test_stamps_the_moment_by_the_databases_clock(self) -> None:
        later = published(a_table(), row("chat"), effective_from=moment_of_the_database() + DAY)
        before = moment_of_the_database()

        publishing.withdraw(version=later)

        assert before < Withdrawal.objects.get(version=later).withdrawn_at < moment_of_the_database()

    def test_is_told_to_every_process_by_the_epoch(self) -> None:
        table = a_table()
        published(table, row("chat", 1), moment=SPRING)
        later = published(table, row("chat", 2), moment=SPRING, effective_from=SUMMER)
        book = PriceBook()

        publishing.withdraw(version=later, moment=SPRING + DAY)

        prices = book.table(table.pk)
        assert prices.epoch == Epoch.objects.get(table=table).epoch == 3
        assert [(version.number, version.holds_until) for version in prices.versions] == [(1, None)]
        version = prices.at(SUMMER)
        assert version is not None
        assert version.number == 1

    def test_frees_its_instant_for_another_version(self) -> None:
        table = a_table()
        spring = published(table, row("chat", 1), moment=SPRING)
        wrong = published(table, row("chat", 2), moment=SPRING + DAY, effective_from=SUMMER)
        publishing.withdraw(version=wrong, moment=SPRING + 2 * DAY)

        right = published(table, row("chat", 3), moment=SPRING + 3 * DAY, effective_from=SUMMER)

        assert fresh(spring).effective_until == SUMMER
        assert (fresh(wrong).effective_until, right.effective_until) == (SUMMER, None)
        assert version_before(right) == spring

    def test_is_no_end_for_what_is_published_later(self) -> None:
        table = a_table()
        published(table, row("chat", 1), moment=SPRING)
        autumn = published(table, row("chat", 2), moment=SPRING, effective_from=AUTUMN)
        publishing.withdraw(version=autumn, moment=SPRING + DAY)

        summer = published(table, row("chat", 3), moment=SUMMER)

        assert summer.effective_until is None

    def test_is_no_version_to_go_back_to(self) -> None:
        table = a_table()
        spring = published(table, row("chat", 1), moment=SPRING)
        withdrawn = published(table, row("chat", 2), moment=SPRING, effective_from=SUMMER)
        publishing.withdraw(version=withdrawn, moment=SPRING + DAY)
        live = published(table, row("chat", 3), moment=AUTUMN)

        again = publishing.undo(version=live, moment=AUTUMN + DAY)

        assert again.restores == spring

    @pytest.mark.parametrize("state", ["draft", "begun", "live", "superseded", "withdrawn"])
    def test_refuses_what_is_not_scheduled(self, state: str) -> None:
        table = a_table()
        old = published(table, row("chat", 1), moment=SPRING)
        live = published(table, row("chat", 2), moment=SUMMER)
        later = published(table, row("chat", 3), moment=SUMMER, effective_from=AUTUMN)
        if state == "withdrawn":
            publishing.withdraw(version=later, moment=SUMMER + DAY)
        chosen = {"draft": a_draft(table, [row("chat", 4)]), "live": live, "superseded": old}
        moment = AUTUMN if state == "begun" else SUMMER + 2 * DAY
        before = (spans(table), Epoch.objects.get(table=table).epoch, Withdrawal.objects.count())

        with pytest.raises(NotScheduled) as refusal:
            publishing.withdraw(version=chosen.get(state, later), moment=moment)

        assert (spans(table), Epoch.objects.get(table=table).epoch, Withdrawal.objects.count()) == before
        assert Refusal.objects.latest("pk").sentence == refusal.value.detail

    def test_can_be_done_until_the_instant_before_it_begins(self) -> None:
        later = published(a_table(), row("chat"), moment=SPRING, effective_from=SUMMER)

        publishing.withdraw(version=later, moment=SUMMER - INSTANT)

        assert fresh(later).is_withdrawn

    def test_answers_that_there_is_no_such_version(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM pricing_withdraw_v1(0, NULL, '')")

            assert cursor.fetchone() == ("unknown_version", None)


class TestPublishing:
    def test_into_the_past_is_refused_and_recorded(self) -> None:
        draft, mina = a_draft(a_table(), [row("chat")]), a_person()

        with pytest.raises(InstantInThePast):
            publishing.publish(version=draft, user=mina, effective_from=moment_of_the_database() - INSTANT)

        told = Refusal.objects.get()
        assert (told.verb, told.table, told.number, told.user) == ("publish", draft.table, 1, mina)
        assert (told.code, told.sentence) == ("instant_in_the_past", "A version starts now or later.")
        assert fresh(draft).is_draft
