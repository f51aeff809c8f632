"""The inbox: one row a rule and subject, worked on by people, settled by its cause."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from billing.errors import CauseStands, InboxResolved
from billing.models import InboxItem
from billing.services import auditing, inbox
from billing.services.auditing import Finding, Report
from billing.services.inbox import Raised
from billing.tests.desks.people import a_member
from config.kernel.audit import Check, Promise
from config.kernel.errors import InvalidRequest
from usage.tests.made import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return a_member("Support")


def a_row(rule: str = "burn", subject: str = "acme") -> InboxItem:
    return InboxItem.objects.get(pk=inbox.raise_item(Raised(rule, subject, "It burns", "Twice as fast.")))


def told(item: InboxItem) -> list[tuple[str, str]]:
    return list(item.notes.values_list("verb", "by"))


class TestInbox:
    def test_raises_once_until_it_is_settled_and_then_anew(self) -> None:
        first = a_row()
        assert a_row() == first

        assert inbox.settle_item(rule="burn", subject="acme")
        assert not inbox.settle_item(rule="burn", subject="acme")

        assert a_row() != first
        assert told(first) == [("raised", ""), ("resolved", "")]

    def test_keeps_who_did_what(self, user: User) -> None:
        item = a_row()

        inbox.take(item_id=item.pk, user=user)
        inbox.acknowledge(item_id=item.pk, user=user)
        inbox.resolve(item_id=item.pk, reason="They load-test.", user=user)

        item.refresh_from_db()
        assert (item.state, item.owner) == ("resolved", user)
        assert told(item) == [
            ("raised", ""),
            ("taken", "support"),
            ("acknowledged", "support"),
            ("resolved", "support"),
        ]
        with pytest.raises(InboxResolved):
            inbox.acknowledge(item_id=item.pk, user=user)

    def test_is_given_to_who_may_work_on_it_alone(self, user: User) -> None:
        item = a_row()
        colleague, visitor = a_member("Finance"), a_member("Auditor")

        inbox.give(item_id=item.pk, to=colleague, said="It is billed.", user=user)
        with pytest.raises(InvalidRequest):
            inbox.give(item_id=item.pk, to=visitor, said="", user=user)

        item.refresh_from_db()
        assert item.owner == colleague
        assert told(item) == [("raised", ""), ("taken", "support")]
        assert item.notes.last().said == "for finance: It is billed."

    def test_shows_what_is_put_off_again_when_its_time_has_come(self, user: User) -> None:
        item, now = a_row(), clock()
        with pytest.raises(InvalidRequest):
            inbox.snooze(item_id=item.pk, until=now, user=user)

        inbox.snooze(item_id=item.pk, until=now + timedelta(hours=1), user=user)

        assert item not in InboxItem.objects.in_view(now)
        assert item in InboxItem.objects.in_view(now + timedelta(hours=1))
        assert a_row() == item  # found again meanwhile: it stays put off
        assert item not in InboxItem.objects.in_view(now)

    @pytest.mark.parametrize("rule", ["gap", "sync"])
    def test_leaves_to_its_cause_what_would_be_raised_anew_at_once(self, user: User, rule: str) -> None:
        item = a_row(rule, "some cause")

        with pytest.raises(CauseStands):
            inbox.resolve(item_id=item.pk, reason="Never mind.", user=user)


class TestCauses:
    def test_leave_resolved_what_somebody_resolves_while_they_are_raised(
        self, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        causes, raise_item = [Raised("burn", "acme:AIT", "It burns")], inbox.raise_item
        inbox.raise_causes("burn", causes)
        row = InboxItem.objects.get(subject="acme:AIT")

        def late(about: Raised, now: datetime) -> UUID:
            inbox.resolve(item_id=row.pk, reason="They are told.", user=user)
            return raise_item(about, now)

        with monkeypatch.context() as patched:
            patched.setattr(inbox, "raise_item", late)
            inbox.raise_causes("burn", causes)
        inbox.raise_causes("burn", causes)

        assert not InboxItem.objects.unresolved().filter(subject="acme:AIT").exists()


class TestAudits:
    def test_raise_what_failed_and_settle_what_holds_again(self) -> None:
        def audit(*failed: str) -> Any:
            check = [Check(name, Promise.SHAPE, "It holds.", "SELECT 1") for name in failed]
            findings = tuple(Finding(each, ({"a": 1},), False, 0.1) for each in check)
            return auditing.keep(Report(clock(), clock(), findings))

        audit("sums", "shapes")
        assert set(InboxItem.objects.unresolved().values_list("rule", "subject")) == {
            ("books", "sums"),
            ("books", "shapes"),
        }

        kept = audit("sums")
        (left,) = InboxItem.objects.unresolved()
        assert (left.subject, left.link) == ("sums", f"kernel/auditrun/{kept.pk}/change/")

        audit()
        assert not InboxItem.objects.unresolved().exists()
