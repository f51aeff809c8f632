"""Accounts at their desks: trials, grants, voids, policy, terms and state."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.tests.desks.people import as_shown, at_the_desk_of, said, text_of
from billing.tests.trying import an_offer
from usage.models import Policy, Terms
from usage.tests.made import DAY, Shop, a_grant, up_to
from wallets.models import Account, Grant, Wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def account(shop: Shop) -> Account:
    return shop.an_account(name="Acme")


def page_of(account: Account) -> str:
    return f"/admin/wallets/account/{account.pk}/"


@pytest.fixture
def trial() -> dict[str, str]:
    """What the form of a trial sends."""
    offer = an_offer("5000", days=30)
    return {"form_token": "trial-1", "offer": str(offer.pk), "reason": "Pilot"}


class TestTrial:
    def test_issues_the_offers_tokens_for_its_days(self, account: Account, trial: dict[str, str]) -> None:
        began = timezone.now()

        at_the_desk_of("Sales").post(f"{page_of(account)}trial/", trial)

        grant = Grant.objects.get(account=account)
        assert (grant.kind, grant.tokens, grant.created_by) == ("trial", 5000, "sales")
        assert grant.reason.endswith(": Pilot")
        assert began + 30 * DAY <= grant.expires_at <= timezone.now() + 30 * DAY

    def test_sent_twice_is_one_grant(self, account: Account, trial: dict[str, str]) -> None:
        sales = at_the_desk_of("Sales")

        sales.post(f"{page_of(account)}trial/", trial)
        response = sales.post(f"{page_of(account)}trial/", trial)

        assert Grant.objects.filter(account=account).count() == 1
        assert "nothing happened twice" in said(response)

    def test_changed_and_sent_again_is_refused(self, account: Account, trial: dict[str, str]) -> None:
        sales = at_the_desk_of("Sales")

        sales.post(f"{page_of(account)}trial/", trial)
        response = sales.post(f"{page_of(account)}trial/", {**trial, "offer": an_offer("9000").pk})

        assert response.status_code == 200
        assert "another trial" in response.context["form"].non_field_errors()[0]
        assert Grant.objects.get(account=account).tokens == 5000

    def test_may_start_later(self, account: Account, trial: dict[str, str]) -> None:
        at_the_desk_of("Sales").post(f"{page_of(account)}trial/", {**trial, "starts_at": "2035-01-01T00:00"})

        grant = Grant.objects.get(account=account)
        assert grant.is_pending
        assert grant.expires_at - grant.effective_at == timedelta(days=30)

    def test_needs_a_reason_and_an_offer(self, account: Account, trial: dict[str, str]) -> None:
        sent = {**trial, "offer": "", "reason": ""}
        response = at_the_desk_of("Sales").post(f"{page_of(account)}trial/", sent)

        assert set(response.context["form"].errors) == {"offer", "reason"}
        assert not Grant.objects.exists()

    def test_is_refused_to_a_closed_account(self, account: Account, trial: dict[str, str]) -> None:
        Account.objects.filter(pk=account.pk).update(state="closed")

        response = at_the_desk_of("Sales").post(f"{page_of(account)}trial/", trial)

        assert "closed" in response.context["form"].non_field_errors()[0]
        assert not Grant.objects.exists()

    def test_page_shows_what_it_does_and_what_was_before(
        self, account: Account, trial: dict[str, str]
    ) -> None:
        a_grant(account, "250", reason="The first")

        page = at_the_desk_of("Sales").get(f"{page_of(account)}trial/").content.decode()

        assert (
            '<dt class="d-strong">Available then</dt><dd class="d-strong"><span title="5,250">5,250</span></dd>'
            in page
        )
        assert "no limit" in page
        assert "The first" in page


class TestExpiry:
    def test_is_moved_by_finance_with_a_reason(self, account: Account) -> None:
        grant = a_grant(account, "250", expires_at=timezone.now() + DAY)
        sent = {"form_token": "one", "expires_at": "2035-01-01T00:00", "reason": "Agreed"}

        page = f"{page_of(account)}grants/{grant.pk}/expiry/"
        told = at_the_desk_of("Finance").post(page, sent, follow=True)

        assert "&lt;time" not in text_of(told)
        grant.refresh_from_db()
        assert f"{grant.expires_at:%Y-%m-%d}" == "2035-01-01"
        history = at_the_desk_of("Auditor").get(f"{page_of(account)}change/?tab=history").content.decode()
        assert "to 1 Jan 2035 00:00 UTC" in history
        assert "Agreed" in history


class TestGrant:
    def test_of_finance_repays_overage_and_keeps_what_was_paid(self, shop: Shop) -> None:
        account = shop.an_account(policy=up_to("100"))
        shop.debit(account, "40")

        sent = {
            "form_token": "g-1",
            "kind": "purchase",
            "tokens": "100",
            "unit": "AIT",
            "priority": "50",
            "features": f"{shop.chat}, image.*",
            "unit_cost": "0.01",
            "currency": "USD",
            "external_id": "SO-1",
            "reason": "Order",
        }
        at_the_desk_of("Finance").post(f"{page_of(account)}grant/", sent)

        grant = Grant.objects.get(account=account)
        assert (grant.remaining, grant.spent, grant.unit_cost) == (60, 40, Decimal("0.01"))
        assert grant.features == [shop.chat, "image.*"]

    def test_names_features_that_do_not_exist(self, account: Account) -> None:
        sent = {
            "form_token": "g",
            "kind": "promo",
            "tokens": "1",
            "unit": "AIT",
            "priority": "5",
            "features": "x",
        }
        response = at_the_desk_of("Finance").post(f"{page_of(account)}grant/", {**sent, "reason": "Gift"})

        assert "feature" in response.context["form"].non_field_errors()[0]
        assert not Grant.objects.exists()

    def test_is_taken_back_as_far_as_it_is_left(self, shop: Shop, account: Account) -> None:
        grant = a_grant(account, "100")
        shop.debit(account, "30")

        address = f"{page_of(account)}grants/{grant.pk}/void/"
        finance = at_the_desk_of("Finance")
        page = finance.get(address).content.decode()
        finance.post(address, {"form_token": "v-1", "reason": "Mistake"})

        grant.refresh_from_db()
        assert "Take back 70 tokens" in page
        assert (grant.remaining, grant.spent, grant.voided) == (0, 30, 70)


class TestChanges:
    def test_of_policy_hold_from_now_with_author_and_reason(self, account: Account) -> None:
        sent = {"mode": "limited", "limit": "2 500", "reason": "Agreed"}
        at_the_desk_of("Finance").post(f"{page_of(account)}policy/", sent)

        policy = Policy.objects.get(account=account)
        assert (policy.mode, policy.overage_limit, policy.set_by, policy.reason) == (
            "overage",
            2500,
            "finance",
            "Agreed",
        )
        assert Wallet.objects.get(account=account).floor == -2500

    def test_of_the_rate_table_hold_from_now(self, shop: Shop, account: Account) -> None:
        other = shop.a_table(tokens="2")

        sent = {"rate_table": other.code, "when": "now", "reason": "Renewal"}
        at_the_desk_of("Sales").post(f"{page_of(account)}terms/", sent)

        latest = Terms.objects.filter(account=account).latest_first()[0]
        assert (latest.table, latest.set_by, latest.reason) == (other, "sales", "Renewal")
        assert latest.effective_from is not None

    def test_of_state_are_kept_in_history(self, account: Account) -> None:
        sent = {"state": "suspended", "reason": "Unpaid"}
        finance = at_the_desk_of("Finance")
        finance.post(f"{page_of(account)}state/", sent)

        account.refresh_from_db()
        assert account.state == "suspended"
        page = finance.get(f"{page_of(account)}change/?tab=history").content.decode()
        assert "state: active → suspended" in page
        assert "Unpaid" in page

    def test_never_touch_the_wallet(self, shop: Shop, account: Account) -> None:
        a_grant(account, "100")
        shop.debit(account, "30")

        sales = at_the_desk_of("Sales")
        sent = as_shown(sales, f"{page_of(account)}edit/")
        sales.post(f"{page_of(account)}edit/", {**sent, "name": "Acme Inc"})

        account.refresh_from_db()
        assert account.name == "Acme Inc"
        assert Wallet.objects.get(account=account).balance == 70


class TestPage:
    def test_tells_the_ledger_in_sentences(self, shop: Shop, account: Account) -> None:
        a_grant(account, "100", kind="purchase", reason="Order 7")
        shop.debit(account, "12.5")

        page = at_the_desk_of("Support").get(f"{page_of(account)}change/?tab=ledger").content.decode()

        assert f"{shop.chat} ×12.5 → −12.5 at {shop.table.code} v1" in page
        assert "Bought +100: Order 7" in page

    def test_says_why_each_grant_stands_where_it_does(self, account: Account) -> None:
        a_grant(account, "100", priority=60)
        a_grant(account, "50", priority=10)

        page = at_the_desk_of("Support").get(f"{page_of(account)}change/?tab=grants").content.decode()

        assert "Priority 60 comes after 10." in page

    def test_finds_accounts_by_reference_name_and_ids_elsewhere(self, shop: Shop) -> None:
        account = shop.an_account(name="Zebra Ltd", external_ids={"salesforce": "0015QQQ"})
        shop.an_account(name="Other")
        support = at_the_desk_of("Support")

        for text in (account.reference, "zebra", "0015qqq"):
            listed = support.get("/admin/wallets/account/", {"q": text}).context["cl"].result_list
            assert [each.pk for each in listed] == [account.pk]


class TestPalette:
    def test_finds_accounts_for_those_who_may_see_them(self, shop: Shop) -> None:
        shop.an_account(name="Zebra Ltd")
        found = "/admin/search/?s=zebra&extended=1"

        assert "Zebra Ltd" in at_the_desk_of("Support").get(found).content.decode()
        assert "Zebra Ltd" not in at_the_desk_of(None).get(found).content.decode()
