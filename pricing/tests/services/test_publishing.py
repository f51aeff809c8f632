from __future__ import annotations

import pytest
from django.db import connection

from pricing.errors import (
    DraftChanged,
    InstantInThePast,
    NotADraft,
    NothingToUndo,
    OverlapsInTime,
    PublishRefused,
)
from pricing.models import Epoch, Version, VersionState
from pricing.queries.versions import draft_of, moment_of_the_database, rows_of
from pricing.services import drafting, publishing
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


class TestPublish:
    def test_stamps_the_instant_by_the_databases_clock(self) -> None:
        draft = a_draft(a_table(), [row("chat")])
        before = moment_of_the_database()

        version = publishing.publish(version=draft)

        after = moment_of_the_database()
        assert version.published_at is not None
        assert before < version.published_at < after
        assert version.effective_from == version.published_at
        assert version.effective_until is None

    def test_keeps_who_and_why(self) -> None:
        mina = a_person()

        version = published(a_table(), row("chat"), user=mina, reason="new models")

        assert (version.published_by, version.reason) == (mina, "new models")
        written = version.history.first()
        assert written.published_at == version.published_at
        assert (written.history_user, written.history_change_reason) == (mina, "new models")

    def test_ends_the_version_in_force_at_the_instant_the_next_one_starts(self) -> None:
        table = a_table()
        spring = published(table, row("chat", 1), moment=SPRING)

        summer = published(table, row("chat", 2), moment=SUMMER)

        assert fresh(spring).effective_until == summer.effective_from == SUMMER
        assert fresh(spring).state_at(SUMMER - INSTANT) == VersionState.LIVE
        assert fresh(spring).state_at(SUMMER) == VersionState.SUPERSEDED
        assert list(Version.objects.filter(table=table).in_force(SUMMER)) == [summer]

    def test_schedules_a_version_for_later(self) -> None:
        table = a_table()
        spring = published(table, row("chat", 1), moment=SPRING)

        autumn = published(table, row("chat", 2), moment=SPRING + DAY, effective_from=AUTUMN)

        assert autumn.state_at(SPRING + DAY) == VersionState.SCHEDULED
        assert fresh(spring).effective_until == AUTUMN
        assert autumn.published_at == SPRING + DAY

    def test_holds_until_the_version_that_is_scheduled_already(self) -> None:
        table = a_table()
        spring = published(table, row("chat", 1), moment=SPRING)
        autumn = published(table, row("chat", 2), moment=SPRING + DAY, effective_from=AUTUMN)

        summer = published(table, row("chat", 3), moment=SUMMER)

        assert (summer.effective_from, summer.effective_until) == (SUMMER, AUTUMN)
        assert fresh(spring).effective_until == SUMMER
        assert fresh(autumn).effective_until is None

    def test_raises_the_tables_epoch_and_no_others(self) -> None:
        table, other = a_table(), a_table()

        published(table, row("chat", 1), moment=SPRING)
        published(table, row("chat", 2), moment=SUMMER)

        assert Epoch.objects.get(table=table).epoch == 2
        assert Epoch.objects.get(table=other).epoch == 0

    def test_refuses_an_instant_in_the_past(self) -> None:
        draft = a_draft(a_table(), [row("chat")])

        with pytest.raises(InstantInThePast):
            publishing.publish(version=draft, effective_from=moment_of_the_database() - INSTANT)

        assert fresh(draft).is_draft

    def test_refuses_to_publish_before_what_is_published(self) -> None:
        table = a_table()
        published(table, row("chat"), moment=SUMMER)
        draft = a_draft(table, [row("chat", 2)])

        with pytest.raises(InstantInThePast):
            publishing.publish(version=draft, moment=SPRING)

    def test_refuses_two_versions_from_the_same_instant(self) -> None:
        table = a_table()
        published(table, row("chat", 1), moment=SPRING, effective_from=SUMMER)
        draft = a_draft(table, [row("chat", 2)])

        with pytest.raises(OverlapsInTime):
            publishing.publish(version=draft, moment=SPRING, effective_from=SUMMER)

        assert fresh(draft).is_draft
        assert Epoch.objects.get(table=table).epoch == 1

    def test_refuses_a_published_version(self) -> None:
        version = published(a_table(), row("chat"))

        with pytest.raises(NotADraft):
            publishing.publish(version=version)

        assert Epoch.objects.get(table=version.table).epoch == 1

    def test_refuses_a_draft_that_was_edited_after_it_was_looked_at(self) -> None:
        draft = a_draft(a_table(), [row("chat")])
        drafting.replace_rates(draft=draft, rows=[row("chat", 99)], revision=None)

        with pytest.raises(DraftChanged):
            publishing.publish(version=draft, revision=draft.revision)

        assert fresh(draft).is_draft

    def test_refuses_ties_and_names_the_row(self) -> None:
        draft = a_draft(a_table(), [row("chat", model="small"), row("chat", region="eu")])

        with pytest.raises(PublishRefused) as refusal:
            publishing.publish(version=draft)

        assert [error.pointer for error in refusal.value.errors] == ["/rates/1"]
        assert fresh(draft).is_draft

    def test_records_its_warnings(self) -> None:
        table = a_table()
        published(table, row("chat", 1), row("search", 1), moment=SPRING)

        version = published(table, row("chat", 9), moment=SUMMER)

        assert [(each["code"], each["feature"]) for each in version.warnings] == [
            ("left_without_rate", "search"),
            ("jump", "chat"),
        ]

    def test_compares_with_the_version_it_takes_over_from(self) -> None:
        table = a_table()
        published(table, row("chat", 1), moment=SPRING)
        published(table, row("chat", 9), moment=SPRING + DAY, effective_from=SUMMER)

        version = published(table, row("chat", 9), moment=SPRING + 2 * DAY, effective_from=AUTUMN)

        assert version.warnings == []


class TestUndo:
    def test_publishes_anew_what_was_in_force_before(self) -> None:
        table = a_table()
        spring = published(table, row("chat", 1), row("audio.*", 2, name="Audio"), moment=SPRING)
        summer = published(table, row("chat", 2), moment=SUMMER)

        again = publishing.undo(version=summer, moment=AUTUMN, reason="too dear")

        assert (again.number, again.restores, again.effective_from) == (3, spring, AUTUMN)
        assert rows_of(again) == rows_of(spring)
        assert fresh(summer).effective_until == AUTUMN
        assert again.reason == "too dear"

    def test_leaves_a_draft_as_it_is(self) -> None:
        table = a_table()
        published(table, row("chat", 1), moment=SPRING)
        summer = published(table, row("chat", 2), moment=SUMMER)
        draft = a_draft(table, [row("chat", 3)])

        again = publishing.undo(version=summer, moment=AUTUMN)

        assert (draft.number, again.number) == (3, 4)
        assert draft_of(table.pk) == draft
        assert rows_of(draft) == [row("chat", 3)]

    def test_can_be_undone(self) -> None:
        table = a_table()
        published(table, row("chat", 1), moment=SPRING)
        summer = published(table, row("chat", 2), moment=SUMMER)
        undone = publishing.undo(version=summer, moment=AUTUMN)

        redone = publishing.undo(version=undone, moment=AUTUMN + DAY)

        assert rows_of(redone) == [row("chat", 2)]

    def test_refuses_a_version_that_is_not_in_force(self) -> None:
        table = a_table()
        spring = published(table, row("chat", 1), moment=SPRING)
        published(table, row("chat", 2), moment=SUMMER)

        with pytest.raises(NothingToUndo):
            publishing.undo(version=spring, moment=AUTUMN)

        assert table.versions.count() == 2

    def test_refuses_the_first_version(self) -> None:
        version = published(a_table(), row("chat"), moment=SPRING)

        with pytest.raises(NothingToUndo):
            publishing.undo(version=version, moment=SUMMER)


class TestPublishFunction:
    def test_answers_that_there_is_no_such_draft(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM pricing_publish_v1(0, NULL, NULL, '', '[]', false)")

            assert cursor.fetchone() == ("unknown_version", None)
