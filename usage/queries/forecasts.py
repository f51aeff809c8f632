"""What next month would cost an account that goes on as it does, at today's prices and at others."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from pricing.models import Version
from pricing.queries.pricebook import any_version
from pricing.queries.versions import version_in_force
from usage.queries.repricing import Repricing
from usage.rules.impact import Sums, change_share, scaled
from usage.rules.rehearsing import Scope, Slice
from wallets.models import Account

PROFILE_DAYS = 30


@dataclass(frozen=True, slots=True)
class NextMonth:
    """Tokens of the account's next calendar month; None where a version has no price for some of its usage.

    month: its first day. now, then: at the prices in force, and at the other ones. lines: that it was told from.
    is_scaled: of a rehearsal by its length, so that `now` is what was charged and tiers begin where they began.
    """

    month: date
    now: Decimal | None
    then: Decimal | None
    lines: int
    is_scaled: bool = False

    @property
    def share(self) -> Decimal | None:
        """By what share the month would cost more."""
        return change_share(self.now, self.then) if self.now is not None and self.then is not None else None


def next_month(account: Account, version: Version, moment: datetime) -> NextMonth:
    """The usage of the last thirty days, priced as one month from its beginning, then scaled by the month's days."""
    month = _month_of(account, moment)
    live = version_in_force(version.table_id, moment)
    scope = Scope(version.table_id, moment - timedelta(days=PROFILE_DAYS), moment, moment)
    now, lines = _tokens(live, account, scope, month)
    then, _ = _tokens(version, account, scope, month)
    return NextMonth(month, now, then, lines)


def scaled_month(account: Account, sums: Sequence[Sums], days: Decimal, moment: datetime) -> NextMonth:
    """The month as a period of so many days went that was rehearsed: for accounts with too much usage to price anew."""
    month = _month_of(account, moment)
    length = Decimal(monthrange(month.year, month.month)[1])
    before, after = (sum((getattr(each, side) for each in sums), Decimal(0)) for side in ("before", "after"))
    lines = sum(each.priced_lines for each in sums)
    return NextMonth(month, scaled(before, length, days), scaled(after, length, days), lines, is_scaled=True)


def _tokens(
    version: Version | None, account: Account, scope: Scope, month: date
) -> tuple[Decimal | None, int]:
    book = any_version(version.table_id, version.number) if version else None
    if book is None:
        return None, 0
    rows, _ = Repricing(book, scope.until, is_one_month=True).rated(scope, Slice(account.pk, account.pk, 0))
    lines = sum(row.lines for row in rows)
    if any(row.unpriced_lines for row in rows):
        return None, lines
    tokens = sum((row.tokens_after for row in rows), Decimal(0))
    length = Decimal(monthrange(month.year, month.month)[1])
    return scaled(tokens, length, Decimal(PROFILE_DAYS)), lines


def _month_of(account: Account, moment: datetime) -> date:
    """The month after the one in which the account is."""
    today = moment.astimezone(ZoneInfo(account.time_zone)).date()
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1)
