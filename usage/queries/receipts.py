"""Debits and reversals as they were answered, read back from what was stored with them."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Subquery

from config.kernel.errors import NotFound
from pricing.queries.charging import units_by_tier
from usage.errors import DebitMissing
from usage.models import BeyondPolicy, Debit, DebitLine, HoldLine, HoldStep, Reversal
from usage.queries.lines import cost_of, overrides_of, term_of_line, with_prices
from usage.rules.overrides import OverrideFact
from usage.rules.receipts import (
    Balance,
    Draw,
    Receipt,
    ReceiptLine,
    ReversalReceipt,
    merged,
    shares,
    unit_tokens,
)
from wallets.models import Entry


def receipt(debit_id: UUID, product_id: int | None = None) -> Receipt:
    """The debit as it was answered first. product_id: whose debits alone are to be seen.

    Raises DebitMissing.
    """
    found = receipts([debit_id], product_id)
    if not found:
        raise DebitMissing()
    return found[debit_id]


def receipts(debit_ids: Collection[UUID], product_id: int | None = None) -> dict[UUID, Receipt]:
    """The debits of these ids as they were answered first, as far as there are any; in five queries."""
    rows = Debit.objects.filter(pk__in=debit_ids)
    if product_id is not None:
        rows = rows.filter(product_id=product_id)
    holds = HoldStep.objects.filter(account=OuterRef("account"), debit=OuterRef("pk")).values("hold")
    facts = list(
        rows.values(
            *_DEBIT_FACTS,
            reference=F("account__reference"),
            token=F("unit__code"),
            hold=Subquery(holds[:1]),
            is_beyond_policy=Exists(
                BeyondPolicy.objects.filter(account_id=OuterRef("account_id"), debit_id=OuterRef("id"))
            ),
        )
    )
    ids = [row["id"] for row in facts]
    lines, draws = _lines(ids), _draws(ids, [Entry.Kind.DRAW, Entry.Kind.LATE_DRAW])
    return {row["id"]: _receipt(row, lines[row["id"]], draws[row["id"]]) for row in facts}


def reversal_receipt(reversal_id: UUID) -> ReversalReceipt:
    """The reversal as it was answered first.

    Raises NotFound.
    """
    row = Reversal.objects.filter(pk=reversal_id).first()
    if row is None:
        raise NotFound("There is no such reversal.")
    return ReversalReceipt(
        id=row.pk,
        debit=row.debit_id,
        tokens=row.tokens,
        restored=row.restored,
        lapsed=row.lapsed,
        overage=row.overage,
        draws=merged(_draws([reversal_id], [Entry.Kind.RESTORE])[reversal_id]),
        balance=Balance(row.available_after, row.held_after, row.overage_after),
    )


_DEBIT_FACTS = (
    "id",
    "outcome",
    "tokens",
    "overage",
    "available_after",
    "held_after",
    "overage_after",
    "notices",
    "occurred_at",
    "recorded_at",
)


def _receipt(row: dict[str, Any], lines: list[ReceiptLine], draws: list[Draw]) -> Receipt:
    return Receipt(
        id=row["id"],
        account=row["reference"],
        token=row["token"],
        outcome=row["outcome"],
        tokens=row["tokens"],
        lines=tuple(lines),
        draws=merged(draws),
        overage=row["overage"],
        balance=Balance(row["available_after"], row["held_after"], row["overage_after"]),
        notices=tuple(row["notices"]),
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        is_beyond_policy=row["is_beyond_policy"],
        hold=row["hold"],
    )


def _lines(debit_ids: Collection[UUID]) -> dict[UUID, list[ReceiptLine]]:
    found: dict[UUID, list[ReceiptLine]] = defaultdict(list)
    rows = DebitLine.objects.filter(debit_id__in=debit_ids).order_by("debit_id", "position")
    lines = list(with_prices(rows))
    overrides = overrides_of(lines)
    for line in lines:
        override = overrides.get(line.override_id) if line.override_id else None
        found[line.debit_id].append(line_told(line, override))
    return found


def line_told(line: DebitLine | HoldLine, override: OverrideFact | None) -> ReceiptLine:
    """A line as charged, or as estimated, with what priced it."""
    term, version = term_of_line(line, override), line.rate.version
    formula = line.rate.formula if line.formula_price is not None else ""
    fallen = None
    if line.counted is not None:
        fallen = units_by_tier(term, line.quantity - line.covered_quantity, line.counted)
    return ReceiptLine(
        feature=line.feature.code,
        quantity=line.quantity,
        covered_quantity=line.covered_quantity,
        tokens=line.tokens,
        table=version.table.code,
        version=version.number,
        unit_tokens=unit_tokens(term, formula),
        tiers=shares(term, fallen),
        formula=formula,
        own=override.told if override else None,
        cost=cost_of(line),
    )


def _draws(cause_ids: Collection[UUID], kinds: Collection[str]) -> dict[UUID, list[Draw]]:
    """What each grant paid or got back, by cause, in the order of the ledger."""
    found: dict[UUID, list[Draw]] = defaultdict(list)
    rows = Entry.objects.filter(cause_id__in=cause_ids, kind__in=kinds).order_by("number")
    for cause_id, grant_id, kind, amount in rows.values_list("cause_id", "grant_id", "grant__kind", "amount"):
        if grant_id is not None:
            found[cause_id].append(Draw(grant_id, kind, amount))
    return found
