"""Quotations at a desk: written, approved, sent, answered."""

from __future__ import annotations

import csv
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils.html import escape

from billing.models import ActRule, Buyer, HandAct, Quotation, QuotationAnswer, Seller
from billing.tests.desks.people import at_the_desk_of, said, text_of
from billing.tests.orders.sold import an_offer, bought, given_to
from billing.tests.printed import letters
from billing.tests.quotations.quoted import a_draft, a_limit, a_line, a_promotion, off, sent
from usage.tests.made import clock
from wallets.models import Account

pytestmark = pytest.mark.django_db

LIST = "/admin/billing/quotation/"
WHO = {"answered_by": "Ada Buyer", "reference": "PO-7", "form_token": "f-1"}


@pytest.fixture
def sales() -> Client:
    return at_the_desk_of("Sales")


@pytest.fixture
def seller(sales: Client) -> User:
    return User.objects.get(username="sales")


def body(*rows: dict[str, str], **head: str) -> dict[str, str]:
    """The form as a browser sends it."""
    found = {
        "currency": "USD",
        "last_day": f"{clock().date() + timedelta(days=10)}",
        "lines-TOTAL_FORMS": str(len(rows)),
        "lines-INITIAL_FORMS": "0",
        **head,
    }
    for place, row in enumerate(rows):
        found |= {f"lines-{place}-{name}": value for name, value in row.items()}
    return found


def page(quotation: Quotation, name: str) -> str:
    return f"{LIST}{quotation.pk}/{name}/"


def file_of(client: Client) -> list[dict[str, str]]:
    return list(csv.DictReader(text_of(client.get(f"{LIST}file.csv")).splitlines()))


class TestForm:
    def send(self, client: Client, account: Account, *rows: dict[str, str], **head: str) -> Any:
        return client.post(f"{LIST}to/{account.pk}/", body(*rows, **head))

    def test_writes_a_draft_with_its_sums(self, sales: Client, acme: Account) -> None:
        offer, promotion = an_offer("100"), a_promotion("share", "10")
        row = {
            "sku": offer.code,
            "quantity": "2",
            "promotion": promotion.code,
            "share": "5",
            "reason": "Loyal",
        }

        answer = self.send(sales, acme, row, {}, discount_amount="1", discount_reason="Round", save="1")

        quotation = Quotation.objects.get(account=acme)
        line = quotation.lines.get()
        assert said(answer) == "Saved: 170.00 USD to pay. Nobody has it yet."
        assert (line.promotion_amount, line.discounted, line.spread, line.amount) == (20, 9, 1, 170)
        told = text_of(sales.get(answer.headers["Location"]))
        assert "Discount 5 %: −9.00 USD (Loyal)" in told
        assert "Discount on the whole: −1.00 USD (Round)" in told

    def test_reckons_without_saving_anything(self, sales: Client, acme: Account) -> None:
        told = text_of(self.send(sales, acme, {"sku": an_offer("100").code, "quantity": "3"}, reckon="1"))

        assert '<td class="d-num d-strong" data-total>300.00 USD</td>' in told
        assert not Quotation.objects.filter(account=acme).exists()

    def test_gives_more_rows_without_losing_any(self, sales: Client, acme: Account) -> None:
        told = text_of(self.send(sales, acme, {"sku": an_offer().code, "quantity": "7"}, more="1"))

        assert told.count("data-row>") == 3
        assert 'value="7"' in told

    @pytest.mark.parametrize(
        ("row", "sentence"),
        [
            ({"quantity": "0"}, "A quantity is more than 0."),
            ({"amount": "100.01"}, "A discount takes off 0 to 100.00 USD here."),
            ({"share": "1", "amount": "1"}, "A discount is per cent or an amount, not both."),
            ({"sku": ""}, "Choose an offer, or empty the row."),
        ],
    )
    def test_says_beside_a_row_what_is_wrong(
        self, sales: Client, acme: Account, row: dict[str, str], sentence: str
    ) -> None:
        told = self.send(sales, acme, {"sku": an_offer().code, "quantity": "1"} | row, save="1")

        assert f'<em class="d-error">{sentence}</em>' in text_of(told)
        assert not Quotation.objects.filter(account=acme).exists()

    def test_takes_lines_out_and_is_not_saved_over_anothers(
        self, sales: Client, seller: User, acme: Account
    ) -> None:
        one, other = an_offer("100"), an_offer("7")
        quotation = a_draft(acme, a_line(one), a_line(other), user=seller)
        rows = ({"sku": one.code, "quantity": "1", "DELETE": "on"}, {"sku": other.code, "quantity": "1"})

        first = sales.post(page(quotation, "edit"), body(*rows, edits="1", save="1"))
        second = sales.post(page(quotation, "edit"), body(*rows, edits="1", save="1"))

        assert [line.amount for line in quotation.lines.all()] == [7]
        assert (first.status_code, second.status_code) == (302, 200)
        assert "somebody saved this draft meanwhile" in text_of(second)


class TestWay:
    def test_leads_from_a_draft_over_the_limit_to_an_order(
        self, sales: Client, seller: User, acme: Account
    ) -> None:
        a_limit("10", group=Group.objects.get(name="Sales"))
        offer = an_offer("100", tokens=[bought("1000")])
        quotation = a_draft(acme, a_line(offer, "2", discount=off("25")), user=seller)
        seen = {"edits": "1"}
        assert "Ask for approval" in text_of(sales.get(page(quotation, "change")))
        assert "a second person approves it" in text_of(sales.post(page(quotation, "send"), seen))
        sales.post(page(quotation, "ask"), seen | {"note": "They grow."}, follow=True)
        manager = at_the_desk_of("Sales management")
        assert "They grow." in text_of(manager.get(page(quotation, "decide")))

        approved = manager.post(
            page(quotation, "decide"), seen | {"verdict": "approved", "reason": "For once"}
        )
        sales.post(page(quotation, "send"), seen, follow=True)
        taken = sales.post(page(quotation, "accept"), WHO)

        number = Quotation.objects.get(pk=quotation.pk).number
        assert said(approved) == "It is approved and can be sent as it stands."
        assert said(taken) == f"Accepted by Ada Buyer: order {number} is placed."
        assert [(grant.tokens, grant.unit_cost) for grant in given_to(acme)] == [(2000, Decimal("0.075"))]
        assert QuotationAnswer.objects.get(quotation=quotation).recorded_by == seller
        told = text_of(sales.get(page(quotation, "change")))
        assert "Accepted by Ada Buyer" in told
        assert f">{number}</a>" in told.partition("It is the order ")[2]
        assert number in text_of(sales.get(f"{LIST}?q={number}"))

    def test_waits_for_a_second_person_beyond_the_rule_for_orders(
        self, sales: Client, seller: User, acme: Account
    ) -> None:
        ActRule.objects.create(kind="order", limit=999)
        quotation = sent(a_draft(acme, a_line(an_offer("100", tokens=[bought("1000")])), user=seller))

        asked = sales.post(page(quotation, "accept"), WHO)

        assert "It waits for another person's approval; nothing moved yet." in said(asked)
        told = text_of(sales.get(page(quotation, "change")))
        assert "one person alone may move 999 a day. It waits for a second person" in told
        assert "Accepted …" not in told
        finance, act = at_the_desk_of("Finance"), HandAct.objects.get()
        address = f"/admin/billing/handact/{act.pk}/change/"
        assert f"{quotation.number}</a>, accepted by Ada Buyer, PO-7" in text_of(finance.get(address))
        assert said(finance.post(address, {"verdict": "approve"})) == "It is approved."
        assert [grant.tokens for grant in given_to(acme)] == [1000]
        assert "Accepted by Ada Buyer" in text_of(sales.get(page(quotation, "change")))

    def test_says_that_an_author_does_not_decide(self, acme: Account) -> None:
        manager = at_the_desk_of("Sales management")
        quotation = a_draft(acme, a_line(an_offer()), user=User.objects.get(username="sales-management"))

        told = manager.post(page(quotation, "decide"), {"edits": "1", "verdict": "approved"})

        assert "Who wrote a quotation does not approve it: a second person does." in text_of(told)

    def test_says_that_the_last_use_was_taken(self, sales: Client, seller: User, acme: Account) -> None:
        promotion, offer = a_promotion(most_uses=1), an_offer()
        first, second = (
            sent(a_draft(acme, a_line(offer, promotion=promotion.code), user=seller)) for _ in range(2)
        )
        sales.post(page(first, "accept"), WHO)

        told = text_of(sales.post(page(second, "accept"), WHO | {"form_token": "f-2"}))

        assert f"All uses of the promotion {promotion.code} are taken" in told

    def test_revises_and_declines(self, sales: Client, seller: User, acme: Account) -> None:
        quotation = sent(a_draft(acme, a_line(an_offer()), user=seller))

        declined = sales.post(page(quotation, "decline"), {"answered_by": "", "reason": "Too dear"})
        revised = sales.post(page(quotation, "revise"), {})

        revision = quotation.revisions.get()
        assert said(declined) == f"{quotation.number} is declined."
        assert revised.headers["Location"] == page(revision, "edit")
        assert "Too dear" in text_of(sales.get(page(quotation, "change")))

    def test_goes_by_its_number_in_a_file_with_the_decimals_of_its_currency(
        self, sales: Client, seller: User, acme: Account
    ) -> None:
        quotation = sent(a_draft(acme, a_line(an_offer("90.5")), user=seller))
        sales.post(page(quotation, "revise"), {})
        revision = quotation.revisions.get()
        draft = {each["id"]: each for each in file_of(sales)}[str(revision.pk)]
        revision = sent(revision)

        rows = {each["id"]: each for each in file_of(sales)}

        assert draft["number"] == ""
        assert rows[str(quotation.pk)]["number"] == quotation.number
        assert rows[str(revision.pk)]["number"] == revision.number == f"{quotation.number}/2"
        assert {(each["list_amount"], each["amount"]) for each in rows.values()} == {("90.50", "90.50")}


class TestPaper:
    def test_shows_what_is_paid_when_and_what_was_taken_off(
        self, sales: Client, seller: User, acme: Account
    ) -> None:
        pack, plan = (
            an_offer("100", name="Big pack"),
            an_offer("30", kind="plan", period="month", name="Team"),
        )
        Seller.objects.update_or_create(pk=1, defaults={"name": "Łódź & Söhne", "terms": "Within 14 days."})
        buyer = Buyer.objects.create(customer=acme, name="Kunde GmbH", address="Am Markt 2\n20095 Hamburg")
        quotation = sent(
            a_draft(acme, a_line(pack, discount=off("10")), a_line(plan), user=seller, note="Dear Ada")
        )
        Seller.objects.update_or_create(pk=1, defaults={"name": "Moved elsewhere"})
        buyer.address = "Moved too"
        buyer.save()

        told = text_of(sales.get(page(quotation, "paper")))
        file = sales.get(page(quotation, "pdf"))

        printed = letters(file.content)
        for words in (
            quotation.number,
            "Łódź & Söhne",
            "Kunde GmbH",
            "20095 Hamburg",
            "Dear Ada",
            "Big pack",
            "−10.00",
            "Paid each month",
            "30.00 USD",
            "120.00 USD",
            "130.00 USD",
            "Within 14 days.",
        ):
            assert words in printed
            assert escape(words) in told
        assert "Moved" not in told + printed
        assert "<script" not in told
        assert file.headers["Content-Disposition"].endswith(f'"quotation-{quotation.number.lower()}.pdf"')


class TestEstimate:
    def test_fills_the_lines_of_a_draft(self, sales: Client, acme: Account) -> None:
        offer = an_offer("5", tokens=[bought("6")])
        told = text_of(sales.get(f"{LIST}to/{acme.pk}/estimate/"))

        answer = sales.post(f"{LIST}to/{acme.pk}/estimate/", {"days": "30", "currency": "USD"})

        quotation = Quotation.objects.get(account=acme)
        line = quotation.lines.get()
        assert '<dd class="d-figure">14</dd>' in told
        assert (line.sku, line.quantity, quotation.amount) == (offer.code, 3, 15)
        assert quotation.estimate["a_month"] == "14"
        assert answer.headers["Location"] == page(quotation, "edit")
