"""Publishing, undoing and withdrawing at the desks where a second person may be needed, and what forgeries get."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from billing.tests.desks.people import said, text_of
from billing.tests.desks.versions import cells, page_of
from pricing.models import Rate, Refusal, Review, ReviewRule, Version
from pricing.queries.reviews import ReviewState, standing_of
from pricing.services import publishing, reviewing
from usage.tests.made import Shop, clock

pytestmark = pytest.mark.django_db


def publishing_of(draft: Version) -> dict[str, Any]:
    return {"when": "now", "reason": "Winter prices", "revision": draft.revision}


class TestPublish:
    def test_is_offered_only_once_a_second_person_approved(
        self, packaging: Client, finance: Client, draft: Version, rule: ReviewRule, author: User
    ) -> None:
        before = text_of(packaging.get(f"{page_of(draft)}publish/"))
        review = reviewing.ask(draft=draft, user=author)
        finance.post(f"{page_of(draft)}decide/", {"verdict": "approve", "review": review.pk})
        after = text_of(packaging.get(f"{page_of(draft)}publish/"))
        response = packaging.post(f"{page_of(draft)}publish/", publishing_of(draft))

        assert "goes from 1 to 2 tokens a unit, more than 20 %." in before
        assert "Ask for approval first." in before
        assert "data-sentence" not in before
        assert "finance approved it." in after
        assert "Publish v2 for" in after
        assert "is in force" in said(response)
        published = Version.objects.get(pk=draft.pk)
        assert (published.needs_review, published.review) == (True, review)

    def test_refuses_a_forged_request_and_keeps_it(
        self, packaging: Client, author: User, draft: Version, rule: ReviewRule
    ) -> None:
        response = packaging.post(f"{page_of(draft)}publish/", publishing_of(draft))

        assert "v2 needs a second person. Ask for approval first." in text_of(response)
        assert Version.objects.get(pk=draft.pk).is_draft
        assert (Refusal.objects.get().verb, Refusal.objects.get().user) == ("publish", author)

    def test_says_that_an_edit_made_the_approval_void(
        self, packaging: Client, finance: Client, shop: Shop, draft: Version, review: Review, rule: ReviewRule
    ) -> None:
        finance.post(f"{page_of(draft)}decide/", {"verdict": "approve", "review": review.pk})
        row = {"feature": shop.chat, "tokens": "7", "rounding": "half_up"}
        packaging.post(f"{page_of(draft)}change/", cells(draft, row))
        draft.refresh_from_db()

        sentence = "It was edited after finance approved it, which no longer counts. Ask for approval again."
        assert sentence in text_of(packaging.get(f"{page_of(draft)}change/"))
        assert sentence in text_of(packaging.get(f"{page_of(draft)}publish/"))
        assert sentence in text_of(packaging.post(f"{page_of(draft)}publish/", publishing_of(draft)))
        assert Version.objects.get(pk=draft.pk).is_draft

    def test_into_the_past_is_refused_and_kept(self, packaging: Client, draft: Version) -> None:
        sent = {**publishing_of(draft), "when": "at", "effective_from": "2020-12-01T00:00"}

        packaging.post(f"{page_of(draft)}publish/", sent)

        assert Refusal.objects.get().code == "instant_in_the_past"


class TestUndo:
    def test_is_one_step_where_rules_ask_for_a_second_person(
        self, packaging: Client, shop: Shop, draft: Version
    ) -> None:
        publishing.publish(version=draft)
        ReviewRule.objects.create(kind="sensitive", table=shop.table)

        page = text_of(packaging.get(f"{page_of(draft)}undo/"))
        packaging.post(f"{page_of(draft)}undo/", {"reason": "Too dear"})

        assert "No second person is needed" in page
        assert shop.table.versions.get(number=3).restores == shop.table.versions.get(number=1)


class TestWithdraw:
    @pytest.fixture
    def later(self, draft: Version) -> Version:
        return publishing.publish(version=draft, effective_from=clock() + timedelta(days=9))

    def test_takes_a_scheduled_version_back(self, packaging: Client, shop: Shop, later: Version) -> None:
        assert "Withdraw …" in text_of(packaging.get(f"{page_of(later)}change/"))
        page = text_of(packaging.get(f"{page_of(later)}withdraw/"))
        packaging.post(f"{page_of(later)}withdraw/", {"reason": "The deal is off"})

        assert "v1 goes on until another version takes over." in page
        after = text_of(packaging.get(f"{page_of(later)}change/"))
        assert "packaging withdrew it" in after
        assert "“The deal is off”" in after
        assert shop.table.versions.get(number=1).effective_until is None

    def test_refuses_what_has_begun(self, packaging: Client, shop: Shop) -> None:
        live = shop.table.versions.get()

        response = packaging.post(f"{page_of(live)}withdraw/", {"reason": "Too dear"})

        assert "What has begun is undone, not withdrawn." in text_of(response)
        assert Refusal.objects.get().verb == "withdraw"
        assert not Version.objects.get(pk=live.pk).is_withdrawn

    def test_is_not_for_who_may_not_publish(self, finance: Client, later: Version) -> None:
        assert finance.post(f"{page_of(later)}withdraw/", {"reason": "No"}).status_code == 403
        assert not Version.objects.get(pk=later.pk).is_withdrawn


class TestPublishedRows:
    """What would change a published price is refused with a sentence, and kept."""

    @pytest.fixture
    def live(self, shop: Shop) -> Version:
        return shop.table.versions.get()

    @pytest.fixture(autouse=True)
    def _unchanged(self, live: Version) -> Any:
        before = list(Rate.objects.filter(version=live).values())
        yield
        assert list(Rate.objects.filter(version=live).values()) == before

    def test_by_a_forged_grid(self, packaging: Client, shop: Shop, live: Version) -> None:
        packaging.post(f"{page_of(live)}change/", cells(live, {"feature": shop.chat, "tokens": "9"}))

        told = Refusal.objects.get()
        assert (told.verb, told.code) == ("edit", "not_a_draft")
        assert told.sentence == "v1 is published and never changes; make a new draft from it."

    def test_by_a_bulk_action(self, packaging: Client, live: Version) -> None:
        sent = {"action": "delete_selected", "_selected_action": [live.pk], "post": "yes"}
        response = packaging.post("/admin/pricing/version/", sent)

        sentence = "Versions are not changed in bulk: a published one never changes, a draft has its page."
        assert said(response) == sentence
        assert Refusal.objects.get().sentence == sentence

    def test_by_a_history_revert(self, packaging: Client, live: Version) -> None:
        record = Version.history.filter(id=live.pk).earliest()
        response = packaging.post(f"{page_of(live)}history/{record.history_id}/", {"note": "rewritten"})

        assert response.status_code == 403
        assert "v1 is not changed from its history; make a new draft from it." in text_of(response)
        assert Refusal.objects.get().verb == "revert"

    def test_by_two_managers_of_one_draft(
        self, packaging: Client, shop: Shop, draft: Version, finance: Client
    ) -> None:
        other = User.objects.create_superuser("other")
        client = Client()
        client.force_login(other)
        row = {"feature": shop.chat, "tokens": "7", "rounding": "half_up"}

        packaging.post(f"{page_of(draft)}change/", cells(draft, row))
        response = client.post(f"{page_of(draft)}change/", cells(draft, {**row, "tokens": "8"}))

        assert "packaging edited v2 meanwhile" in said(response)
        assert [rate.tokens for rate in Rate.objects.filter(version=draft)] == [7]
        told = Refusal.objects.get()
        assert (told.verb, told.user, told.code) == ("edit", other, "draft_changed")
        assert standing_of(draft).state == ReviewState.NONE
