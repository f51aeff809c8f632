"""A rehearsal as its desk shows it: where its pages are, and what they said."""

from __future__ import annotations

from decimal import Decimal

from billing.rules.margins import Worth
from pricing.models import Version
from usage.models import Rehearsal
from usage.tests.made import DAY, clock
from usage.tests.rehearsed import rehearsed

CENT = Worth(Decimal("0.01"), Decimal(1000), "USD", {"USD": Decimal(1)}, "Never sold.")
LISTED = "/admin/usage/rehearsal/"


def of_ten_days(version: Version) -> Rehearsal:
    return rehearsed(version, since=clock() - 10 * DAY, until=clock())


def page_of(rehearsal: Rehearsal, tail: str = "change/") -> str:
    return f"{LISTED}{rehearsal.pk}/{tail}"
