"""Revenue, reckoned from the ledger as it grows. Safe at any time, by any number of workers, ended anywhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date
from decimal import Decimal
from math import inf
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from billing.models import (
    GrantMonth,
    GrantRepricing,
    GrantRevenue,
    LedgerReading,
    RevenueMonth,
    UnpaidMonth,
)
from billing.queries.unbooked import Unbooked, Wallet, costs_of_debits, entries_of, wallets_behind
from billing.rules.recognition import Standing, Sums, standing_of
from billing.services.book_locks import take_the_books
from billing.services.raising import raise_sums

WALLETS_AT_ONCE, ENTRIES_AT_ONCE = 100, 20_000
WALLETS_A_ROUND = 5000

_ROW_BY_ROW = (
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
)
_SHARED = ("recognised", "breakage", "refunded", "transferred", "deferred")
_MONEY = ("paid", "received", "recognised", "breakage", "refunded", "transferred")
_COUNTS = ("spent", "expired", "voided", "moved")
SPENDING = frozenset({"draw", "late_draw", "repay", "restore"})
OVERAGE = {"overage": 1, "overage_reversal": -1, "credit": -1, "repay": -1}

Amounts = dict[str, Decimal]


@dataclass(slots=True)
class _Grant:
    """A grant in memory while a page of entries is read."""

    account: UUID
    kind: str
    currency: str
    made_at: Any
    standing: Standing
    sums: Sums
    repricing: UUID | None = None


@dataclass(slots=True)
class _Page:
    """What a page of entries changes."""

    grants: dict[UUID, _Grant] = field(default_factory=dict)
    changed: set[UUID] = field(default_factory=set)
    months: dict[tuple[Any, ...], Amounts] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Decimal))
    )
    unpaid: list[tuple[Unbooked, str, Decimal]] = field(default_factory=list)
    read: dict[Wallet, int] = field(default_factory=dict)
    repricings: dict[UUID, GrantRepricing] = field(default_factory=dict)
    repriced: dict[Wallet, UUID] = field(default_factory=dict)


def reckon(seconds: float = 50.0) -> int:
    """Reckon revenue from what the ledger has got since the last time, for about so long; answers how many entries."""
    ends, count = monotonic() + seconds, 0
    while behind := wallets_behind(WALLETS_A_ROUND):
        before = count
        for start in range(0, len(behind), WALLETS_AT_ONCE):
            count += reckon_wallets(behind[start : start + WALLETS_AT_ONCE], ends)
            if monotonic() >= ends:
                return count
        if count == before:
            break
    return count


def reckon_wallets(wallets: Sequence[Wallet], ends: float = inf) -> int:
    """Reckon revenue of these wallets alone, until the clock of processes says `ends`; answers how many entries."""
    count = 0
    while done := _reckon_page(wallets):
        count += done
        if monotonic() >= ends:
            break
    return count


def _reckon_page(wallets: Sequence[Wallet]) -> int:
    """Reckon the next entries of these wallets, in a transaction; answers how many."""
    with transaction.atomic():
        take_the_books()
        with connection.cursor() as cursor:
            cursor.execute(_ROW_BY_ROW)
        page, count = _Page(), 0
        entries = entries_of(wallets, max(ENTRIES_AT_ONCE // len(wallets), 1))
        page.grants = _known(entries)
        page.repricings = GrantRepricing.objects.in_bulk(
            [each.repricing for each in entries if each.repricing]
        )
        for each in _readable(entries, page):
            _post(page, each)
            page.read[each.account, each.wallet] = each.number
            count += 1
        if count:
            _write(page)
    return count


def _known(entries: Sequence[Unbooked]) -> dict[UUID, _Grant]:
    accounts = {each.account for each in entries}
    rows = GrantRevenue.objects.select_related("repricing").filter(
        account__in=accounts, grant_id__in={each.grant for each in entries if each.grant}
    )
    return {
        row.grant_id: _Grant(
            row.account_id, row.kind, row.currency, row.made_at, row.standing, row.sums, row.repricing_id
        )
        for row in rows
    }


def _readable(entries: Sequence[Unbooked], page: _Page) -> Iterator[Unbooked]:
    """Entries in order, of each wallet up to one whose grant came from a wallet that is not read so far."""
    waiting: set[UUID] = set()
    for each in entries:
        if each.wallet in waiting:
            continue
        if each.grant and each.kind != "grant" and each.grant not in page.grants:
            waiting.add(each.wallet)
            continue
        yield each


def _post(page: _Page, entry: Unbooked) -> None:
    month = entry.recorded_at.astimezone(UTC).date().replace(day=1)
    if entry.kind in OVERAGE:
        page.unpaid.append((entry, UnpaidMonth.OVERAGE, OVERAGE[entry.kind] * entry.amount))
    if entry.grant is None:
        return
    if entry.kind == "grant":
        standing = standing_of(entry.paid, entry.amount, entry.paid_in)
        page.grants[entry.grant] = _Grant(
            entry.account, entry.grant_kind, entry.paid_in, entry.recorded_at, standing, standing.sums
        )
        page.changed.add(entry.grant)
        _add(page, entry.grant, month, None, {"paid": standing.paid})
    grant = page.grants[entry.grant]
    if entry.repricing:
        _reprice(page, entry, month, grant, page.repricings[entry.repricing])
        return
    before, after = grant.standing, grant.standing.after(entry.kind, entry.amount)
    if after == before:
        return
    sums = after.sums
    change = sums - grant.sums
    grant.standing, grant.sums = after, sums
    page.changed.add(entry.grant)
    moved: Amounts = {name: getattr(change, name) for name in _SHARED[:-1]}
    moved |= {name: getattr(after, name) - getattr(before, name) for name in _COUNTS}
    _add(page, entry.grant, month, entry.product if entry.kind in SPENDING else None, moved)
    if entry.kind == "transfer_out":
        _move_on(page, entry, month, grant, change.transferred)
    if grant.standing.is_free and entry.kind in SPENDING:
        page.unpaid.append((entry, grant.kind, after.spent - before.spent))


def _reprice(page: _Page, entry: Unbooked, month: date, grant: _Grant, change: GrantRepricing) -> None:
    """Let the money of a grant stand as an order has it from then on; what was earned before stays in its month."""
    before = grant.standing
    grant.standing, grant.repricing = before.anew(change.repriced), change.pk
    sums = grant.standing.sums
    moved = {name: getattr(sums - grant.sums, name) for name in _SHARED[:-1]}
    grant.sums = sums
    page.changed.add(change.grant_id)
    page.repriced[entry.account, entry.wallet] = change.pk
    _add(page, change.grant_id, month, None, {"paid": grant.standing.paid - before.paid, **moved})


def _move_on(page: _Page, entry: Unbooked, month: date, source: _Grant, paid: Decimal) -> None:
    """Begin the grant that a transfer made, with what the tokens were paid with where they came from."""
    if entry.target is None or entry.target_account is None:
        raise LookupError(f"transfer {entry.number} of wallet {entry.wallet} went nowhere")
    standing = Standing(paid, entry.amount, source.standing.places)
    page.grants[entry.target] = _Grant(
        entry.target_account, source.kind, source.currency, entry.recorded_at, standing, standing.sums
    )
    page.changed.add(entry.target)
    _add(page, entry.target, month, None, {"received": paid})


def _add(page: _Page, grant_id: UUID, month: date, product: int | None, moved: Amounts) -> None:
    for name, amount in moved.items():
        page.months[grant_id, month, product][name] += amount


def _write(page: _Page) -> None:
    _write_grants(page)
    by_currency: dict[tuple[Any, ...], Amounts] = defaultdict(lambda: defaultdict(Decimal))
    rows = []
    for (grant_id, month, product), moved in page.months.items():
        grant = page.grants[grant_id]
        rows.append(((grant.account, grant_id, month, product, grant.kind, grant.currency), moved))
        if grant.currency:
            for name in _MONEY:
                by_currency[month, grant.currency, product][name] += moved[name]
    keys = ("account_id", "grant_id", "month", "product_id")
    raise_sums(GrantMonth, keys, ("kind", "currency"), (*_MONEY, *_COUNTS), rows)
    raise_sums(RevenueMonth, ("month", "currency", "product_id"), (), _MONEY, list(by_currency.items()))
    raise_sums(
        UnpaidMonth,
        ("month", "product_id", "kind", "currency"),
        (),
        ("tokens", "uncosted", "cost"),
        list(_unpaid(page).items()),
    )
    LedgerReading.objects.bulk_create(
        [
            LedgerReading(account_id=account, wallet_id=wallet, last_number=number)
            for (account, wallet), number in page.read.items()
        ],
        update_conflicts=True,
        unique_fields=["account", "wallet_id"],
        update_fields=["last_number"],
    )
    for (account, wallet), repricing in page.repriced.items():
        LedgerReading.objects.filter(account=account, wallet_id=wallet).update(last_repricing=repricing)


def _write_grants(page: _Page) -> None:
    rows = []
    for grant_id in page.changed:
        grant, standing, sums = (
            page.grants[grant_id],
            page.grants[grant_id].standing,
            page.grants[grant_id].sums,
        )
        rows.append(
            GrantRevenue(
                account_id=grant.account,
                grant_id=grant_id,
                kind=grant.kind,
                currency=grant.currency,
                places=standing.places,
                tokens=standing.tokens,
                paid=standing.paid,
                made_at=grant.made_at,
                repricing_id=grant.repricing,
                **{name: getattr(standing, name) for name in _COUNTS},
                **{name: getattr(sums, name) for name in _SHARED},
            )
        )
    GrantRevenue.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["account", "grant_id"],
        update_fields=["paid", "repricing", *_COUNTS, *_SHARED],
    )


def _unpaid(page: _Page) -> dict[tuple[Any, ...], Amounts]:
    """Tokens that nobody paid, and what of the cost of their debits is theirs."""
    costs = costs_of_debits(
        {entry.debit for entry, kind, _ in page.unpaid if entry.debit and kind != UnpaidMonth.OVERAGE}
    )
    found: dict[tuple[Any, ...], Amounts] = defaultdict(lambda: defaultdict(Decimal))
    for entry, kind, tokens in page.unpaid:
        key = (entry.recorded_at.astimezone(UTC).date().replace(day=1), entry.product, kind)
        found[*key, ""]["tokens"] += tokens
        cost = costs.get(entry.debit) if entry.debit and kind != UnpaidMonth.OVERAGE else None
        if cost is None:
            found[*key, ""]["uncosted"] += tokens
            continue
        for currency, amount in cost.by_currency.items():
            found[*key, currency]["cost"] += amount * tokens / cost.tokens
    return found
