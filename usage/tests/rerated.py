"""Re-ratings for tests, in a line each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pricing.models import Version
from pricing.queries.versions import rows_of
from pricing.rules.rows import RateRow
from pricing.services import catalogue, drafting, publishing
from usage.models import Correction, Debit, Rerating, ReratingLeft, ReratingLine
from usage.services import correcting, rerating
from usage.services.rerating import ReratingOrder
from usage.tests.made import DAY, HOUR, Shop, a_grant, clock, named
from wallets.models import Account, Wallet

REASON = "The price was wrong."
SPRING = datetime(2026, 3, 1, tzinfo=UTC)
LATER = SPRING + 60 * DAY
MARCH: dict[str, Any] = {"since": SPRING, "until": SPRING + 31 * DAY, "now": LATER}
"""Usage of March, charged anew later."""


def at(hours: int) -> datetime:
    """So many hours into the spring."""
    return SPRING + hours * HOUR


def a_payer(shop: Shop, tokens: str = "1000") -> Account:
    """An account that has held so many tokens since the day before spring."""
    account = shop.an_account(SPRING - DAY)
    a_grant(account, tokens, now=SPRING - DAY)
    return account


def owed(account: Account) -> Decimal:
    return Wallet.objects.get(account=account).overage


def left_to_spend(account: Account) -> Decimal:
    return Wallet.objects.get(account=account).balance


def corrected_prices(shop: Shop, *rows: RateRow, tokens: str = "2", token: str = "AIT") -> Version:
    """A published version of a table that nobody pays by: every feature at so many tokens, or these rows."""
    table = catalogue.create_table(code=named("corrections"), token=token)
    draft = drafting.open_draft(table=table)
    asked = rows or [RateRow(code, Decimal(tokens)) for code in (shop.chat, shop.image)]
    drafting.replace_rates(draft=draft, rows=asked, revision=None)
    return publishing.publish(version=draft)


def asked(
    shop: Shop,
    version: Version | None = None,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    **more: Any,
) -> Rerating:
    order = ReratingOrder(
        reason=more.pop("reason", REASON),
        since=since,
        until=until,
        table_id=more.pop("table_id", shop.table.pk),
        version_id=version.pk if version else None,
        **more,
    )
    return rerating.ask(order=order, by="mina", now=now)


def worked(row: Rerating, now: datetime | None = None) -> Rerating:
    """As it stands when its turn is over."""
    while correcting.work(row.pk, 60, now):
        pass
    return Rerating.objects.get(pk=row.pk)


def approved(row: Rerating, now: datetime | None = None) -> Rerating:
    rerating.approve(rerating=row, by="tom", now=now)
    return Rerating.objects.get(pk=row.pk)


def taken_back(row: Rerating, now: datetime | None = None) -> Rerating:
    rerating.revert(rerating=row, by="tom", reason="It was right after all.", now=now)
    return worked(row, now)


def booked(row: Rerating, now: datetime | None = None) -> Rerating:
    """Reckoned, approved and booked."""
    return worked(approved(worked(row, now), now), now)


def told(row: Rerating) -> dict[tuple[str, str], tuple[int, Decimal, Decimal]]:
    """What the dry run found: lines, and tokens before and after, by account and feature."""
    rows = ReratingLine.objects.filter(rerating=row).select_related("account", "feature")
    return {
        (line.account.reference, line.feature.code): (line.lines, line.tokens_before, line.tokens_after)
        for line in rows
    }


def left(row: Rerating, turn: str = "reckoning") -> dict[str, int]:
    """Debits that stay as they are, by the reason."""
    found: dict[str, int] = {}
    for each in ReratingLeft.objects.filter(rerating=row, turn=turn):
        found[each.reason] = found.get(each.reason, 0) + each.debits
    return found


def now_charged(debit_id: UUID) -> Debit:
    """The debit that charges the usage of this one by now."""
    found = Correction.objects.filter(debit_id=debit_id).first()
    return now_charged(found.replacement_id) if found else Debit.objects.get(pk=debit_id)


def standing(account: Account) -> Mapping[str, Decimal]:
    """Tokens that the account is charged by now, by feature: of debits that were not given back whole."""
    found: dict[str, Decimal] = {}
    debits = Debit.objects.filter(account=account).exclude(reversals__is_whole=True)
    for code, tokens in debits.values_list("lines__feature__code", "lines__tokens"):
        found[code] = found.get(code, Decimal(0)) + tokens
    return found


def published(shop: Shop, change: Any, moment: datetime | None = None) -> Version:
    """The next version of the shop's table, with each rate changed so."""
    live = shop.table.versions.published().latest("number")
    draft = drafting.draft_from(version=live)
    rows = [changed for row in rows_of(live) if (changed := change(row)) is not None]
    drafting.replace_rates(draft=draft, rows=rows, revision=None)
    return publishing.publish(version=draft, moment=moment or clock())


def dearer(factor: str) -> Any:
    return lambda row: replace(row, tokens=row.tokens * Decimal(factor))
