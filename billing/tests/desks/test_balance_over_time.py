"""The drawing of a balance over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from billing.admin.account_page import _line


def test_names_an_instant_once_on_its_axis() -> None:
    began = datetime(2026, 11, 27, 8, 17, tzinfo=UTC)

    drawn = _line([(began, Decimal(1)), (began + timedelta(seconds=9), Decimal(2))], [], [])

    assert [tick.label for tick in drawn.wide.below] == ["27 Nov 08:17", "", "", "", ""]
