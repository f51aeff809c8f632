"""Text-book examples: what is invoiced, deferred and earned, to be checked by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db.models import Sum

from billing.errors import CreditTooMuch
from billing.models import BilledMonth, GrantRevenue, Invoice, InvoiceLine, OrderCharge
from billing.queries import journal, open_charges
from billing.rules.journal import lines_of
from billing.services import auditing, crediting, invoicing, recognising
from billing.services.crediting import CreditOrder
from billing.tests.invoiced import a_rate, a_seller
from billing.tests.orders.sold import a_line, an_offer, bought, order
from usage.services import reversing
from usage.tests.made import DAY, UNLIMITED, Shop, a_reversal, named
from wallets.models import Account, Wallet

pytestmark = pytest.mark.django_db
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MID_MARCH = datetime(2026, 3, 16, tzinfo=UTC)
"""From here to 16 April are 31 days, 16 of them in March."""

LATE = "what_orders_ask_for_is_on_a_draft"


@pytest.fixture
def shop() -> Shop:
    a_seller()
    return Shop(since=NEW_YEAR - 40 * DAY)


def invoiced(account: Account, now: datetime) -> Invoice:
    """The account's only draft, as it becomes final."""
    invoicing.draft_account(customer_id=account.pk, now=now)
    draft = Invoice.objects.drafts().get(customer=account)
    return invoicing.finalise(invoice_id=draft.pk, by="fin", expected=draft.total, now=now)


def asked(invoice: Invoice) -> list[tuple[str, str, str, str]]:
    """Description, days and amount of each line."""
    rows = InvoiceLine.objects.filter(invoice=invoice).order_by("position")
    return [(row.description, f"{row.first_day}", f"{row.last_day}", f"{row.amount:.2f}") for row in rows]


def earned(account: Account) -> dict[str, str]:
    """What each month earned of fees and overage."""
    rows = BilledMonth.objects.filter(account=account).values_list("month").annotate(sum=Sum("earned"))
    return {f"{month:%Y-%m}": f"{amount:.2f}" for month, amount in rows.order_by("month") if amount}


def booked(account: Account, month: date) -> list[tuple[str, str, str]]:
    """The month's journal of fees and overage: account debited, account credited, amount."""
    lines = [
        line
        for row in journal.moved_in(month, "USD")
        for line in lines_of(row)
        if line.customer == account.reference and line.role not in ("deferred", "revenue")
    ]
    pairs = zip(lines[::2], lines[1::2], strict=True)
    return [(debit.role, credit.role, f"{debit.debit:.2f}") for debit, credit in pairs]


def give_back(invoice: Invoice, amounts: dict[UUID, Decimal], now: datetime) -> None:
    """By hand."""
    crediting.credit_by_hand(order=CreditOrder(invoice.pk, amounts, "A slow day.", "once"), by="fin", now=now)


def lies() -> list[str]:
    return [finding.check.name for finding in auditing.findings()]


class TestAPlanOf1200AYear:
    def test_is_invoiced_at_once_and_earned_day_by_day(self, shop: Shop) -> None:
        account = shop.an_account(NEW_YEAR)
        plan = an_offer("1200", kind="plan", period="year", name="Team", seats={"desk": 5})
        order(account, a_line(plan), now=NEW_YEAR)
        assert [finding.check.name for finding in auditing.examine([LATE]).notes] == [LATE]

        invoice = invoiced(account, NEW_YEAR + DAY)

        assert auditing.examine([LATE]).notes == ()
        assert asked(invoice) == [("Team", "2026-01-01", "2026-12-31", "1200.00")]
        # 1200 × the days of the year until the end of each month ÷ 365, less the same until the month before
        by_month = "101.92 92.05 101.92 98.63 101.92 98.63 101.92 101.91 98.63 101.92 98.63 101.92"
        assert " ".join(earned(account).values()) == by_month
        assert booked(account, date(2026, 1, 1)) == [
            ("receivable", "unearned", "1200.00"),
            ("unearned", "fees", "101.92"),
        ]
        assert booked(account, date(2026, 2, 1)) == [("unearned", "fees", "92.05")]
        assert lies() == []


class TestAnUpgradeInMidPeriod:
    @pytest.fixture
    def upgraded(self, shop: Shop) -> tuple[Account, str]:
        """310 a month from 16 March, 620 from 6 April on, when 10 of its 31 days are left."""
        account, name = shop.an_account(MID_MARCH), named("SO")
        small = an_offer("310", kind="plan", period="month", name="Small")
        large = an_offer("620", kind="plan", period="month", name="Large")
        order(account, a_line(small), external_id=name, now=MID_MARCH)
        order(account, a_line(large), external_id=name, version=2, now=MID_MARCH + 21 * DAY)
        return account, name

    def test_costs_the_difference_for_the_days_left(self, upgraded: tuple[Account, str]) -> None:
        account, _ = upgraded

        invoice = invoiced(account, MID_MARCH + 22 * DAY)

        assert asked(invoice) == [
            ("Small", "2026-03-16", "2026-04-15", "310.00"),
            ("Large instead of Small", "2026-04-06", "2026-04-15", "100.00"),
        ]
        # March: 310 × 16/31; April: 310 × 15/31 + 100
        assert earned(account) == {"2026-03": "160.00", "2026-04": "250.00"}
        assert lies() == []

    def test_that_is_undone_before_the_invoice_changes_the_draft(self, upgraded: tuple[Account, str]) -> None:
        account, name = upgraded
        order(
            account,
            a_line(an_offer("310", kind="plan", period="month", name="Small")),
            external_id=name,
            version=3,
            now=MID_MARCH + 26 * DAY,
        )

        invoice = invoiced(account, MID_MARCH + 27 * DAY)

        assert [amount for *_, amount in asked(invoice)] == ["310.00", "100.00", "-50.00"]
        assert (invoice.total, crediting.credit_account(customer_id=account.pk)) == (360, [])
        assert lies() == []

    def test_that_is_undone_is_given_back_by_hand_no_more_than_it_came_to(
        self, upgraded: tuple[Account, str]
    ) -> None:
        """Of 310, 100 and -50, nobody gives back 310 and 100."""
        (account, name), late = upgraded, MID_MARCH + 27 * DAY
        small = a_line(an_offer("310", kind="plan", period="month"))
        order(account, small, external_id=name, version=3, now=MID_MARCH + 26 * DAY)
        invoice = invoiced(account, late)
        first, second, _ = invoice.lines.all()
        with pytest.raises(CreditTooMuch):
            give_back(invoice, {first.pk: Decimal(310), second.pk: Decimal(51)}, late)
        give_back(invoice, {first.pk: Decimal(310), second.pk: Decimal(25)}, late)
        order(account, small, external_id=name, version=4, state="cancelled", now=late)

        (note,) = crediting.credit_account(customer_id=account.pk, now=late)

        assert note.total == 25
        assert lies() == []

    def test_that_is_cancelled_after_the_invoice_is_credited_once(
        self, upgraded: tuple[Account, str]
    ) -> None:
        """Five days before its end: 620 × 5/31 were asked for and are not owed."""
        account, name = upgraded
        invoice = invoiced(account, MID_MARCH + 22 * DAY)
        large = a_line(an_offer("620", kind="plan", period="month"))
        order(account, large, external_id=name, version=3, state="cancelled", now=MID_MARCH + 26 * DAY)

        notes = crediting.credit_account(customer_id=account.pk, now=MID_MARCH + 27 * DAY)

        assert [(note.invoice, note.total) for note in notes] == [(invoice, 100)]
        assert f"Order {name}, version 3" in notes[0].reason
        assert crediting.credit_account(customer_id=account.pk) == []
        assert earned(account) == {"2026-03": "160.00", "2026-04": "150.00"}
        assert lies() == []


class TestAPlanWithTokens:
    def test_earns_what_it_costs_between_tokens_and_fee(self, shop: Shop) -> None:
        """Of 310 a month 40 % pay for 1,000 tokens. It ends after half of its time, when 100 tokens are spent.

        It costs 155: 62 for tokens, of which 100 earn 12.40 and the time of those taken back is breakage; and a fee
        of 93, which is earned when it ends, in March.
        """
        account, name = shop.an_account(MID_MARCH), named("SO")
        part = bought("1000", every="period", ends_with_period=True) | {"share": Decimal(40)}
        plan = an_offer("310", kind="plan", period="month", tokens=[part])
        order(account, a_line(plan), external_id=name, now=MID_MARCH)
        shop.debit(account, "100", now=MID_MARCH + DAY)
        assert earned(account) == {"2026-03": "96.00", "2026-04": "90.00"}

        half = MID_MARCH + timedelta(days=15, hours=12)
        order(account, a_line(plan), external_id=name, version=2, state="cancelled", now=half)

        wallets = Wallet.objects.filter(account=account)
        recognising.reckon_wallets([(account.pk, wallet.pk) for wallet in wallets])
        rows = GrantRevenue.objects.filter(account=account)
        of_tokens = rows.aggregate(used=Sum("recognised"), lapsed=Sum("breakage"), owed=Sum("deferred"))
        assert of_tokens == {"used": Decimal("12.40"), "lapsed": Decimal("49.60"), "owed": 0}
        assert earned(account) == {"2026-03": "93.00"}
        assert invoiced(account, half + DAY).total == 155
        assert lies() == []


class TestOverage:
    def test_is_earned_when_used_and_credited_when_given_back(self, shop: Shop) -> None:
        """200 tokens at 0.05 in January, 40 in February; invoiced on 1 March; on 2 March 50 of January come back."""
        account = shop.an_account(NEW_YEAR, policy=UNLIMITED)
        a_rate("0.05", account, since=NEW_YEAR)
        used = shop.debit(account, "200", now=NEW_YEAR + 5 * DAY)
        invoicing.draft_account(customer_id=account.pk, now=NEW_YEAR + 31 * DAY)
        (january,) = Invoice.objects.filter(customer=account)
        invoicing.discard(invoice_id=january.pk, by="fin", reason="With February's.")
        shop.debit(account, "40", now=NEW_YEAR + 40 * DAY)
        march = datetime(2026, 3, 1, tzinfo=UTC)

        invoice = invoiced(account, march)
        reversing.reverse(a_reversal(used, "50", now=march + DAY))
        crediting.credit_account(customer_id=account.pk, now=march + DAY)

        assert invoice.total == 12
        assert booked(account, date(2026, 1, 1)) == [("unbilled", "overage", "10.00")]
        assert booked(account, date(2026, 2, 1)) == [("unbilled", "overage", "2.00")]
        assert booked(account, date(2026, 3, 1)) == [
            ("receivable", "unbilled", "12.00"),
            ("unbilled", "receivable", "2.50"),
            ("overage", "unbilled", "2.50"),
        ]
        assert lies() == []


class TestAPack:
    def test_is_asked_for_once_with_its_discount_and_earned_by_its_tokens_alone(self, shop: Shop) -> None:
        account = shop.an_account(NEW_YEAR)
        pack = an_offer("50", name="100 tokens", tokens=[bought("100")])
        order(account, a_line(pack, "3", amount="120"), now=NEW_YEAR)

        invoice = invoiced(account, NEW_YEAR + DAY)

        (line,) = invoice.lines.all()
        assert (line.quantity, line.unit_price, line.list_amount, line.amount) == (3, 40, 150, 120)
        assert earned(account) == {}
        assert lies() == []

    @pytest.mark.parametrize(("gift", "left"), [("20", [30]), ("50", [])])
    def test_that_was_given_back_by_hand_is_credited_no_more_than_is_left(
        self, shop: Shop, gift: str, left: list[int]
    ) -> None:
        """What was taken off revenue by hand is put on again, for the tokens are a refund."""
        account, name = shop.an_account(NEW_YEAR), named("SO")
        pack = an_offer("50", tokens=[bought("100")])
        order(account, a_line(pack), external_id=name, now=NEW_YEAR)
        invoice = invoiced(account, NEW_YEAR + DAY)
        give_back(invoice, {invoice.lines.get().pk: Decimal(gift)}, NEW_YEAR + DAY)
        order(account, a_line(pack), external_id=name, version=2, state="cancelled", now=NEW_YEAR + 2 * DAY)

        notes = crediting.credit_account(customer_id=account.pk, now=NEW_YEAR + 2 * DAY)

        assert [note.total for note in notes] == left
        assert open_charges.accounts_to_be_credited() == []
        assert [(each.billed, each.earned) for each in BilledMonth.objects.filter(account=account)] == [
            (-Decimal(gift), -Decimal(gift)),
            (Decimal(gift), Decimal(gift)),
        ]
        assert lies() == []

    def test_whose_line_is_over_costs_more_or_less_by_a_later_version(self, shop: Shop) -> None:
        """Less is not given back: its tokens have expired, whether or not a job has booked that."""
        account, name, ends = shop.an_account(NEW_YEAR), named("SO"), NEW_YEAR + 5 * DAY
        pack = an_offer("50", tokens=[bought("100")])
        for version, amount in enumerate(("50", "80", "60"), 1):
            when = NEW_YEAR + 3 * (version - 1) * DAY
            line = a_line(pack, amount=amount, ends_at=ends)
            order(account, line, external_id=name, version=version, now=when)

        assert invoiced(account, NEW_YEAR + 9 * DAY).total == 80
        assert lies() == []


class TestWhatIsBilledElsewhere:
    def test_is_on_no_invoice_and_earned_all_the_same(self, shop: Shop) -> None:
        """The order says so; its next version does not repeat it."""
        account, name = shop.an_account(MID_MARCH), named("SO")
        plan = an_offer("310", kind="plan", period="month")
        order(account, a_line(plan), external_id=name, billing="external", now=MID_MARCH)
        order(account, a_line(plan, "2"), external_id=name, version=2, now=MID_MARCH + 21 * DAY)

        assert invoicing.draft_account(customer_id=account.pk, now=MID_MARCH + 22 * DAY) == []
        assert [charge.is_external for charge in OrderCharge.objects.filter(account=account)] == [True, True]
        assert earned(account) == {"2026-03": "160.00", "2026-04": "250.00"}
        assert lies() == []
