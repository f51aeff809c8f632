"""A customer's way through sales and finance in a real browser, by what is written there; figures worked out by hand.

Somebody who used 350 tokens is quoted what covers it, less 20 % of the plan: 25 − 5 + 12 = 32 Swedish crowns. It is a
plan of 300 tokens and one desk, and a pack of 100. At the peak two more take desks at 1 token each, and 430 units are
used: 432 − 400 = 32 tokens of overage, at 0.25 is 8.00, of which 2.75 are given back. The invoice asks for 32 + 8 = 40.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from django.contrib.auth.models import User

from billing.models import Invoice, Offer, Quotation, Trial, TrialOffer
from billing.rules.months import end_of
from billing.services import auditing, entitlements, invoicing, recognising, trial_life
from billing.tests.invoiced import a_seller as who_sells
from billing.tests.look.browser import Browser
from billing.tests.look.person import Person
from billing.tests.orders.sold import an_offer, bought, given_to, monthly
from billing.tests.quotations.quoted import a_limit, a_seller
from usage.services import keys
from usage.tests.made import DAY, HOUR, Shop, a_grant, ait, clock, named
from wallets.models import Account, Currency, Grant

pytestmark = [pytest.mark.look, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Staff:
    """Three people, each in a browser of their own and in one group."""

    seller: Person
    manager: Person
    finance: Person
    seller_user: User


@pytest.fixture
def staff(browser: Browser) -> Iterator[Staff]:
    users = [a_seller(group) for group in ("Sales", "Sales management", "Finance")]
    windows = [Browser(browser.base, user) for user in users]
    yield Staff(*(Person(each) for each in windows), users[0])
    for each in windows:
        each.quit()


@dataclass(frozen=True)
class Customer:
    account: Account
    shop: Shop
    key: str
    base: str

    def asks(self, path: str, body: dict[str, object]) -> dict[str, object]:
        """The answer to a call of the customer's product over HTTP."""
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": named("once")}
        answer = httpx.post(
            f"{self.base}/api/v1{path}",
            json={"account": self.account.reference} | body,
            headers=headers,
            trust_env=False,
            timeout=60,
        )
        assert answer.status_code == 201, answer.text
        told: dict[str, object] = answer.json()
        return told

    def takes_a_desk(self, user: str) -> object:
        return self.asks("/checkouts", {"feature": self.shop.image, "subject": {"user": user}})["seat"]


def a_customer(browser: Browser, seller: User) -> Customer:
    """Used up what it had, in front of a shelf in a currency that nobody else sells in."""
    shop = Shop(since=clock() - 100 * DAY)
    account = shop.an_account(clock() - 60 * DAY, name=named("Brightline"))
    a_grant(account, "350", now=clock() - 60 * DAY)
    shop.debit(account, "310", "40", now=clock() - 5 * DAY)
    Currency.objects.get_or_create(code="SEK", defaults={"reporting_rate": 1})
    Offer.objects.filter(currency="SEK").update(is_sold=False)
    an_offer("12", code=named("PACK"), name="Small pack", tokens=[bought("100")], currency="SEK")
    an_offer(
        "25",
        code=named("TEAM"),
        name="Team",
        kind="plan",
        period="month",
        currency="SEK",
        tokens=[monthly("300")],
        seats={shop.image: 1},
        policy={"mode": "overage", "limit": "100", "steps": []},
    )
    a_limit("5", seller=seller)
    key = keys.create(product_code=shop.product.code, scopes=["debit", "read"]).text
    return Customer(account, shop, key, browser.base)


def goes_to(person: Person, account: Account) -> None:
    """From the first page to the account's."""
    person.browser.open("/admin/")
    person.press("Accounts")
    person.search(account.reference)
    person.press(account.name)


class TestCustomer:
    def test_from_its_usage_to_an_invoice_and_the_journal(self, browser: Browser, staff: Staff) -> None:
        customer = a_customer(browser, staff.seller_user)

        self.is_quoted(staff.seller, customer)
        quotation = Quotation.objects.get(account=customer.account)
        self.is_approved(staff.manager, customer)
        self.accepts(staff.seller, customer)
        self.is_at_its_peak(staff.seller, customer)
        self.is_given_a_price_of_overage(staff.finance, customer)
        invoice = self.is_invoiced(staff.finance, customer)
        self.is_credited(staff.finance, invoice)
        self.is_in_the_books(staff.finance)
        self.lives_through_the_months_end(staff.seller, customer, quotation)

        for each in (staff.seller, staff.manager, staff.finance):
            assert each.browser.complaints() == []

    def is_quoted(self, seller: Person, customer: Customer) -> None:
        goes_to(seller, customer.account)
        seller.press("More")
        seller.press("Estimate and quote")
        seller.press("SEK")
        seller.sees("37.00 SEK")
        seller.keep("01-estimate")
        seller.press("Quote these lines")
        seller.fill(**{"lines-0-share": "20", "lines-0-reason": "They grow", "note": "As we said."})
        seller.press("Save the draft")
        seller.sees("32.00 SEK")
        seller.sees("a second person approves it before it is sent")
        seller.press("Ask for approval")
        seller.press("Ask for approval")
        seller.keep("02-asked")

    def is_approved(self, manager: Person, customer: Customer) -> None:
        manager.browser.open("/admin/")
        manager.sees("approval")
        manager.press("Quotations")
        manager.press("Waiting for approval")
        manager.search(customer.account.reference)
        manager.press("Draft")
        manager.press("Decide …")
        manager.keep("03-decide")
        manager.press("Approve")
        manager.sees("It is approved")

    def accepts(self, seller: Person, customer: Customer) -> None:
        goes_to(seller, customer.account)
        seller.press("More")
        seller.press("Its quotations")
        seller.press("Draft")
        seller.press("Send …")
        seller.press("Send it")
        seller.press("Accepted …")
        seller.fill(answered_by="Ada Buyer", reference="PO-7")
        seller.press("Accept: place the order")
        seller.keep("04-accepted")
        seller.sees("It is the order")
        seller.press(Quotation.objects.get(account=customer.account).number)
        seller.keep("05-order")
        seller.sees("300 AIT")
        seller.sees(f"1 seat of {customer.shop.image}")

    def is_at_its_peak(self, seller: Person, customer: Customer) -> None:
        seats = [customer.takes_a_desk(user) for user in ("ann", "bob", "cid")]
        assert seats == ["base", "overflow", "overflow"]
        items = [{"feature": customer.shop.chat, "quantity": "430"}]
        assert customer.asks("/debits", {"items": items})["overage"] == "32.000000"
        goes_to(seller, customer.account)
        seller.sees("32")
        seller.keep("06-peak")

    def is_given_a_price_of_overage(self, finance: Person, customer: Customer) -> None:
        who_sells()
        finance.browser.open("/admin/")
        finance.press("Overage rates")
        finance.press("add")
        finance.fill(account=customer.account.reference, price="0.25", reason="By contract.")
        finance.fill(currency="SEK", effective_from=f"{clock():%Y-%m-01T00:00}")
        finance.keep("07-rate")
        finance.press("Set")
        finance.sees("By contract.")

    def is_invoiced(self, finance: Person, customer: Customer) -> Invoice:
        """The draft asks for 20.00 and 12.00 at once; what was used beyond tokens joins it when its month is over."""
        over = end_of(clock().date()) + HOUR
        invoicing.draft_account(customer_id=customer.account.pk)
        finance.browser.open("/admin/")
        finance.sees("wait")
        finance.press("Invoices")
        finance.search(customer.account.reference)
        finance.press("draft")
        finance.sees("32.00 SEK")
        finance.keep("08-draft")
        finance.press("Finalise …")
        draft = Invoice.objects.get(customer=customer.account)
        final = invoicing.finalise(invoice_id=draft.pk, by="finance", now=over)
        finance.press("Invoices")
        finance.press(final.number)
        finance.sees("40.00 SEK")
        finance.keep("09-final")
        return final

    def is_credited(self, finance: Person, invoice: Invoice) -> None:
        finance.press("Credit …")
        line = invoice.lines.get(kind="overage")
        assert (line.quantity, line.amount) == (32, 8)
        finance.fill(**{f"line_{line.pk}": "2.75", "reason": "The desk was ours to pay."})
        finance.press("Issue the credit note")
        finance.keep("10-credited")
        finance.sees("2.75 SEK")

    def is_in_the_books(self, finance: Person) -> None:
        """The pack's 12.00 were paid and its 100 tokens are spent."""
        recognising.reckon()
        finance.press("Revenue")
        finance.press(f"{clock():%B %Y}")
        finance.sees("12.00")
        finance.keep("11-month")
        finance.press_in("SEK", "Journal")
        finance.sees("Receivable from customers")
        finance.keep("12-journal")

    def lives_through_the_months_end(self, seller: Person, customer: Customer, quotation: Quotation) -> None:
        """The next period's 300 tokens are there by themselves; then the books are right."""
        begun = given_to(customer.account)[0]
        assert begun.expires_at is not None
        entitlements.reconcile(account_id=customer.account.pk, now=begun.expires_at)
        assert [grant.tokens for grant in given_to(customer.account)] == [300, 100, 300]
        recognising.reckon()
        assert auditing.run().is_clean
        seller.browser.open("/admin/")
        seller.sees("The books are right.")
        seller.keep("13-home")


class TestTrial:
    def test_is_issued_used_extended_and_becomes_a_purchase(self, browser: Browser, staff: Staff) -> None:
        """Ten tokens for 14 days, and 7 more; 4 are used, the other 6 end with the purchase."""
        customer, offer = a_customer(browser, staff.seller_user), named("pilot")
        seller, manager = staff.seller, staff.manager
        manager.browser.open("/admin/")
        manager.press("Trial offers")
        manager.press("add")
        manager.fill(name=offer, tokens="10", unit=str(ait()), days="14", extension_days="7")
        manager.press("Save")
        manager.sees(offer)

        self.is_issued_and_used(seller, customer, offer)
        self.is_followed(seller, customer, offer)

        trial = Trial.objects.get(customer=customer.account)
        grant = Grant.objects.get(pk=trial.grant_id)
        assert (grant.spent, grant.voided, grant.remaining, trial.purchase) == (4, 6, 0, "SO-4711")
        assert seller.browser.complaints() + manager.browser.complaints() == []

    def is_issued_and_used(self, seller: Person, customer: Customer, offer: str) -> None:
        goes_to(seller, customer.account)
        seller.press("Issue trial tokens")
        seller.fill(
            offer=str(TrialOffer.objects.get(name=offer).pk), opportunity=named("OPP"), reason="A try."
        )
        seller.keep("trial-1-issue")
        seller.press("Issue trial tokens")
        items = [{"feature": customer.shop.chat, "quantity": "4"}]
        assert customer.asks("/debits", {"items": items})["overage"] == "0.000000"
        trial_life.note_first_uses()

    def is_followed(self, seller: Person, customer: Customer, offer: str) -> None:
        seller.browser.open("/admin/")
        seller.press("Trials alive")
        seller.fill(q=customer.account.reference)
        seller.press("Show")
        seller.sees("40.0 %")
        seller.keep("trial-2-board")
        seller.press(offer)
        seller.press("Extend")
        seller.fill(reason="They were away.")
        seller.press("Extend it")
        seller.sees("21 days left")
        seller.press("Convert")
        seller.browser.find("[name=kept][value=ended]").click()
        seller.fill(purchase="SO-4711")
        seller.press("It became a purchase")
        seller.keep("trial-3-converted")
        seller.sees("converted")
