"""What publishing refuses without a second person, what undoing needs, and which refusals are kept."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.kernel.errors import InvalidRequest
from pricing.errors import (
    DraftChanged,
    NotADraft,
    OwnWork,
    ReviewNeeded,
)
from pricing.models import Epoch, Refusal, Review, ReviewRule, Version
from pricing.queries.versions import rows_of
from pricing.services import drafting, publishing, reviewing
from pricing.tests.prices import (
    DAY,
    SPRING,
    SUMMER,
    a_draft,
    a_draft_by,
    a_rule,
    a_table,
    published,
    row,
)

pytestmark = pytest.mark.django_db


class TestPublish:
    def test_needs_nobody_without_a_rule(self, draft: Version) -> None:
        version = publishing.publish(version=draft)

        assert (version.needs_review, version.review) == (False, None)

    def test_is_refused_and_recorded_where_a_rule_asks_for_a_second_person(
        self, draft: Version, mina: User
    ) -> None:
        a_rule("sensitive", table=draft.table)

        with pytest.raises(ReviewNeeded) as refusal:
            publishing.publish(version=draft, user=mina)

        assert refusal.value.detail == "v1 needs a second person. Ask for approval first."
        assert [each.detail for each in refusal.value.errors] == [
            "Whatever changes in this table needs a second person."
        ]
        assert Version.objects.get(pk=draft.pk).is_draft
        assert Epoch.objects.get(table=draft.table).epoch == 0
        told = Refusal.objects.get()
        assert (told.verb, told.user, told.code) == ("publish", mina, "review_needed")
        assert told.sentence == refusal.value.detail

    def test_is_done_by_anybody_once_a_second_person_approved(
        self, draft: Version, mina: User, tom: User
    ) -> None:
        a_rule("sensitive")
        review = reviewing.ask(draft=draft, user=mina)
        with pytest.raises(ReviewNeeded, match=f"waits for somebody other than {mina}"):
            publishing.publish(version=draft, user=mina)
        reviewing.approve(review=review, user=tom)

        version = publishing.publish(version=draft, user=mina)

        assert (version.needs_review, version.review) == (True, review)
        assert version.warnings == [
            {
                "code": "review_sensitive",
                "feature": "",
                "detail": "Whatever changes in this table needs a second person. A second person approved it.",
            }
        ]

    def test_is_refused_after_an_edit_of_what_was_approved(
        self, draft: Version, mina: User, tom: User
    ) -> None:
        a_rule("sensitive")
        reviewing.approve(review=reviewing.ask(draft=draft, user=mina), user=tom)
        drafting.replace_rates(draft=draft, rows=[row("chat", 3)], revision=None, user=mina)

        with pytest.raises(ReviewNeeded) as refusal:
            publishing.publish(version=draft)

        assert refusal.value.detail == (
            f"v1 needs a second person. It was edited after {tom} approved it, which no longer counts. "
            "Ask for approval again."
        )
        assert refusal.value.extras == {"review": "outdated"}

    def test_makes_the_digest_of_what_it_says_once_where_it_is_refused(
        self, draft: Version, mina: User
    ) -> None:
        a_rule("sensitive")
        reviewing.ask(draft=draft, user=mina)

        with CaptureQueriesContext(connection) as queries, pytest.raises(ReviewNeeded):
            publishing.publish(version=draft, user=mina)

        assert len([each for each in queries if "pricing_content_v1" in each["sql"]]) == 1

    def test_needs_nobody_for_a_table_that_no_active_rule_is_about(self) -> None:
        table, other = a_table(), a_table()
        a_rule("sensitive", table=other)
        ReviewRule.objects.create(kind="sensitive", is_active=False)

        assert published(table, row("chat")).needs_review is False

    def test_asks_by_what_a_price_was_in_force_when_it_would_begin(self, mina: User) -> None:
        table = a_table()
        published(table, row("chat", 1), moment=SPRING)
        published(table, row("chat", 9), moment=SPRING + DAY, effective_from=SUMMER)
        a_rule("jump", "50")
        draft = a_draft_by(mina, table, 8)

        with pytest.raises(ReviewNeeded) as refusal:
            publishing.publish(version=draft, moment=SPRING + 2 * DAY)
        later = publishing.publish(version=draft, moment=SPRING + 2 * DAY, effective_from=SUMMER + DAY)

        assert [each.detail for each in refusal.value.errors] == [
            "chat goes from 1 to 8 tokens a unit, more than 50 %."
        ]
        assert later.needs_review is False

    def test_is_refused_where_a_margin_asked_for_is_not_reckoned(self) -> None:
        a_rule("margin", "30")
        draft = a_draft(a_table(), [row("chat", 1, cost="0.1")])

        with pytest.raises(ReviewNeeded):
            publishing.publish(version=draft)

        assert Version.objects.get(pk=draft.pk).is_draft

    def test_refuses_the_past_before_it_asks_for_anybody(self, draft: Version) -> None:
        a_rule("sensitive")

        with pytest.raises(Exception, match="A version starts now or later"):
            publishing.publish(version=draft, effective_from=SPRING)


class TestUndo:
    def test_needs_no_second_person_and_keeps_what_the_rules_said(self, mina: User) -> None:
        table = a_table()
        published(table, row("chat", 1), moment=SPRING)
        live = published(table, row("chat", 9), moment=SUMMER)
        a_rule("sensitive")
        a_rule("jump", "50")

        again = publishing.undo(version=live, user=mina, moment=SUMMER + DAY)

        assert (again.needs_review, again.review) == (False, None)
        assert [each["detail"] for each in again.warnings] == [
            "chat goes from 9 to 1 tokens a unit.",
            "Whatever changes in this table needs a second person. No second person: it was in force before.",
            "chat goes from 9 to 1 tokens a unit, more than 50 %. No second person: it was in force before.",
        ]


class TestRefusals:
    def test_keep_an_edit_against_a_stale_revision_with_both_names(
        self, draft: Version, mina: User, tom: User
    ) -> None:
        with pytest.raises(DraftChanged):
            drafting.replace_rates(draft=draft, rows=[row("chat", 5)], revision=0, user=tom)

        told = Refusal.objects.get()
        assert (told.verb, told.user, told.code) == ("edit", tom, "draft_changed")
        assert told.sentence == f"{mina} edited v1 meanwhile; look at it again."
        assert rows_of(draft) == [row("chat", 2)]

    def test_keep_an_edit_of_a_published_version(self, draft: Version, tom: User) -> None:
        version = publishing.publish(version=draft)

        with pytest.raises(NotADraft):
            drafting.replace_rates(draft=version, rows=[], revision=None, user=tom)

        assert (Refusal.objects.get().verb, Refusal.objects.get().user) == ("edit", tom)
        assert rows_of(version) == [row("chat", 2)]

    def test_keep_the_author_who_would_approve(self, review: Review, mina: User) -> None:
        with pytest.raises(OwnWork):
            reviewing.approve(review=review, user=mina)

        told = Refusal.objects.get()
        assert (told.verb, told.user, told.code, told.number) == ("decide", mina, "own_work", 1)

    def test_do_not_keep_cells_that_were_mistyped(self, draft: Version, mina: User) -> None:
        with pytest.raises(InvalidRequest):
            drafting.replace_rates(draft=draft, rows=[row("chat", -1)], revision=None, user=mina)

        assert not Refusal.objects.exists()
