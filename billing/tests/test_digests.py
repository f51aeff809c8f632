"""Weekly digests: chosen, written once a week, sent once, and equal to the pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, User

from billing.connectors import mails
from billing.errors import DigestNotAllowed
from billing.models import DigestChoice, DigestMail
from billing.queries import home_usage
from billing.queries.cost_review import MarginReview
from billing.queries.digests import digest
from billing.queries.home_usage import TopFeature
from billing.rules.deliveries import Answer, Mail
from billing.rules.digests import Digest, Line, Section, due_at, week_of
from billing.services import digests
from billing.tests.desks.people import at_the_desk_of, at_the_desk_of_an_administrator
from billing.tests.shelf import Shelf
from usage.queries.rolled import rolled
from usage.tests.made import DAY, HOUR, clock, named, together
from usage.tests.rolled import roll_up_yesterday

WEEK = timedelta(days=7)
HOME = "https://tokens.example.com/admin/"


def somebody(group: str, email: str = "somebody@example.com") -> User:
    user = User.objects.create_user(named("user"), email=email, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def next_due() -> datetime:
    """When the next digests are written."""
    return due_at(week_of(clock()) + WEEK)


class TestWeekOf:
    def test_turns_on_mondays_at_six(self) -> None:
        monday = date(2026, 11, 30)
        assert week_of(datetime(2026, 11, 30, 5, 59, tzinfo=UTC)) == monday - WEEK
        assert week_of(datetime(2026, 11, 30, 6, tzinfo=UTC)) == monday
        assert week_of(datetime(2026, 12, 6, 23, tzinfo=UTC)) == monday


class TestDigest:
    def test_tells_the_same_as_text_and_as_html_and_lets_nothing_through(self) -> None:
        told = Digest(
            "Tokendesk",
            date(2026, 11, 30),
            [Section("Owed", [Line("<b>", "1 & 2", "x", "a/?b=1&c=2")], page="owed/"), Section("None", [])],
            HOME,
        )

        assert f"<b>: 1 & 2 (x)\n  {HOME}a/?b=1&c=2\nMore: {HOME}owed/\n" in told.text
        assert f'<a href="{HOME}owed/"' in told.html
        assert f'<a href="{HOME}a/?b=1&amp;c=2"' in told.html
        assert "&lt;b&gt;" in told.html
        assert "1 &amp; 2" in told.html
        assert "<b>" not in told.html
        assert told.subject == "Tokendesk: the week until 29 November 2026"


@pytest.mark.django_db
class TestChoose:
    def test_keeps_who_chose_what_when_and_stops(self) -> None:
        user = somebody("Finance")

        digests.choose(user=user, about="finance")
        digests.choose(user=user, about="")

        row = DigestChoice.objects.get(user=user)
        assert (row.about, row.is_on) == ("finance", False)
        assert [each.history_user for each in row.history.all()] == [user, user]
        assert user.pk not in DigestChoice.objects.on().values_list("user", flat=True)

    def test_refuses_what_one_may_not_see_and_who_has_no_address(self) -> None:
        for user in (somebody("Support"), somebody("Finance", email="")):
            with pytest.raises(DigestNotAllowed):
                digests.choose(user=user, about="finance")
        assert not DigestChoice.objects.exists()

    def test_page_shows_it_before_and_chooses_it(self) -> None:
        client = at_the_desk_of("Finance")
        User.objects.filter(username="finance").update(email="fin@example.com")

        page = client.get("/admin/billing/digestchoice/?show=finance").content.decode()
        client.post("/admin/billing/digestchoice/", {"about": "finance"})

        assert "Owed to customers" in page
        assert DigestChoice.objects.on().get().about == "finance"

    def test_page_tells_who_writes_an_address(self) -> None:
        write = 'href="/admin/auth/user/%s/change/">write one there</a> first.'
        for client, may in ((at_the_desk_of_an_administrator(), True), (at_the_desk_of("Finance"), False)):
            page = client.get("/admin/billing/digestchoice/")

            own = write % page.context["user"].pk
            assert (own in page.content.decode(), "ask an administrator" in page.content.decode()) == (
                may,
                not may,
            )


@pytest.mark.django_db
class TestFigures:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (None, "new"),
            (Decimal("0.2"), "+20 % against the week before"),
            (Decimal("-0.094"), "−9 % against the week before"),
            (Decimal("-0.001"), "0 % against the week before"),
            (Decimal(12), "+1,200 % against the week before"),
        ],
    )
    def test_of_packaging_say_how_each_feature_changed(
        self, monkeypatch: pytest.MonkeyPatch, change: Decimal | None, said: str
    ) -> None:
        top = TopFeature("chat", "Chat", Decimal(3), 1, change)
        monkeypatch.setattr(home_usage, "top_features", lambda _unit, _moment: [top])

        told = digest("packaging", clock(), "https://desk.example")

        (section,) = [each for each in told.sections if each.title == "Top features of seven days"]
        assert [each.note for each in section.lines] == [said]

    @pytest.mark.parametrize("slow", ["cost_review", "margins"])
    def test_of_packaging_do_not_say_none_of_what_nobody_weighed(
        self, monkeypatch: pytest.MonkeyPatch, slow: str
    ) -> None:
        shelf = Shelf()
        shelf.publish()
        shelf.list(small="6e-06")
        monkeypatch.setattr(f"billing.queries.{slow}.patiently", lambda *asked: None)

        told = digest("packaging", clock(), HOME)

        (section,) = [each for each in told.sections if each.title.startswith("Rates that cost more")]
        assert "while a page waits" in section.nothing

    def test_of_packaging_do_not_say_none_where_no_costs_are_known(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "billing.queries.digests.review_margins", lambda *asked, **how: MarginReview(has_costs=False)
        )

        told = digest("packaging", clock(), HOME)

        (section,) = [each for each in told.sections if each.title.startswith("Rates that cost more")]
        assert section.nothing == "None could be looked at: no costs are known."

    def test_below_zero_have_the_minus_sign_of_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        top = TopFeature("chat", "Chat", Decimal("-12.5"), 1, None)
        dear = replace(home_usage.margin(clock()), earned=Decimal(10), cost=Decimal("22.5"))
        monkeypatch.setattr(home_usage, "top_features", lambda _unit, _moment: [top])
        monkeypatch.setattr(home_usage, "margin", lambda _moment: dear)

        told = [
            line.figure
            for about in ("packaging", "finance")
            for section in digest(about, clock(), HOME).sections
            for line in section.lines
            if line.name in ("Chat", "Margin")
        ]

        assert told == ["−12.5 AIT", "−125.0 %"]


@pytest.mark.committed
class TestWeekly:
    @pytest.fixture(autouse=True)
    def _rolled(self) -> None:
        roll_up_yesterday()

    def test_waits_until_the_day_before_is_rolled_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        user, due, present = somebody("Finance", f"{named('c')}@example.com"), next_due(), rolled()
        digests.choose(user=user, about="finance")
        monkeypatch.setattr(digests, "rolled", lambda: replace(present, until=present.at - DAY))
        assert digests.write_due(HOME, due) == 0

        monkeypatch.setattr(digests, "rolled", rolled)
        assert digests.write_due(HOME, due) == 1
        digests.choose(user=user, about="")

    def test_written_late_names_the_days_that_it_tells_of(self) -> None:
        user, due = somebody("Finance", f"{named('e')}@example.com"), next_due()
        digests.choose(user=user, about="finance")

        digests.write_due(HOME, due + 2 * DAY)

        row = DigestMail.objects.get(user=user)
        assert row.week == due.date()
        assert row.subject.endswith(f"the week until {due + DAY:%-d %B %Y}")
        digests.choose(user=user, about="")
        DigestMail.objects.filter(user=user, state="waiting").update(state="dead")

    def test_is_chosen_once_by_who_presses_twice(self) -> None:
        user = somebody("Finance", f"{named('e')}@example.com")

        together([lambda: digests.choose(user=user, about="finance")] * 6)

        row = DigestChoice.objects.get(user=user)
        assert (row.is_on, row.history.count()) == (True, 6)
        digests.choose(user=user, about="")

    def test_is_not_sent_to_who_may_see_it_no_more(self) -> None:
        user, due, sent = somebody("Finance", f"{named('d')}@example.com"), next_due(), []
        digests.choose(user=user, about="finance")
        digests.write_due(HOME, due)
        User.objects.filter(pk=user.pk).update(is_active=False)

        def take(mail: Mail) -> Answer:
            sent.append(mail.to)
            return Answer()

        digests.send_due(take, due)

        assert user.email not in sent
        row = DigestMail.objects.get(user=user)
        assert (row.state, row.error) == ("dead", "Whom it was written for may not see it any more.")
        DigestChoice.objects.filter(user=user).update(is_on=False)

    def test_is_written_and_sent_once_however_many_work(self) -> None:
        user, other, due = somebody("Finance", f"{named('a')}@example.com"), somebody("Finance"), next_due()
        digests.choose(user=user, about="finance")
        sent: list[Mail] = []

        def take(mail: Mail) -> Answer:
            sent.append(mail)
            return Answer()

        def work() -> None:
            digests.write_due(HOME, due)
            digests.send_due(take, due)

        assert not DigestMail.objects.filter(user=user).exists()
        together([work] * 4)
        work()

        (row,) = DigestMail.objects.filter(user=user)
        assert (row.state, row.sent_at, row.week) == ("sent", due, due.date())
        mine = [mail for mail in sent if mail.to == user.email]
        assert [(mail.message_id, mail.subject) for mail in mine] == [(str(row.pk), row.subject)]
        assert mine[0].html.startswith("<!doctype html>")
        assert not DigestMail.objects.filter(user=other).exists()

        digests.write_due(HOME, due + 6 * DAY)
        assert row.subject.endswith(f"the week until {due - DAY:%-d %B %Y}")
        assert DigestMail.objects.filter(user=user).count() == 1
        digests.write_due(HOME, due + WEEK)
        assert DigestMail.objects.filter(user=user).count() == 2
        digests.choose(user=user, about="")
        DigestMail.objects.filter(user=user, state="waiting").update(state="dead")

    def test_waits_for_the_monday_after_it_was_chosen_and_tries_again(self) -> None:
        user, due = somebody("Finance", f"{named('b')}@example.com"), next_due()
        digests.choose(user=user, about="finance")
        digests.write_due(HOME, due - HOUR)
        assert not DigestMail.objects.filter(user=user).exists()

        digests.write_due(HOME, due)
        digests.send_due(lambda mail: Answer(error="The mail server can't be reached."), due)

        row = DigestMail.objects.get(user=user)
        assert (row.state, row.attempts, row.error) == ("waiting", 1, "The mail server can't be reached.")
        assert row.next_at == due + timedelta(seconds=10)
        digests.send_due(lambda mail: Answer(error="No such box.", is_final=True), due + HOUR)
        row.refresh_from_db()
        assert row.state == "dead"
        digests.choose(user=user, about="")


def test_a_mail_has_both_forms(settings: object) -> None:
    message = mails._message(Mail("a@example.com", "S", "plain", "m-1", "<p>html</p>"))

    assert message.body == "plain"
    assert [tuple(each) for each in message.alternatives] == [("<p>html</p>", "text/html")]
