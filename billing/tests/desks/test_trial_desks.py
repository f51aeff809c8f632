"""Selling trials in the admin, from the offer to the conversion, with the numbers worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from billing.models import News, Trial, TrialOffer, TrialRequest
from billing.services import auditing, news, trial_life
from billing.tests.desks.people import as_shown, at_the_desk_of, said, text_of
from billing.tests.trying import a_trial, allow, an_offer
from pricing.rules.rows import RateRow
from pricing.services import drafting, publishing
from usage.tests.made import DAY, Shop, ait, ledger_of
from wallets.models import Account, Grant, TokenUnit

pytestmark = pytest.mark.django_db

BOARD = "/admin/billing/trial/"


@pytest.fixture
def sales() -> Client:
    return at_the_desk_of("Sales")


@pytest.fixture
def seller(sales: Client) -> User:
    return User.objects.get(username="sales")


@pytest.fixture
def manager() -> Client:
    return at_the_desk_of("Sales management")


def issue(desk: Client, offer: TrialOffer, account: Account, form: str) -> str:
    """Send the form of the account's page; answers what is said then."""
    sent = {"form_token": form, "offer": offer.pk, "reason": "They want to try it.", "opportunity": form}
    return said(desk.post(f"/admin/wallets/account/{account.pk}/trial/", sent))


class TestFromOfferToConversion:
    def test_adds_up_at_every_step(
        self, sales: Client, seller: User, manager: Client, packaging: Client
    ) -> None:
        shop = Shop()
        acme, globex = shop.an_account(name="Acme"), shop.an_account(name="Globex")
        offer = self.make_the_offer(packaging)
        allowed = {
            "seller": seller.pk,
            "unit": ait(),
            "how": "own",
            "tokens": "150",
            "reason": "A quarter's plan",
        }
        manager.post("/admin/billing/sellerallowance/add/", allowed)

        assert "100 trial tokens for Acme." in issue(sales, offer, acme, "deal-1")
        assert "a manager is asked" in issue(sales, offer, globex, "deal-2")  # 150 − 100 < 100
        assert "left of your month: 50 of 150 AIT" in text_of(sales.get(BOARD))
        self.approve(manager)
        assert ledger_of(acme) == ledger_of(globex) == [("grant", 100)]

        self.use_and_convert(shop, acme, sales)

        (line,) = text_of(sales.get(f"{BOARD}report/csv/")).splitlines()[1:]
        assert line.partition(",")[2] == (
            "Pilot,sales,AIT,2,1,0,1,200.000000,40.000000,0.000000000000,40.000000"
        )
        news.tell()
        told = News.objects.get(kind="trial.converted")
        assert (told.about, told.data["purchase"], told.data["kept"]) == (acme, "order-9", False)
        assert [auditing.told(finding) for finding in auditing.findings()] == []

    def use_and_convert(self, shop: Shop, acme: Account, sales: Client) -> None:
        """Forty of a hundred are spent, ten days are added, and the other sixty end with the purchase."""
        shop.debit(acme, "40")
        trial_life.note_first_uses()
        trial = Trial.objects.get(customer=acme)
        board = text_of(sales.get(f"{BOARD}?state=running&q={acme.reference}"))
        assert "40.0 %" in board
        assert "Globex" not in board
        sales.post(f"{BOARD}{trial.pk}/extend/", {"reason": "A holiday"})
        assert Grant.objects.get(pk=trial.grant_id).expires_at == trial.issued_at + 40 * DAY
        sales.post(f"{BOARD}{trial.pk}/convert/", {"kept": "ended", "purchase": "order-9"})
        assert ledger_of(acme) == [("grant", 100), ("draw", 40), ("void", 60)]

    def make_the_offer(self, packaging: Client) -> TrialOffer:
        """A hundred tokens for thirty days, once an account, and ten days more."""
        sent = as_shown(packaging, "/admin/billing/trialoffer/add/")
        life = {
            "days": 30,
            "starts": "at_once",
            "activate_within": 90,
            "extension_days": 10,
            "remind_days": 7,
        }
        sent |= {
            "name": "Pilot",
            "tokens": "100",
            "unit": ait(),
            "priority": 50,
            "once_per": "account",
            **life,
        }
        response = packaging.post("/admin/billing/trialoffer/add/", {**sent, "is_on": "on"})
        assert response.status_code == 302, response.context["adminform"].form.errors
        offer = TrialOffer.objects.get(name="Pilot")
        assert offer.history.get().history_user.username == "packaging"
        return offer

    def approve(self, manager: Client) -> None:
        request = TrialRequest.objects.get()
        assert "They want to try it." in text_of(manager.get("/admin/billing/trialrequest/"))
        page = f"/admin/billing/trialrequest/{request.pk}/decide/"
        assert "<dt>Costs us</dt><dd>unknown</dd>" in text_of(manager.get(page))
        assert "100 trial tokens for Globex are issued." in said(manager.post(page, {"verdict": "approve"}))


class TestRequests:
    def test_tell_what_the_tokens_cost(self, sales: Client, seller: User, manager: Client) -> None:
        shop = Shop()
        rows = [RateRow(shop.chat, Decimal(2), cost=Decimal("0.02"), cost_currency="USD")]
        draft = drafting.replace_rates(draft=drafting.open_draft(table=shop.table), rows=rows, revision=None)
        publishing.publish(version=draft)
        allow(seller, "5")
        issue(sales, an_offer("10"), shop.an_account(), "deal")

        page = manager.get(f"/admin/billing/trialrequest/{TrialRequest.objects.get().pk}/decide/")

        assert "<dt>Costs us</dt><dd>0.10 USD</dd>" in text_of(page)

    def test_tell_how_far_a_month_is_over_an_allowance_that_shrank(self, sales: Client, seller: User) -> None:
        allow(seller, "50")
        issue(sales, an_offer("40"), Shop().an_account(), "deal")
        allow(seller, "10")

        assert "left of your month: nothing, 30 over 10 AIT" in text_of(sales.get(BOARD))

    def test_are_not_decided_by_who_made_them(self, manager: Client) -> None:
        offer, account = an_offer("10"), Shop().an_account()
        allow(User.objects.get(username="sales-management"), "5")
        issue(manager, offer, account, "deal")
        page = f"/admin/billing/trialrequest/{TrialRequest.objects.get().pk}/decide/"

        response = manager.post(page, {"verdict": "approve"})

        assert "somebody else decides" in text_of(manager.get(page))
        assert "second person" in response.context["form"].non_field_errors()[0]
        assert ledger_of(account) == []


class TestTrial:
    def test_is_revoked_by_managers_alone(self, sales: Client, seller: User, manager: Client) -> None:
        account = Shop().an_account()
        page = f"{BOARD}{a_trial(seller, an_offer('10'), account).pk}/"

        assert sales.post(f"{page}revoke/", {"reason": "Fraud"}).status_code == 403
        assert "taken back" in said(manager.post(f"{page}revoke/", {"reason": "Fraud"}))

        assert ledger_of(account) == [("grant", 10), ("void", 10)]
        assert f"{page}revoke/" not in text_of(manager.get(f"{page}change/"))

    def test_is_told_of_again_when_somebody_asks(self, sales: Client, seller: User) -> None:
        trial = a_trial(seller, an_offer("10"), Shop().an_account())
        news.tell()

        sales.post(f"{BOARD}{trial.pk}/remind/")
        news.tell()

        told = News.objects.get(kind="trial.expiring", about=trial.customer)
        assert (told.data["seller"], told.data["remaining"]) == ("sales", "10.000000")


class TestFile:
    def test_is_issued_after_its_dry_run(self, sales: Client) -> None:
        offer, account = an_offer("10"), Shop().an_account()
        text = f"account,offer,reason\n{account.reference},{offer.name},A fair\n"

        form = as_shown(sales, f"{BOARD}file/")
        dry = sales.post(f"{BOARD}file/", {**form, "file": SimpleUploadedFile("t.csv", text.encode())})
        assert (dry.context["filed"].issued, dry.context["filed"].tokens) == (1, Decimal(10))
        assert ledger_of(account) == []
        sent = {"packed": dry.context["asked"]["packed"], "form_token": form["form_token"], "carry_out": "1"}
        for _ in range(2):
            sales.post(f"{BOARD}file/", sent)

        assert ledger_of(account) == [("grant", 10)]

    def test_tells_the_lines_at_fault(self, sales: Client) -> None:
        text = "account,offer,reason\nnobody,nothing,A fair\n"
        form = as_shown(sales, f"{BOARD}file/")

        page = sales.post(f"{BOARD}file/", {**form, "file": SimpleUploadedFile("t.csv", text.encode())})

        assert "Line 2: There is no offer nothing. There is no account nobody." in text_of(page)

    def test_tells_at_once_what_cannot_be_read_and_what_cannot_be_issued(self, sales: Client) -> None:
        offer, account = an_offer("10"), Shop().an_account()
        known = account.reference
        lines = [f"nobody,{offer.name},A fair", f"{known},{offer.name},A fair", f"{known},nothing,A fair"]
        text = "\n".join(["account,offer,reason", *lines, f"{known},{offer.name},"])
        form = as_shown(sales, f"{BOARD}file/")

        page = sales.post(f"{BOARD}file/", {**form, "file": SimpleUploadedFile("t.csv", text.encode())})

        assert page.context["form"].non_field_errors() == ["3 of 4 lines can't be issued, so nothing was."]
        assert [fault.pointer for fault in page.context["faults"]] == ["/2", "/4", "/5"]
        assert ledger_of(account) == []


class TestOffer:
    def test_begins_in_the_usual_token_unit(self) -> None:
        page = at_the_desk_of("Packaging").get("/admin/billing/trialoffer/add/")

        assert page.context["adminform"].form["unit"].value() == TokenUnit.objects.get(is_default=True).pk


class TestPalette:
    def test_leads_sellers_to_the_form(self, sales: Client, finance: Client) -> None:
        account = Shop().an_account(name="Initech")

        link = f"/admin/wallets/account/{account.pk}/trial/"
        assert link in text_of(sales.get("/admin/search/?s=Initech&extended=1"))
        assert link not in text_of(at_the_desk_of("Support").get("/admin/search/?s=Initech&extended=1"))
