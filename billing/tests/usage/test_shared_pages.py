"""What a link shows to whoever holds it: one page, and neither money nor names."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from billing.tests.desks.people import at_the_desk_of, text_of
from billing.tests.usage.town import Town
from usage.models import UsageLink
from usage.services import sharing
from usage.tests.made import an_account, named

SHARED = re.compile(r"/shared/usage/[\w-]+:[\w-]+")


def address(query: dict[str, str] | None = None) -> str:
    asked: dict[str, Any] = {"title": "Your usage", "days": 7, "reason": "They asked."}
    user = User.objects.create(username=named("sue"))
    return f"/shared/usage/{sharing.share(**asked, query=query or {}, user=user).token}"


@pytest.mark.committed
class TestContent:
    def test_is_the_frozen_view_without_money_and_names(self) -> None:
        town = Town()
        payer, other, trier = town.accounts
        link = address({"product": town.shop.product.code})

        shown = text_of(Client().get(f"{link}?account={payer.reference}&product="))

        assert town.shop.chat in shown
        assert "Asked for and refused" in shown
        for secret in (
            payer.reference,
            other.reference,
            trier.reference,
            "USD",
            "Margin",
            "Earned",
            "/admin/",
        ):
            assert secret not in shown

    def test_is_of_one_account_where_one_is_named(self) -> None:
        town = Town()

        shown = text_of(Client().get(address({"account": town.accounts[1].reference})))

        tokens = town.ledger(
            "SELECT sum(tokens) FROM line WHERE account_id = %(account)s AND occurred_at > now() - interval '30 days'",
            account=town.accounts[1].pk,
        )
        assert re.search(rf'd-figure"><span title="{int(tokens[0][0])}">', shown)

    def test_counts_the_accounts_of_a_new_feature_of_several_alone(self) -> None:
        town = Town()

        of_all, of_one = (
            text_of(Client().get(address(query))) for query in ({}, {"account": town.accounts[1].reference})
        )

        assert "since its first use" in of_all
        assert "since its first use" not in of_one


@pytest.mark.django_db
class TestDoor:
    def test_is_strict(self) -> None:
        response = Client().get(address())

        assert response.status_code == 200
        policy = response["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "script" not in policy
        assert not re.search(r"<script|\sstyle=|\son\w+=", text_of(response))
        assert (response["X-Robots-Tag"], response["Cache-Control"]) == ("noindex, nofollow", "no-store")
        assert response["Referrer-Policy"] == "no-referrer"
        assert not response.cookies

    def test_answers_the_same_to_what_is_over_and_to_what_never_was(self) -> None:
        over = address()
        link = UsageLink.objects.latest("pk")
        sharing.revoke(link_id=link.pk, reason="Over.", user=link.made_by)

        answers = [Client().get(each) for each in (over, "/shared/usage/never:was")]

        assert {each.status_code for each in answers} == {404}
        assert answers[0].content == answers[1].content
        assert answers[0]["X-Robots-Tag"] == "noindex, nofollow"

    def test_is_shut_for_a_while_to_whoever_asks_too_often(self) -> None:
        link = address()
        UsageLink.objects.update(
            minute_at=UsageLink.objects.latest("pk").made_at, looks=sharing.LOOKS_A_MINUTE
        )

        response = Client().get(link)

        assert response.status_code == 429
        assert 0 < int(response["Retry-After"]) <= 61

    def test_takes_nothing(self) -> None:
        assert Client().post(address(), {"days": "365"}).status_code == 405


@pytest.mark.django_db
class TestDesk:
    def test_hands_out_a_link_and_shows_it_once(self) -> None:
        desk = at_the_desk_of("Support")
        asked = {"title": "Acme in autumn", "days": "14", "reason": "For the review."}

        response = desk.post("/admin/usage/usagelink/share/?days=90&tz=Asia/Tokyo", asked)

        link = UsageLink.objects.get(title="Acme in autumn")
        (address,) = SHARED.findall(text_of(response))
        assert link.query == {"days": "90", "tz": "Asia/Tokyo"}
        assert response["Cache-Control"].startswith("no-store")
        assert "Acme in autumn" in text_of(Client().get(address))
        assert not SHARED.findall(text_of(desk.get(f"/admin/usage/usagelink/{link.pk}/change/")))

    @pytest.mark.parametrize(("asked", "zone"), [("", "Asia/Tokyo"), ("&tz=UTC", "UTC")])
    def test_counts_days_of_the_accounts_calendar_where_nobody_says_otherwise(
        self, asked: str, zone: str
    ) -> None:
        account = an_account(time_zone="Asia/Tokyo")
        desk = at_the_desk_of("Support")
        terms = {"title": "For them", "days": "9", "reason": "They asked."}

        shown = text_of(desk.post(f"/admin/usage/usagelink/share/?account={account.reference}{asked}", terms))

        assert UsageLink.objects.get(title="For them").query["tz"] == zone
        (path,) = SHARED.findall(shown)
        assert f"last 30 days, {zone}" in text_of(Client().get(path))

    def test_are_called_alike_wherever_they_are_listed(self) -> None:
        listed = text_of(at_the_desk_of("Support").get("/admin/usage/usagelink/"))

        assert "Usage links" not in listed
        assert "<title>Shared pages" in " ".join(listed.split()).replace("<title> ", "<title>")

    def test_names_the_address_that_customers_reach(self, settings: Any) -> None:
        settings.PUBLIC_URL = "https://tokens.example.com"
        asked = {"title": "Acme", "days": "14", "reason": "For the review."}

        response = at_the_desk_of("Support").post("/admin/usage/usagelink/share/", asked)

        assert "https://tokens.example.com/shared/usage/" in text_of(response)

    def test_refuses_to_share_what_nobody_knows(self) -> None:
        desk = at_the_desk_of("Support")

        assert desk.post("/admin/usage/usagelink/share/?account=nobody", {"title": "x"}).status_code == 404

    def test_takes_a_link_back(self) -> None:
        shared = address()
        link = UsageLink.objects.latest("pk")

        at_the_desk_of("Sales").post(f"/admin/usage/usagelink/{link.pk}/revoke/", {"reason": "Wrong person."})

        link.refresh_from_db()
        assert (link.revoked_by.username, link.revoke_reason) == ("sales", "Wrong person.")
        assert Client().get(shared).status_code == 404
