"""Links to a page of usage: kept by their hash, open until they end, looked at not too often."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.contrib.auth.models import User

from config.kernel.errors import InvalidRequest, Throttled
from usage.errors import LinkOver
from usage.models import UsageLink
from usage.services import sharing
from usage.services.sharing import LOOKS_A_MINUTE, Shared
from usage.tests.made import DAY, named

pytestmark = pytest.mark.django_db


@pytest.fixture
def sue() -> User:
    return User.objects.create(username=named("sue"))


def shared(user: User, **more: Any) -> Shared:
    asked = {"title": "Your usage", "query": {"account": "acme"}, "days": 7, "reason": "They asked."}
    return sharing.share(**asked | more, user=user)


class TestShare:
    def test_keeps_who_when_why_and_the_hash_alone(self, sue: User) -> None:
        made = shared(sue)

        link = UsageLink.objects.get(pk=made.link.pk)
        secret = made.token.partition(":")[0]
        assert bytes(link.secret_hash) == sha256(secret.encode()).digest()
        assert (link.made_by, link.reason, link.query) == (sue, "They asked.", {"account": "acme"})
        assert link.expires_at - link.made_at == 7 * DAY
        kept = UsageLink.objects.filter(pk=link.pk).values_list().get()
        assert not any(secret in str(value) for value in kept)

    @pytest.mark.parametrize("faulty", [{"days": 0}, {"days": 367}, {"title": " "}, {"reason": ""}])
    def test_refuses_what_has_no_end_or_no_reason(self, sue: User, faulty: dict[str, Any]) -> None:
        with pytest.raises(InvalidRequest):
            shared(sue, **faulty)

        assert not UsageLink.objects.filter(made_by=sue).exists()


class TestLook:
    def test_opens_what_was_shared(self, sue: User) -> None:
        made = shared(sue)

        link = sharing.look(token=made.token)

        assert link == made.link
        assert UsageLink.objects.get(pk=link.pk).last_seen_at is not None

    def test_refuses_a_forged_token_without_asking_the_database(
        self, sue: User, django_assert_num_queries: Any
    ) -> None:
        secret, _, signature = shared(sue).token.partition(":")

        for forged in (secret, f"{secret}:{signature.swapcase()}", f"x{secret}:{signature}", ""):
            # The two statements are those of the transaction.
            with pytest.raises(LinkOver), django_assert_num_queries(2):
                sharing.look(token=forged)

    def test_refuses_at_the_end_and_after_it(self, sue: User) -> None:
        made = shared(sue)

        assert sharing.look(token=made.token, now=made.link.expires_at - timedelta(microseconds=1))
        with pytest.raises(LinkOver):
            sharing.look(token=made.token, now=made.link.expires_at)

    def test_refuses_too_many_looks_a_minute(self, sue: User) -> None:
        made = shared(sue)
        begins = made.link.made_at
        for second in range(LOOKS_A_MINUTE):
            sharing.look(token=made.token, now=begins + timedelta(seconds=second))

        with pytest.raises(Throttled) as refusal:
            sharing.look(token=made.token, now=begins + timedelta(seconds=50))

        assert refusal.value.extras["retry_after"] == 11
        assert UsageLink.objects.get(pk=made.link.pk).looks == LOOKS_A_MINUTE
        assert sharing.look(token=made.token, now=begins + timedelta(seconds=60)).looks == 1

    def test_counts_each_link_by_itself(self, sue: User) -> None:
        one, other = shared(sue), shared(sue)
        for _ in range(LOOKS_A_MINUTE):
            sharing.look(token=one.token, now=one.link.made_at)

        assert sharing.look(token=other.token, now=other.link.made_at) == other.link


class TestRevoke:
    def test_ends_a_link_at_once_and_says_who_and_why(self, sue: User) -> None:
        made = shared(sue)
        bob = User.objects.create(username=named("bob"))

        sharing.revoke(link_id=made.link.pk, reason="Sent to the wrong person.", user=bob)

        link = UsageLink.objects.get(pk=made.link.pk)
        assert (link.revoked_by, link.revoke_reason) == (bob, "Sent to the wrong person.")
        with pytest.raises(LinkOver):
            sharing.look(token=made.token)

    def test_refuses_what_is_over(self, sue: User) -> None:
        made = shared(sue)
        sharing.revoke(link_id=made.link.pk, reason="Once.", user=sue)

        with pytest.raises(LinkOver):
            sharing.revoke(link_id=made.link.pk, reason="Twice.", user=sue)

        assert UsageLink.objects.get(pk=made.link.pk).revoke_reason == "Once."
