"""The demo's months of commerce: every kind of thing once, right books, and nothing twice."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from billing.management.offer_files import offers_of
from billing.models import (
    AccountingPeriod,
    Buyer,
    CreditNote,
    Invoice,
    Offer,
    Order,
    Promotion,
    Quotation,
    TopUp,
    TopUpRule,
    Trial,
    TrialRequest,
)
from billing.queries.trials import stands
from billing.rules.demo_commerce import BUYERS, batches, months_of
from billing.services import auditing, demo_commerce
from wallets.models import Account

pytestmark = pytest.mark.django_db


NOW = (datetime.now(UTC).replace(day=1) - timedelta(days=1)).replace(day=26)
"""Late in the month before, so that the present one is well under way."""


def load() -> str:
    offers = offers_of((Path(__file__).parents[1] / "data" / "demo_offers.json").read_bytes())
    return demo_commerce.load(offers, prefix="", now=NOW)


class TestLoad:
    def test_tells_of_every_kind_once(self) -> None:
        assert load().startswith("Loaded 8 customers who buy")
        orders = Order.objects.count()
        assert load() == "Found the months of commerce."

        assert Order.objects.count() == orders
        states = set(Quotation.objects.standing(NOW).values_list("state", flat=True))
        assert states == {"accepted", "expired", "declined", "sent", "review"}
        assert set(Invoice.objects.values_list("state", flat=True)) == {"draft", "final"}
        assert (CreditNote.objects.count(), TrialRequest.objects.waiting().count()) == (1, 1)
        assert TopUp.objects.filter(state="bought").exists()
        assert AccountingPeriod.objects.get().month == months_of(NOW)[0].date()
        trials = {
            each.trial.customer.reference: each.state for each in stands(list(Trial.objects.all()), NOW)
        }
        assert trials["dawn-dairy"] == "converted"
        for told in (Account, Buyer, Offer, Promotion, Quotation, TopUpRule):
            assert told.history.latest().history_date <= NOW, told
        assert not Trial.objects.filter(converted_at__gt=NOW).exists()
        assert not any(
            user.has_usable_password() for user in User.objects.filter(username__startswith="demo-")
        )
        assert [auditing.told(finding) for finding in auditing.findings()] == []

    def test_leaves_to_others_what_is_theirs(self) -> None:
        Offer.objects.create(code="tokens-1000", name="Ours", list_price=1, currency="USD")

        assert load() == "Left out the months of commerce: somebody uses its names."
        assert not Order.objects.exists()


class TestMonths:
    def test_are_the_present_one_and_the_two_before_it(self) -> None:
        january = datetime(2027, 1, 15, 12, tzinfo=UTC)

        assert [f"{each:%Y-%m-%d}" for each in months_of(january)] == [
            "2026-11-01",
            "2026-12-01",
            "2027-01-01",
        ]

    def test_are_worked_on_working_days(self) -> None:
        friday, monday = datetime(2026, 11, 6, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=UTC)

        assert [f"{at:%a}" for at, _ in batches(BUYERS[0], friday, monday)] == ["Fri", "Fri", "Mon", "Mon"]
