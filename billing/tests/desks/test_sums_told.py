"""Sums on pages are rounded as on every card, and exact on hovering."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from config.desk.templatetags.desk import brief

IDENTITY = UUID(int=7)
EXACT, SMALL = Decimal("1234.567891"), Decimal("5.123456")


LINE = {"month": date(2026, 3, 1), "tokens": EXACT, "spent": SMALL, "cost": Decimal(0)}
SUMS = {"cost": Decimal(0), "tokens": EXACT, "spent": SMALL}
PAGES: dict[str, dict[str, Any]] = {
    "desk/trials/report.html": {
        "lines": [LINE],
        "totals": {"AIT": SUMS},
    },
    "desk/account/tab_usage.html": {"features": [{"tokens": EXACT, "quantity": SMALL, "share": 1}]},
    "my/burned.html": {"rows": [{"tokens": EXACT}], "others": SMALL, "total": EXACT},
    "my/budget_line.html": {
        "account": {"pk": IDENTITY},
        "budget": {"id": IDENTITY, "limit": {"tokens": 9000}, "values": [{"spent": EXACT, "left": SMALL}]},
    },
}


@pytest.mark.parametrize("page", PAGES)
def test_sums_are_rounded_and_exact_on_hovering(page: str) -> None:
    told = render_to_string(page, {"account": None, "summary": None, **PAGES[page]})

    for amount in (EXACT, SMALL):
        shown = brief(amount)
        assert isinstance(shown, SafeString)
        assert shown in told
        assert f"{amount:,f}" not in told.replace(shown, "")
