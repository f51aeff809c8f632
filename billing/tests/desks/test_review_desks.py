"""Second persons at their desks: asking, deciding, and the rules that need them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from billing.tests.desks.people import at_the_desk_of, said, text_of
from billing.tests.desks.versions import page_of
from pricing.models import Decision, Refusal, Review, ReviewRule, Version
from pricing.services import drafting, reviewing
from usage.tests.made import DAY, Shop, clock
from usage.tests.rehearsed import rehearsed

pytestmark = pytest.mark.django_db


class TestAsk:
    def test_puts_the_draft_before_a_second_person(
        self, packaging: Client, draft: Version, author: User
    ) -> None:
        packaging.post(f"{page_of(draft)}ask/", {"note": "Winter prices", "revision": draft.revision})

        review = Review.objects.get()
        assert (review.version, review.asked_by, review.note) == (draft, author, "Winter prices")
        assert "packaging asked for approval" in text_of(packaging.get(f"{page_of(draft)}change/"))

    def test_refuses_a_draft_that_changed_since_the_page_was_shown(
        self, packaging: Client, draft: Version
    ) -> None:
        response = packaging.post(f"{page_of(draft)}ask/", {"note": "", "revision": draft.revision - 1})

        assert "meanwhile" in response.context["form"].non_field_errors()[0]
        assert not Review.objects.exists()

    def test_is_shown_where_it_waits(self, packaging: Client, finance: Client, review: Review) -> None:
        for_finance = text_of(finance.get("/admin/pricing/review/"))
        for_packaging = text_of(packaging.get("/admin/pricing/review/"))

        assert "Winter prices" in for_finance
        assert "Decide …" in for_finance
        assert "No draft of prices waits for you." in for_packaging
        assert "It waits for somebody other than packaging to approve it." in for_packaging


class TestHome:
    def test_shows_drafts_that_wait_first(self, packaging: Client, shop: Shop, review: Review) -> None:
        shop.an_account()

        page = text_of(packaging.get("/admin/"))

        assert "1 price draft waits for approval." in page
        assert "asked by packaging" in page


class TestDecide:
    def test_shows_what_the_draft_would_do_to_customers(
        self, packaging: Client, finance: Client, draft: Version, review: Review
    ) -> None:
        unrehearsed = text_of(finance.get(f"{page_of(draft)}decide/"))
        rehearsed(draft, since=clock() - 10 * DAY, until=clock())

        page = text_of(finance.get(f"{page_of(draft)}decide/"))

        assert "The draft as it is was not rehearsed on recorded usage." in unrehearsed
        assert "What it does to customers" in page
        assert "rehearsed just now" in page

    def test_lets_another_group_approve(self, finance: Client, draft: Version, review: Review) -> None:
        page = text_of(finance.get(f"{page_of(draft)}decide/"))
        response = finance.post(
            f"{page_of(draft)}decide/", {"verdict": "approve", "review": review.pk, "reason": "Agreed"}
        )

        assert "packaging says" in page
        assert said(response) == "v2 is approved and can be published as it stands."
        decision = Decision.objects.get()
        assert (decision.decided_by.get_username(), decision.verdict, decision.reason) == (
            "finance",
            "approved",
            "Agreed",
        )

    def test_sends_back_with_a_reason(
        self, finance: Client, packaging: Client, draft: Version, review: Review
    ) -> None:
        address, sent = f"{page_of(draft)}decide/", {"verdict": "return", "review": review.pk}
        without = finance.post(address, sent)
        finance.post(address, {**sent, "reason": "Too dear"})

        assert without.context["form"].errors["reason"] == ["Say why it is sent back."]
        assert Decision.objects.get().reason == "Too dear"
        assert "finance sent it back" in text_of(packaging.get(f"{page_of(draft)}change/"))

    def test_shows_the_author_no_button(self, packaging: Client, draft: Version, review: Review) -> None:
        page = text_of(packaging.get(f"{page_of(draft)}decide/"))

        assert "somebody else decides on it" in page
        assert "Approve v2" not in page

    def test_refuses_the_author_who_forges_the_request(
        self, packaging: Client, author: User, draft: Version, review: Review
    ) -> None:
        response = packaging.post(f"{page_of(draft)}decide/", {"verdict": "approve", "review": review.pk})

        sentence = "Who opened or edited a draft does not decide on it: a second person does."
        assert sentence in text_of(response)
        assert not Decision.objects.exists()
        told = Refusal.objects.get()
        assert (told.verb, told.user, told.sentence) == ("decide", author, sentence)
        assert sentence in text_of(packaging.get("/admin/pricing/refusal/"))

    @pytest.mark.parametrize("group", ["Sales", "Support", "Auditor"])
    def test_is_not_for_other_groups(self, draft: Version, review: Review, group: str) -> None:
        client = at_the_desk_of(group)

        response = client.post(f"{page_of(draft)}decide/", {"verdict": "approve", "review": review.pk})

        assert response.status_code == 403
        assert not Decision.objects.exists()

    def test_refuses_a_review_of_another_draft_and_an_unknown_verdict(
        self, finance: Client, draft: Version, review: Review, author: User
    ) -> None:
        other = drafting.draft_from(version=Shop().table.versions.get(), user=author)
        foreign = reviewing.ask(draft=other, user=author)

        lost = finance.post(f"{page_of(draft)}decide/", {"verdict": "approve", "review": foreign.pk})
        vague = finance.post(f"{page_of(draft)}decide/", {"review": review.pk})

        assert (lost.status_code, vague.status_code) == (404, 200)
        assert not Decision.objects.exists()


class TestRules:
    def test_are_kept_by_finance_with_who_and_why(self, finance: Client, shop: Shop) -> None:
        sent = {"kind": "jump", "share": "20", "table": "", "is_active": "on", "change_reason": "Policy 12"}
        finance.post("/admin/pricing/reviewrule/add/", sent)

        rule = ReviewRule.objects.get()
        assert str(rule) == "a price that jumps by more than 20 %"
        written = rule.history.get()
        assert (written.history_user.get_username(), written.history_change_reason) == (
            "finance",
            "Policy 12",
        )

    def test_say_what_is_wrong_beside_the_form(self, finance: Client) -> None:
        response = finance.post("/admin/pricing/reviewrule/add/", {"kind": "jump", "share": ""})

        assert "a rule for whatever changes has no share" in text_of(response)
        assert not ReviewRule.objects.exists()

    def test_are_not_switched_off_by_those_whom_they_bind(self, packaging: Client, rule: ReviewRule) -> None:
        response = packaging.post(
            f"/admin/pricing/reviewrule/{rule.pk}/change/", {"kind": "jump", "share": "99"}
        )

        assert response.status_code == 403
        assert ReviewRule.objects.get().share == 20
