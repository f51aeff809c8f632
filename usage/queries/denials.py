"""Refusals as callers see them: what was asked, why not, by which figures, how often."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from config.kernel.amounts import plain
from config.kernel.errors import PROBLEMS, NotFound
from pricing.models import Version
from usage.models import Denial
from usage.rules.answers import instant
from usage.rules.refusals import sentences


def denial(denial_id: UUID, product_id: int | None = None) -> dict[str, Any]:
    """The refusal. product_id: whose refusals alone are to be seen.

    Raises NotFound.
    """
    rows = Denial.objects.filter(pk=denial_id).select_related("account")
    if product_id is not None:
        rows = rows.filter(product_id=product_id)
    row = rows.first()
    if row is None:
        raise NotFound("There is no such refusal.")
    return {
        "id": str(row.pk),
        "account": row.account.reference,
        "feature": row.feature,
        "reason": PROBLEMS[row.reason].slug,
        "request": _request(row.request),
        "figures": row.figures,
        "count": row.count,
        "first_at": instant(row.first_at),
        "last_at": instant(row.last_at),
        "explanation": sentences(row.reason, row.figures),
    }


def _cost(item: dict[str, Any]) -> dict[str, str]:
    """What the item said that it cost, where it did."""
    return {"cost": plain(Decimal(item["cost"])), "currency": item["currency"]} if "cost" in item else {}


def _request(kept: dict[str, Any]) -> dict[str, Any]:
    """What was asked, with the price list by name and number."""
    if "items" not in kept:
        return kept
    version_id = int(kept.get("version") or 0)
    version = Version.objects.filter(pk=version_id).select_related("table").first()
    shown: dict[str, Any] = {
        name: kept[name] for name in ("occurred_at", "subject", "metadata") if name in kept
    }
    shown["items"] = [
        {
            "feature": item["feature"],
            "quantity": plain(Decimal(item["quantity"])),
            "dimensions": item.get("dimensions", {}),
            **_cost(item),
        }
        for item in kept["items"]
    ]
    if version is not None:
        shown |= {"table": version.table.code, "version": version.number}
    return shown
