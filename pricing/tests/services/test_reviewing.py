"""A second person: asking, deciding, and what voids an approval."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from config.kernel.errors import InvalidRequest
from pricing.errors import (
    DraftChanged,
    NotADraft,
    NothingToDecide,
    OwnWork,
    PublishRefused,
    ReviewExists,
    ReviewOutdated,
)
from pricing.models import Decision, Rate, Review, Version
from pricing.queries.reviews import ReviewState, content_of, inbox, standing_of
from pricing.queries.versions import moment_of_the_database
from pricing.services import drafting, publishing, reviewing
from pricing.tests.prices import (
    a_draft,
    a_draft_by,
    a_feature,
    a_person,
    a_table,
    row,
)

pytestmark = pytest.mark.django_db


def state(version: Version) -> ReviewState:
    return standing_of(version).state


class TestAsk:
    def test_keeps_who_when_and_what_the_draft_said(self, draft: Version, mina: User) -> None:
        before = moment_of_the_database()

        review = reviewing.ask(draft=draft, user=mina, note="Cheaper output")

        assert (review.version, review.table, review.number) == (draft, draft.table, 1)
        assert (review.asked_by, review.note, review.revision) == (mina, "Cheaper output", draft.revision)
        assert review.digest == content_of(draft.pk)
        assert before < review.asked_at < moment_of_the_database()
        assert state(draft) == ReviewState.IN_REVIEW

    def test_refuses_what_is_in_review_or_approved_already(
        self, draft: Version, review: Review, tom: User
    ) -> None:
        with pytest.raises(ReviewExists) as refusal:
            reviewing.ask(draft=draft)
        assert refusal.value.detail == "What the draft says is in review already."

        reviewing.approve(review=review, user=tom)
        with pytest.raises(ReviewExists) as refusal:
            reviewing.ask(draft=draft)
        assert refusal.value.detail == "What the draft says is approved already."
        assert Review.objects.count() == 1

    def test_asks_again_for_other_content_and_for_what_was_sent_back(
        self, draft: Version, review: Review, mina: User, tom: User
    ) -> None:
        reviewing.send_back(review=review, user=tom, reason="Too cheap")

        again = reviewing.ask(draft=draft, user=mina)

        assert again.digest == review.digest
        assert state(draft) == ReviewState.IN_REVIEW

    def test_refuses_what_could_not_be_published(self) -> None:
        tied = a_draft(a_table(), [row("chat", model="small"), row("chat", region="eu")])

        with pytest.raises(PublishRefused):
            reviewing.ask(draft=tied)

        assert not Review.objects.exists()

    def test_refuses_a_published_version_and_one_that_was_edited(self, draft: Version) -> None:
        with pytest.raises(DraftChanged):
            reviewing.ask(draft=draft, revision=draft.revision - 1)
        publishing.publish(version=draft)

        with pytest.raises(NotADraft):
            reviewing.ask(draft=draft)

        assert not Review.objects.exists()


class TestDecide:
    def test_keeps_who_when_and_why(self, draft: Version, review: Review, mina: User, tom: User) -> None:
        before = moment_of_the_database()

        decision = reviewing.approve(review=review, user=tom, reason="Agreed with sales")

        assert (decision.review, decision.asked_by, decision.decided_by) == (review, mina, tom)
        assert (decision.verdict, decision.reason) == ("approved", "Agreed with sales")
        assert before < decision.decided_at < moment_of_the_database()
        assert state(draft) == ReviewState.APPROVED

    def test_sends_back_with_a_reason(self, draft: Version, review: Review, tom: User) -> None:
        with pytest.raises(InvalidRequest):
            reviewing.send_back(review=review, user=tom, reason="")

        reviewing.send_back(review=review, user=tom, reason="Too cheap")

        assert standing_of(draft).sentence == f"{tom} sent it back: Too cheap"

    def test_is_not_for_who_asked(self, review: Review, mina: User) -> None:
        for decide in (reviewing.approve, reviewing.send_back):
            with pytest.raises(OwnWork) as refusal:
                decide(review=review, user=mina, reason="Mine is good")

        assert (
            refusal.value.detail
            == "Who opened or edited a draft does not decide on it: a second person does."
        )
        assert not Decision.objects.exists()

    def test_is_not_for_who_asked_for_what_others_wrote(self, draft: Version, tom: User) -> None:
        review = reviewing.ask(draft=draft, user=tom)

        with pytest.raises(OwnWork) as refusal:
            reviewing.approve(review=review, user=tom)

        assert refusal.value.detail == "Who asks for approval does not decide: a second person does."

    @pytest.mark.parametrize("deed", ["opened", "edited", "edited before others did"])
    def test_is_not_for_who_wrote_any_of_it(self, mina: User, tom: User, deed: str) -> None:
        a_feature("chat")
        draft = drafting.open_draft(table=a_table(), user=tom if deed == "opened" else mina)
        rows = [row("chat", 2)]
        if deed.startswith("edited"):
            drafting.replace_rates(draft=draft, rows=rows, revision=None, user=tom)
        drafting.replace_rates(draft=draft, rows=rows, revision=None, user=None if deed == "edited" else mina)
        review = reviewing.ask(draft=draft, user=mina)

        with pytest.raises(OwnWork):
            reviewing.approve(review=review, user=tom)

        assert not Decision.objects.exists()

    def test_is_for_who_wrote_another_draft_of_the_table(self, mina: User, tom: User) -> None:
        table = a_table()
        drafting.discard(draft=a_draft_by(tom, table), user=tom)
        draft = a_draft_by(mina, table)

        reviewing.approve(review=reviewing.ask(draft=draft, user=mina), user=tom)

        assert state(draft) == ReviewState.APPROVED

    def test_happens_once(self, review: Review, tom: User) -> None:
        reviewing.approve(review=review, user=tom)

        with pytest.raises(NothingToDecide) as refusal:
            reviewing.send_back(review=review, user=a_person("ana"), reason="No")

        assert refusal.value.detail == "Somebody has decided on it already."
        assert Decision.objects.get().verdict == "approved"

    def test_approves_nothing_that_was_edited_since(
        self, draft: Version, review: Review, mina: User, tom: User
    ) -> None:
        drafting.replace_rates(draft=draft, rows=[row("chat", 9)], revision=None, user=mina)

        with pytest.raises(ReviewOutdated):
            reviewing.approve(review=review, user=tom)

        assert state(draft) == ReviewState.OUTDATED
        assert not Decision.objects.exists()

    def test_approves_nothing_that_was_edited_behind_the_products_back(
        self, draft: Version, review: Review, tom: User
    ) -> None:
        Rate.objects.filter(version=draft).update(tokens=9)

        with pytest.raises(ReviewOutdated):
            reviewing.approve(review=review, user=tom)

    def test_is_about_the_latest_review(self, draft: Version, review: Review, mina: User, tom: User) -> None:
        drafting.replace_rates(draft=draft, rows=[row("chat", 9)], revision=None, user=mina)
        reviewing.ask(draft=draft, user=mina)
        drafting.replace_rates(draft=draft, rows=[row("chat", 2)], revision=None, user=mina)

        with pytest.raises(NothingToDecide) as refusal:
            reviewing.approve(review=review, user=tom)

        assert "asked for again" in refusal.value.detail

    def test_is_void_once_the_draft_is_published_or_thrown_away(self, mina: User, tom: User) -> None:
        kept, gone = a_draft_by(mina), a_draft_by(mina)
        reviews = [reviewing.ask(draft=each, user=mina) for each in (kept, gone)]
        publishing.publish(version=kept)
        drafting.discard(draft=gone, user=mina)

        for review in reviews:
            with pytest.raises(NothingToDecide):
                reviewing.approve(review=review, user=tom)

        assert Review.objects.count() == 2


class TestApproval:
    @pytest.fixture(autouse=True)
    def _approved(self, review: Review, tom: User) -> None:
        reviewing.approve(review=review, user=tom)

    def test_is_void_after_an_edit_and_says_so(self, draft: Version, mina: User, tom: User) -> None:
        drafting.replace_rates(draft=draft, rows=[row("chat", 9)], revision=None, user=mina)

        standing = standing_of(draft)

        assert standing.state == ReviewState.OUTDATED
        assert standing.sentence == (
            f"It was edited after {tom} approved it, which no longer counts. Ask for approval again."
        )

    def test_stands_where_the_same_rates_are_saved_again_in_any_order(self, mina: User, tom: User) -> None:
        rows = [row("chat", 2), row("audio.*", 3, name="Audio")]
        draft = a_draft(a_table(), rows)
        reviewing.approve(review=reviewing.ask(draft=draft, user=mina), user=tom)

        drafting.replace_rates(draft=draft, rows=rows[::-1], revision=None, user=mina)

        assert state(draft) == ReviewState.APPROVED

    @pytest.mark.parametrize(
        "change",
        [
            {"tokens": Decimal("2.000000000001")},
            {"per": 2},
            {"minimum": Decimal("0.000001")},
            {"rounding": "up"},
            {"dimensions": {"model": "small"}},
            {"cost": Decimal(1)},
            {"cost_currency": "USD"},
        ],
    )
    def test_is_of_every_field_of_a_rate(self, draft: Version, change: dict[str, Any]) -> None:
        Rate.objects.filter(version=draft).update(**change)

        assert state(draft) == ReviewState.OUTDATED

    def test_is_of_each_row(self, draft: Version, mina: User) -> None:
        drafting.replace_rates(draft=draft, rows=[], revision=None, user=mina)

        assert state(draft) == ReviewState.OUTDATED


class TestInbox:
    def test_tells_what_waits_for_whom(self, draft: Version, review: Review, mina: User, tom: User) -> None:
        for_tom, for_mina = inbox(tom), inbox(mina)

        assert [each.review for each in for_tom.waiting] == [review]
        assert (for_tom.others, for_tom.asked) == ([], [])
        assert (for_mina.waiting, [each.review for each in for_mina.others]) == ([], [review])
        assert [(each.review, each.state) for each in for_mina.asked] == [(review, ReviewState.IN_REVIEW)]

    def test_forgets_what_was_edited_decided_or_thrown_away(self, mina: User, tom: User) -> None:
        edited, decided, gone = (a_draft_by(mina) for _ in range(3))
        reviews = {each.pk: reviewing.ask(draft=each, user=mina) for each in (edited, decided, gone)}
        drafting.replace_rates(draft=edited, rows=[row("chat", 7)], revision=None, user=mina)
        reviewing.send_back(review=reviews[decided.pk], user=tom, reason="No")
        gone_pk = gone.pk
        drafting.discard(draft=gone, user=mina)

        told = inbox(tom)

        assert (told.waiting, told.others) == ([], [])
        assert [each for each in told.decided if each.pk in {r.pk for r in reviews.values()}] == [
            reviews[decided.pk]
        ]
        asked = {each.review: each.state for each in inbox(mina).asked}
        assert asked == {
            reviews[edited.pk]: ReviewState.OUTDATED,
            reviews[decided.pk]: ReviewState.RETURNED,
        }
        assert Review.objects.filter(version_id=gone_pk).exists()
