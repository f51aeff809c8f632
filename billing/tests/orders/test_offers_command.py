"""Offers as files."""

from __future__ import annotations

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command

from billing.models import Offer
from billing.queries.offers import snapshot_of
from billing.tests import trying

pytestmark = pytest.mark.django_db

TEAM: dict[str, Any] = {
    "sku": "team",
    "name": "Team",
    "kind": "plan",
    "period": "month",
    "list_price": "499",
    "currency": "USD",
    "tokens": [{"tokens": "20000", "every": "period", "ends_with_period": True}],
    "seats": [{"pattern": "desk", "seats": 10}],
    "allowances": [{"pattern": "search", "units": "1000"}],
    "access": ["chat.*"],
    "policy": {"mode": "overage", "limit": "100", "grace": {"for": "PT72H"}},
}


def load(folder: Path, *offers: dict[str, Any]) -> str:
    file, out = folder / "offers.json", StringIO()
    file.write_text(json.dumps({"offers": offers}))
    call_command("offers", "import", str(file), reason="Spring.", stdout=out)
    return out.getvalue()


def test_makes_offers_and_changes_them_once(tmp_path: Path) -> None:
    pilot = trying.an_offer("40")
    team = TEAM | {"trial": pilot.name}
    told = [load(tmp_path, team), load(tmp_path, team), load(tmp_path, team | {"list_price": "599"})]

    assert told == ["team: on sale\n", "team: as it was\n", "team: on sale\n"]
    offer = Offer.objects.get()
    assert offer.trial == pilot
    assert offer.policy["steps"][0]["seconds"] == "259200"
    assert (offer.tokens.get().tokens, offer.seats.get().seats) == (20000, 10)
    assert [row.list_price for row in offer.history.all()] == [599, 499]


@pytest.mark.parametrize(("period", "every"), [("year", "month"), ("month", "period")])
def test_of_a_year_may_give_tokens_by_the_month(tmp_path: Path, period: str, every: str) -> None:
    """By the month of a month is each period."""
    part = {"tokens": "20000", "every": "month", "ends_with_period": True}
    plan = TEAM | {"period": period, "tokens": [part]}
    told = [load(tmp_path, plan), load(tmp_path, plan)]

    offer = Offer.objects.get()
    assert told == ["team: on sale\n", "team: as it was\n"]
    assert offer.tokens.get().every == every
    assert [part.every for part in snapshot_of(offer).tokens] == ["month"]
    assert "20,000 AIT a month" in admin.site.get_model_admin(Offer).gives(offer)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tokens": [{"tokens": "1", "share": "101"}]}, "share more than 100 per cent of the price"),
        ({"tokens": [{"tokens": "1", "share": "5"}]}, "tokens given once are included or a bonus"),
        ({"kind": "pack"}, "A pack is paid for once"),
        ({"currency": "XAU"}, "There is no rate for the currency XAU."),
        ({"trial": "none"}, "There is no trial offer none."),
        ({"rate_table": "none"}, "There is no rate table none."),
        ({"policy": {"mode": "block", "limit": "1"}}, "/offers/1/policy/limit The member is unknown here."),
        ({"access": ["a*b"]}, "Access is to a feature's code or a pattern that ends in *."),
    ],
)
def test_refuses_all_or_nothing(tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CommandError) as refusal:
        load(tmp_path, TEAM | {"sku": "good", "list_price": str(Decimal(1))}, TEAM | change)

    assert sentence in str(refusal.value)
    assert not Offer.objects.exists()
