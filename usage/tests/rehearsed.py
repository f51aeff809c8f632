"""Rehearsals for tests, in a line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from pricing.models import Version
from pricing.queries.versions import rows_of
from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from pricing.services import drafting
from usage.models import Rehearsal, RehearsalLine
from usage.services import rehearsing
from usage.tests.made import DAY, Shop, a_grant
from wallets.models import Account

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
MONTH = {"since": SPRING, "until": SPRING + 31 * DAY}
Change = Callable[[RateRow], RateRow | None]


def a_shop_before_spring() -> Shop:
    return Shop(since=SPRING - 40 * DAY)


def with_tokens_to_spend(shop: Shop) -> Account:
    account = shop.an_account(SPRING - 40 * DAY)
    a_grant(account, "100000", now=SPRING - 40 * DAY)
    return account


def a_draft(shop: Shop, change: Change) -> Version:
    """A draft of the shop's table in which each rate is changed so; None leaves it out."""
    live = shop.table.versions.published().latest("number")
    draft = shop.table.versions.drafts().first() or drafting.draft_from(version=live)
    rows = [changed for row in rows_of(live) if (changed := change(row)) is not None]
    return drafting.replace_rates(draft=draft, rows=rows, revision=None)


def times(factor: str, feature: str = "") -> Change:
    """Multiply the price of a feature, or of all."""
    return lambda row: (
        replace(row, tokens=row.tokens * Decimal(factor)) if feature in ("", row.feature) else row
    )


def without(feature: str) -> Change:
    """Leave a feature without a price."""
    return lambda row: None if row.feature == feature else row


def tiered(row: RateRow) -> RateRow:
    """2 tokens a unit, and 1 beyond 100 units a month."""
    return replace(row, tokens=Decimal(2), tier_mode="graduated", tiers=(Tier(Decimal(100), Decimal(1)),))


def rehearsed(version: Version, since: datetime = SPRING, until: datetime = SPRING + 31 * DAY) -> Rehearsal:
    """A rehearsal that is done."""
    asked = rehearsing.ask(version=version, since=since, until=until)
    while rehearsing.work(asked.pk, 60):
        pass
    return Rehearsal.objects.select_related("table", "version").get(pk=asked.pk)


def found(rehearsal: Rehearsal) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """Tokens before and after, by account and feature."""
    rows = RehearsalLine.objects.filter(rehearsal=rehearsal).select_related("account", "feature")
    return {(row.account.reference, row.feature.code): (row.tokens_before, row.tokens_after) for row in rows}


def stands(rehearsal: Rehearsal) -> str:
    return Rehearsal.objects.get(pk=rehearsal.pk).state
