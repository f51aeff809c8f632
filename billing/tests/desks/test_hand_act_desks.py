"""A second person at the desk: asking, deciding, and where what waits is shown."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from billing.models import ActRule, HandAct
from billing.tests.desks.people import at_the_desk_of, said, text_of
from usage.tests.made import Shop, a_grant
from wallets.models import Account, Grant

pytestmark = pytest.mark.django_db
SENT = {
    "form_token": "t-1",
    "kind": "purchase",
    "tokens": "5000",
    "unit": "AIT",
    "priority": "50",
    "reason": "O7",
}


@pytest.fixture
def account() -> Account:
    return Shop().an_account()


@pytest.fixture
def rules() -> None:
    ActRule.objects.create(kind="grant", limit=1000)
    ActRule.objects.create(kind="void", limit=None)


@pytest.fixture
def finance(rules: None) -> Client:
    return at_the_desk_of("Finance")


@pytest.fixture
def second() -> Client:
    user = User.objects.create_user("nora", password="-", is_staff=True)
    user.groups.add(Group.objects.get(name="Finance"))
    client = Client()
    client.force_login(user)
    return client


def ask(finance: Client, account: Account) -> HandAct:
    answer = finance.post(f"/admin/wallets/account/{account.pk}/grant/", SENT)
    assert "waits for another person's approval" in said(answer)
    assert not Grant.objects.exists()
    return HandAct.objects.get()


def page(act: HandAct) -> str:
    return f"/admin/billing/handact/{act.pk}/change/"


class TestAsking:
    def test_shows_at_home_and_among_the_approvals(self, finance: Client, account: Account) -> None:
        act = ask(finance, account)

        for address in ("/admin/", "/admin/pricing/review/"):
            assert page(act) in text_of(finance.get(address))

    def test_is_needed_to_take_back(self, finance: Client, account: Account) -> None:
        grant = a_grant(account, "5")
        finance.post(
            f"/admin/wallets/account/{account.pk}/grants/{grant.pk}/void/",
            {"form_token": "t-2", "reason": "Refund"},
        )

        assert [(act.kind, act.state) for act in HandAct.objects.all()] == [("void", "waiting")]


class TestDeciding:
    def test_is_offered_to_another_alone(self, finance: Client, second: Client, account: Account) -> None:
        act = ask(finance, account)

        assert 'name="verdict"' not in text_of(finance.get(page(act)))
        answer = finance.post(page(act), {"verdict": "approve"})
        assert "You asked for this; another person decides on it." in text_of(answer)
        assert at_the_desk_of("Sales").post(page(act), {"verdict": "approve"}).status_code == 403

        second.post(page(act), {"verdict": "approve"})
        assert Grant.objects.get().created_by == "finance, approved by nora"
        assert "approved" in text_of(second.get(page(act)))

    def test_says_who_decides_to_who_does_not(
        self, finance: Client, second: Client, account: Account
    ) -> None:
        act = ask(finance, account)
        support = at_the_desk_of("Support")

        assert "It is decided by somebody else of Finance." in text_of(support.get(page(act)))
        assert "Ask somebody else of Finance." in text_of(finance.get(page(act)))
        assert "of Finance." not in text_of(second.get(page(act)))
        refused = support.post(page(act), {"verdict": "approve"})
        assert (refused.status_code, "It is decided by Finance." in text_of(refused)) == (403, True)

    def test_to_decline_needs_a_reason(self, finance: Client, second: Client, account: Account) -> None:
        act = ask(finance, account)

        assert "Say why it is declined." in text_of(second.post(page(act), {"verdict": "decline"}))
        second.post(page(act), {"verdict": "decline", "reason": "No order."})
        act.refresh_from_db()
        assert (act.state, act.decision, Grant.objects.count()) == ("declined", "No order.", 0)


class TestRules:
    def test_are_written_by_finance_with_a_reason(self, finance: Client) -> None:
        finance.post(
            "/admin/billing/actrule/add/",
            {"kind": "adjustment", "limit": "250", "is_active": "on", "change_reason": "Audit"},
        )

        rule = ActRule.objects.get(kind="adjustment")
        assert (rule.limit, rule.history.get().history_change_reason) == (250, "Audit")
        assert "beyond 250 tokens a day" in text_of(finance.get("/admin/billing/actrule/"))

    @pytest.mark.parametrize(
        ("asked", "warns"), [({}, True), ({"limit": "0"}, False), ({"is_active": ""}, False)]
    )
    def test_that_allow_nothing_say_that_each_act_needs_a_second_person(
        self, finance: Client, asked: dict[str, str], warns: bool
    ) -> None:
        answer = finance.post(
            "/admin/billing/actrule/add/", {"kind": "reversal", "is_active": "on", **asked}, follow=True
        )

        told = [str(each) for each in answer.context["messages"]]
        assert ("so each needs a second person." in told[0]) is warns
