"""Alerts: each crossing is told once, and again after it was over."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.models import Alert, AlertCrossing, Contact
from billing.rules.alerts import AccountFacts, BudgetUsed, Ending, crossed
from billing.services import alerting, contacts
from billing.services.contacts import ContactWish
from billing.tests.buyers.visiting import HOME, Post, a_contact, close, page, signed_in, text_of
from usage.services import limiting
from usage.services.limiting import BudgetOrder
from usage.tests.made import AUTHOR, DAY, Shop, a_grant, clock
from wallets.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(shop: Shop) -> Contact:
    """Of an account with a hundred tokens that came in yesterday."""
    account = shop.an_account(name="Acme")
    a_grant(account, "100", kind="purchase")
    return a_contact(account, "manager")


def chosen(contact: Contact, kind: str, threshold: int) -> Alert:
    return alerting.choose(contact_id=contact.pk, kind=kind, threshold=threshold, author=AUTHOR)


def told(minutes: int = 0) -> list[str]:
    """What is mailed at a turn that comes so many minutes later, by its subject."""
    post, moment = Post(), clock() + timedelta(minutes=minutes)
    alerting.look(10, moment)
    alerting.tell(post, HOME, moment)
    return [mail.subject for mail in post.mails]


class TestLeft:
    def test_is_told_once_a_crossing(self, contact: Contact, shop: Shop) -> None:
        chosen(contact, "left", 20)
        assert told() == []
        shop.debit(contact.customer, "79.999999")
        assert told(6) == []
        shop.debit(contact.customer, "0.000001")

        assert told(12) == ["Acme: 20 % of the tokens or less are left: 20 AIT."]
        shop.debit(contact.customer, "5")
        assert told(18) == told(24) == []

    def test_is_told_again_after_it_was_over(self, contact: Contact, shop: Shop) -> None:
        chosen(contact, "left", 20)
        shop.debit(contact.customer, "90")
        assert len(told()) == 1
        a_grant(contact.customer, "100", kind="purchase")
        assert told(6) == []

        shop.debit(contact.customer, "100")

        assert told(12) == ["Acme: 20 % of the tokens or less are left: 10 AIT."]
        assert AlertCrossing.objects.count() == 2

    def test_is_looked_at_every_five_minutes(self, contact: Contact) -> None:
        chosen(contact, "left", 20)

        assert [alerting.look(10, clock() + timedelta(minutes=n)) for n in (0, 4, 6)] == [1, 0, 1]


class TestBudget:
    def test_is_told_for_each_budget(self, contact: Contact, shop: Shop) -> None:
        for code, tokens in (("small", 40), ("large", 90)):
            order = BudgetOrder(code=code, period="month", tokens=Decimal(tokens), is_hard=True)
            limiting.open_budget(account_id=contact.customer_id, order=order, author=AUTHOR)
        chosen(contact, "budget", 75)
        shop.debit(contact.customer, "30")

        assert told() == ["Acme: The budget small is used up to 75 % or more."]


class TestExpiry:
    def test_is_told_for_each_grant(self, contact: Contact) -> None:
        chosen(contact, "expiry", 7)
        a_grant(contact.customer, "9", expires_at=clock() + 6 * DAY)
        a_grant(contact.customer, "8", expires_at=clock() + 8 * DAY)

        assert told() == ["Acme: 9 AIT expire within 7 days."]


class TestTelling:
    def test_tries_again_what_the_mail_server_refused(self, contact: Contact, shop: Shop) -> None:
        chosen(contact, "left", 50)
        shop.debit(contact.customer, "60")
        now = clock()
        alerting.look(10, now)

        post = Post()
        assert alerting.tell(Post(fails="down"), HOME, now) == 0
        assert alerting.tell(post, HOME, now) == 0
        assert alerting.tell(post, HOME, now + timedelta(minutes=2)) == 1
        assert alerting.tell(post, HOME, now + timedelta(days=1)) == 0
        assert f"{HOME}{contact.customer_id}/" in post.mails[0].text

    def test_is_not_told_when_it_is_over(self, contact: Contact, shop: Shop) -> None:
        chosen(contact, "left", 20)
        shop.debit(contact.customer, "90")
        now, post = clock(), Post()
        alerting.look(10, now)
        assert alerting.tell(Post(fails="down"), HOME, now) == 0
        a_grant(contact.customer, "1000", kind="purchase")
        alerting.look(10, now + timedelta(minutes=6))

        assert alerting.tell(post, HOME, now + timedelta(minutes=7)) == 0
        shop.debit(contact.customer, "900")
        assert told(12) == ["Acme: 20 % of the tokens or less are left: 110 AIT."]

    def test_tells_nobody_of_a_closed_account(self, contact: Contact, shop: Shop) -> None:
        chosen(contact, "left", 50)
        shop.debit(contact.customer, "60")
        alerting.look(10)
        close(contact.customer)

        assert alerting.tell(Post(), HOME) == 0

    def test_tells_nobody_who_is_switched_off(self, contact: Contact, shop: Shop) -> None:
        chosen(contact, "left", 50)
        shop.debit(contact.customer, "60")
        off = ContactWish(contact.address, role="manager", is_on=False)
        contacts.change(customer_id=contact.customer_id, contact_id=contact.pk, wish=off, author=AUTHOR)

        assert told() == []


class TestRules:
    FACTS = AccountFacts("AIT", Decimal(0), None, None, None, [], [])

    def test_say_nothing_where_nothing_is_known(self) -> None:
        found = [crossed(kind, 50, self.FACTS, clock()) for kind in ("left", "budget", "expiry", "runs_out")]

        assert found == [[], [], [], None]

    @pytest.mark.parametrize(("used", "is_crossed"), [("79.999999", False), ("80", True), ("120", True)])
    def test_cross_a_budget_at_its_share(self, used: str, is_crossed: bool) -> None:
        facts = AccountFacts(
            "AIT", Decimal(0), None, None, None, [BudgetUsed("k", "team", Decimal(used), Decimal(100))], []
        )

        assert bool(crossed("budget", 80, facts, clock())) is is_crossed

    def test_leave_what_has_expired_already(self) -> None:
        now = clock()
        facts = AccountFacts("AIT", Decimal(0), None, None, None, [], [Ending("k", "trial", Decimal(1), now)])

        assert crossed("expiry", 7, facts, now) == []


class TestPages:
    def test_choose_and_remove(self, acme: Account) -> None:
        client = signed_in(acme, "manager")

        client.post(page(acme, "alerts/"), {"kind": "left", "threshold": "15"})
        again = client.post(page(acme, "alerts/"), {"kind": "left", "threshold": "15"})
        odd = client.post(page(acme, "alerts/"), {"kind": "left", "threshold": "101"})

        alert = Alert.objects.get()
        assert (alert.kind, alert.threshold, alert.set_by) == ("left", 15, f"contact {alert.contact_id}")
        assert "You have chosen this alert already." in text_of(again)
        assert "Say 1 to 100." in text_of(odd)
        assert "15 % of the tokens are left" in text_of(client.get(page(acme, "alerts/")))
        client.post(page(acme, f"alerts/{alert.pk}/remove/"))
        assert not Alert.objects.exists()
        assert [row.history_type for row in Alert.history.order_by("history_id")] == ["+", "-"]

    @pytest.mark.parametrize(
        ("kind", "threshold", "said"),
        [
            ("runs_out", 1, "The tokens last for 1 day at this pace"),
            ("budget", 80, "A budget is used up to 80 %"),
            ("expiry", 7, "Tokens expire within 7 days"),
        ],
    )
    def test_say_what_they_wait_for(self, kind: str, threshold: int, said: str) -> None:
        assert Alert(kind=kind, threshold=threshold).sentence == said

    def test_leave_another_persons_alerts_alone(self, acme: Account) -> None:
        alert = chosen(a_contact(acme), "left", 15)

        answer = signed_in(acme, "owner").post(page(acme, f"alerts/{alert.pk}/remove/"))

        assert answer.status_code == 404
        assert Alert.objects.exists()
