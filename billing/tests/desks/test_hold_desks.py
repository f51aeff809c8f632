"""The desk of holds: what is kept for work under way, and letting go of it."""

from __future__ import annotations

import pytest

from billing.tests.desks.people import as_shown, at_the_desk_of, text_of
from usage.models import HoldStep
from usage.tests.held import a_hold, capture, free
from usage.tests.made import HOUR, Shop, a_grant, clock, up_to
from wallets.models import Account, Hold

pytestmark = pytest.mark.django_db

LIST = "/admin/usage/holdrequest/"


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def account(shop: Shop) -> Account:
    account = shop.an_account(clock() - 3 * HOUR, policy=up_to("10"))
    a_grant(account, "100", now=clock() - 2 * HOUR)
    return account


class TestList:
    def test_is_filtered_by_what_a_hold_is_now(self, shop: Shop, account: Account) -> None:
        now = clock()
        a_hold(shop, account, "11")
        capture(shop, a_hold(shop, account, "12"), "1")
        unswept = a_hold(shop, account, "13", now=now - HOUR, expires_in=60)
        assert Hold.objects.get(pk=unswept.id).state == "held"
        client = at_the_desk_of("Auditor")

        shown = {
            state: text_of(client.get(f"{LIST}?state={state}")) for state in ("held", "captured", "expired")
        }

        told = {state: [n for n in ("11", "12", "13") if f"{n} AIT" in page] for state, page in shown.items()}
        assert told == {"held": ["11"], "captured": ["12"], "expired": ["13"]}

    def test_is_where_the_held_figure_of_an_account_leads(self, shop: Shop, account: Account) -> None:
        a_hold(shop, account, "11")
        other = shop.an_account()
        a_grant(other, "100")
        a_hold(shop, other, "12")
        client = at_the_desk_of("Sales")

        page = text_of(client.get(f"/admin/wallets/account/{account.pk}/change/"))
        link = f"{LIST}?q={account.reference}&amp;state=held"
        shown = text_of(client.get(link.replace("&amp;", "&")))

        assert link in page
        assert "11 AIT" in shown
        assert "12 AIT" not in shown


class TestPage:
    def test_shows_what_is_pinned_and_what_became_of_it(self, shop: Shop, account: Account) -> None:
        hold = a_hold(shop, account, "104")
        debit = capture(shop, hold, "30", is_final=False).debit
        assert debit is not None

        page = text_of(at_the_desk_of("Auditor").get(f"{LIST}{hold.id}/change/"))

        assert f"/admin/wallets/grant/{hold.draws[0].grant}/change/" in page
        for figure in ("104", "100", "30", "70", "4"):
            assert f">{figure}<" in page, figure
        assert f"/admin/usage/debit/{debit.id}/change/" in page
        assert "overage to 10" in page
        assert "Release" not in page

    def test_of_a_debit_leads_to_its_hold(self, shop: Shop, account: Account) -> None:
        hold = a_hold(shop, account, "5")
        debit = capture(shop, hold, "3").debit
        assert debit is not None

        page = text_of(at_the_desk_of("Auditor").get(f"/admin/usage/debit/{debit.id}/change/"))

        assert f"{LIST}{hold.id}/change/" in page
        assert "It was held for this." in page


class TestRelease:
    def test_gives_everything_back_for_a_reason(self, shop: Shop, account: Account) -> None:
        hold = a_hold(shop, account, "30")
        client = at_the_desk_of("Support")
        address = f"{LIST}{hold.id}/release/"
        form = {**as_shown(client, address), "reason": "The job died."}

        first = client.post(address, form, follow=True)
        again = client.post(address, form, follow=True)

        assert "The hold is released." in text_of(first)
        assert "The hold is released." in text_of(again)
        assert free(account) == (100, 0, 0)
        step = HoldStep.objects.get(hold=hold.id)
        assert (step.kind, step.reason, step.recorded_by) == ("release", "The job died.", "support")

    def test_needs_a_reason(self, shop: Shop, account: Account) -> None:
        hold = a_hold(shop, account, "30")
        client = at_the_desk_of("Finance")

        client.post(f"{LIST}{hold.id}/release/", {"form_token": "x", "reason": ""})

        assert free(account) == (70, 30, 0)

    def test_tells_that_the_hold_is_settled(self, shop: Shop, account: Account) -> None:
        hold = a_hold(shop, account, "30")
        capture(shop, hold, "1")
        client = at_the_desk_of("Finance")

        answer = client.post(f"{LIST}{hold.id}/release/", {"form_token": "x", "reason": "Late."})

        assert "The hold is settled already." in text_of(answer)
        assert not HoldStep.objects.filter(hold=hold.id, kind="release").exists()

    def test_tells_that_the_hold_had_expired(self, shop: Shop, account: Account) -> None:
        hold = a_hold(shop, account, "30", now=clock() - HOUR, expires_in=60)
        client = at_the_desk_of("Finance")

        answer = client.post(f"{LIST}{hold.id}/release/", {"form_token": "x", "reason": "Late."}, follow=True)

        assert "The hold had expired already." in text_of(answer)


class TestVoidPage:
    def test_says_what_is_taken_back_and_what_is_left_to_holds(self, shop: Shop, account: Account) -> None:
        a_hold(shop, account, "30")
        grant = account.grants.get()

        page = text_of(
            at_the_desk_of("Finance").get(f"/admin/wallets/account/{account.pk}/grants/{grant.pk}/void/")
        )

        assert "Take back 70 tokens" in page
