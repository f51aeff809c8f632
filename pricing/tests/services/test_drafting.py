from __future__ import annotations

import pytest

from config.kernel.errors import InvalidRequest, UnknownFeature
from pricing.errors import DraftChanged, DraftExists, NotADraft, UnknownVersion
from pricing.models import Version
from pricing.queries.versions import rows_of
from pricing.services import drafting
from pricing.tests.prices import a_draft, a_person, a_table, published, row

pytestmark = pytest.mark.django_db


class TestOpenDraft:
    def test_begins_empty_under_the_first_number(self) -> None:
        table, mina = a_table(), a_person()

        draft = drafting.open_draft(table=table, user=mina, reason="a first list")

        assert (draft.number, draft.revision, draft.published_at) == (1, 0, None)
        assert rows_of(draft) == []
        written = draft.history.get()
        assert (written.history_user, written.history_change_reason) == (mina, "a first list")

    def test_refuses_a_second_draft_of_a_table(self) -> None:
        draft = drafting.open_draft(table=a_table())

        with pytest.raises(DraftExists) as refusal:
            drafting.open_draft(table=draft.table)

        assert refusal.value.extras == {"version": 1}
        assert draft.table.versions.count() == 1


class TestDraftFrom:
    def test_begins_with_the_rates_of_a_version_in_their_order(self) -> None:
        rows = [row("chat", 2), row("audio.*", 3, product="voice", name="Audio", unit="minute")]
        first = published(a_table(), *rows)

        draft = drafting.draft_from(version=first)

        assert (draft.number, draft.based_on) == (2, first)
        assert rows_of(draft) == rows


class TestReplaceRates:
    def test_lets_the_draft_say_these_rows_and_nothing_else(self) -> None:
        draft = a_draft(a_table(), [row("chat"), row("search")])

        changed = drafting.replace_rates(draft=draft, rows=[row("search", 2)], revision=draft.revision)

        assert changed.revision == draft.revision + 1
        assert rows_of(draft) == [row("search", 2)]

    def test_refuses_a_stale_save_and_names_who_edited_meanwhile(self) -> None:
        draft, mina = a_draft(a_table(), [row("chat")]), a_person("mina")
        seen = draft.revision
        drafting.replace_rates(draft=draft, rows=[row("chat", 2)], revision=seen, user=mina)

        with pytest.raises(DraftChanged) as refusal:
            drafting.replace_rates(draft=draft, rows=[row("chat", 3)], revision=seen)

        assert refusal.value.extras == {"revision": seen + 1, "edited_by": mina.username}
        assert rows_of(draft) == [row("chat", 2)]

    def test_refuses_a_published_version(self) -> None:
        version = published(a_table(), row("chat"))

        with pytest.raises(NotADraft):
            drafting.replace_rates(draft=version, rows=[], revision=None)

        assert rows_of(version) == [row("chat")]

    def test_refuses_what_no_version_may_carry_and_names_the_row(self) -> None:
        draft = a_draft(a_table(), [row("chat")])

        with pytest.raises(InvalidRequest) as refusal:
            drafting.replace_rates(draft=draft, rows=[row("chat"), row("search", -1)], revision=None)

        assert [error.pointer for error in refusal.value.errors] == ["/rates/1/tokens"]
        assert rows_of(draft) == [row("chat")]

    def test_refuses_a_feature_that_does_not_exist(self) -> None:
        draft = a_draft(a_table(), [])

        with pytest.raises(UnknownFeature):
            drafting.replace_rates(draft=draft, rows=[row("no-such-feature")], revision=None)

    def test_refuses_one_row_twice(self) -> None:
        draft = a_draft(a_table(), [row("chat")])

        with pytest.raises(InvalidRequest):
            drafting.replace_rates(draft=draft, rows=[row("chat"), row("chat", 2)], revision=None)


class TestDiscard:
    def test_throws_the_draft_away(self) -> None:
        draft = a_draft(a_table(), [row("chat")])

        drafting.discard(draft=draft)

        assert not draft.table.versions.exists()

    def test_refuses_a_published_version_and_one_that_is_gone(self) -> None:
        version, draft = published(a_table(), row("chat")), a_draft(a_table(), [])
        drafting.discard(draft=draft)

        with pytest.raises(NotADraft):
            drafting.discard(draft=version)
        with pytest.raises(UnknownVersion):
            drafting.discard(draft=Version(pk=2**40))
