"""The ledger as people read it: a sentence for each entry, in a number of queries that does not grow with them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from billing.rules.ledger_words import Charge, Spoken, sentence
from config.kernel.amounts import readable
from pricing.models import Feature
from usage.models import Correction, Debit, Reversal
from usage.queries.receipts import receipts
from usage.rules.receipts import Receipt
from wallets.models import Entry, Overage, Wallet

LINES_SPOKEN = 3


@dataclass(frozen=True)
class Line:
    """An entry and its sentence. debit_id: the charge that it belongs to, where one can be explained."""

    entry: Entry
    text: str
    debit_id: UUID | None


def ledger_lines(wallet: Wallet, *, below: int | None, limit: int) -> list[Line]:
    """The newest entries, or those numbered below `below`, each as a sentence."""
    rows = Entry.objects.filter(account_id=wallet.account_id, wallet=wallet).select_related(
        "grant", "overage"
    )
    if below is not None:
        rows = rows.filter(number__lt=below)
    entries = list(rows.newest_first()[:limit])
    return lines_of(entries)


def lines_of(entries: Sequence[Entry]) -> list[Line]:
    """These entries as sentences, in their order."""
    reversed_debits = _reversed(
        [entry.cause_id for entry in entries if entry.cause_kind == Entry.Cause.REVERSAL]
    )
    debit_ids = {entry.cause_id for entry in entries if entry.cause_kind == Entry.Cause.DEBIT}
    wanted = debit_ids | set(reversed_debits.values())
    found = receipts(wanted) if wanted else {}
    anew = _charged_anew(entries) if wanted else {}
    names = _feature_names(found.values())
    said = []
    for entry in entries:
        debit_id = reversed_debits.get(
            entry.cause_id, entry.cause_id if entry.cause_id in debit_ids else None
        )
        receipt = found.get(debit_id) if debit_id else None
        said.append(
            Line(entry, sentence(_spoken(entry, receipt, names, anew)), debit_id if receipt else None)
        )
    return said


def _spoken(
    entry: Entry, receipt: Receipt | None, names: Mapping[str, str], anew: Mapping[UUID, int]
) -> Spoken:
    return Spoken(
        kind=entry.kind,
        amount=readable(entry.amount),
        grant_kind=entry.grant.kind if entry.grant else "",
        grant_reason=entry.grant.reason if entry.grant else "",
        feature=names.get(entry.overage.feature, entry.overage.feature) if entry.overage else "",
        charge=_charge(receipt, names, entry.overage) if receipt else None,
        rerating=anew.get(entry.cause_id),
    )


def _charge(receipt: Receipt, names: Mapping[str, str], lot: Overage | None) -> Charge:
    """The charge in words; of overage the one item that it is for."""
    spoken = receipt.lines[lot.position - 1 : lot.position] if lot else receipt.lines
    lines = spoken[:LINES_SPOKEN]
    items = [f"{names.get(line.feature, line.feature)} ×{readable(line.quantity)}" for line in lines]
    more = len(spoken) - len(lines)
    return Charge(
        items=", ".join(items) + (f" and {more} more" if more else ""),
        rate=f"{receipt.lines[0].table} v{receipt.lines[0].version}" if receipt.lines else "",
        parts=len(receipt.draws) + bool(receipt.overage),
    )


def _reversed(reversal_ids: Collection[UUID]) -> dict[UUID, UUID]:
    if not reversal_ids:
        return {}
    return dict(Reversal.objects.filter(pk__in=set(reversal_ids)).values_list("pk", "debit_id"))


def _charged_anew(entries: Sequence[Entry]) -> dict[UUID, int]:
    """By which re-ratings, of the debits and reversals that were part of one."""
    causes = {entry.cause_id for entry in entries}
    rows = Correction.objects.filter(Q(replacement_id__in=causes) | Q(reversal_id__in=causes))
    found: dict[UUID, int] = {}
    for debit_id, reversal_id, rerating_id in rows.values_list(
        "replacement_id", "reversal_id", "rerating_id"
    ):
        found |= {debit_id: rerating_id, reversal_id: rerating_id}
    return found


def _feature_names(found: Collection[Receipt]) -> dict[str, str]:
    codes = {line.feature for receipt in found for line in receipt.lines}
    return dict(Feature.objects.filter(code__in=codes).values_list("code", "name")) if codes else {}


def debit_of(debit_id: UUID) -> Debit | None:
    """The debit with what its page names."""
    rows = Debit.objects.select_related("account", "product", "unit", "api_key", "table", "version")
    return rows.filter(pk=debit_id).first()
