"""What was paid, earned, owed, lost by expiry and given back: by month, currency and product, and by grant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Min, QuerySet, Sum

from billing.models import (
    AccountingPeriod,
    BilledMonth,
    GrantMonth,
    GrantRevenue,
    PeriodFigure,
    RevenueMonth,
    UnpaidMonth,
)
from billing.rules.money import places_of
from billing.rules.months import SETTLES_IN, end_of, next_month
from pricing.models import Product
from usage.queries.moments import database_clock
from wallets.models import Account, Entry

ROWS_SHOWN = 50
ZERO = Decimal(0)


@dataclass(slots=True)
class Billed:
    """Fees or overage of a month. owed: billed and not earned at its end; below zero: earned and not billed."""

    billed: Decimal = ZERO
    earned: Decimal = ZERO
    owed: Decimal = ZERO
    by_product: dict[str, Decimal] = field(default_factory=dict)


@dataclass(slots=True)
class Figures:
    """What a month moved in one currency. owed: in tokens at its end; deferred: by how much that changed."""

    currency: str
    paid: Decimal = ZERO
    recognised: Decimal = ZERO
    breakage: Decimal = ZERO
    refunded: Decimal = ZERO
    deferred: Decimal = ZERO
    owed: Decimal = ZERO
    by_product: dict[str, Decimal] = field(default_factory=dict)
    fees: Billed = field(default_factory=Billed)
    overage: Billed = field(default_factory=Billed)

    @property
    def places(self) -> int:
        return places_of(self.currency)

    @property
    def revenue(self) -> Decimal:
        """All that the month earned."""
        return self.recognised + self.breakage + self.fees.earned + self.overage.earned


@dataclass(slots=True)
class FreeUse:
    """Tokens of one product that nobody paid: of free grants of a kind, or overage, of which no cost is known.

    costs: ours, by currency.
    """

    product: str
    kind: str
    tokens: Decimal = ZERO
    uncosted: Decimal = ZERO
    costs: dict[str, Decimal] = field(default_factory=dict)

    @property
    def why_no_costs(self) -> str:
        """What it means that there are no costs."""
        return "unknown" if self.uncosted or self.kind == UnpaidMonth.OVERAGE else "none"


@dataclass(slots=True)
class MonthFigures:
    """One month of the books. period: its closing that stands, if any."""

    month: date
    currencies: list[Figures] = field(default_factory=list)
    free: list[FreeUse] = field(default_factory=list)
    period: AccountingPeriod | None = None

    def in_currency(self, currency: str) -> Figures | None:
        return next((each for each in self.currencies if each.currency == currency), None)

    def figures(self, currency: str) -> Figures:
        """Those in a currency, which begin at nothing."""
        known = self.in_currency(currency)
        if known is None:
            known = Figures(currency)
            self.currencies.append(known)
        return known


def months() -> list[MonthFigures]:
    """Every month until now that moved something, the newest first; of fees the running month is taken as a whole."""
    found: dict[date, MonthFigures] = {}
    names = _products()
    for row in RevenueMonth.objects.order_by("month", "currency"):
        _add(found.setdefault(row.month, MonthFigures(row.month)).figures(row.currency), row, names)
    _add_free(found, names)
    _add_billed(found, names)
    _carry(found)
    for period in AccountingPeriod.objects.closed().select_related("closed_by"):
        found.setdefault(period.month, MonthFigures(period.month)).period = period
    return [found[month] for month in sorted(found, reverse=True)]


def _add(figures: Figures, row: RevenueMonth, names: dict[int, str]) -> None:
    figures.paid += row.paid
    figures.recognised += row.recognised
    figures.breakage += row.breakage
    figures.refunded += row.refunded
    figures.deferred += row.deferred
    if row.recognised:
        name = names.get(row.product_id or 0, "no product")
        figures.by_product[name] = figures.by_product.get(name, ZERO) + row.recognised


def _add_free(found: dict[date, MonthFigures], names: dict[int, str]) -> None:
    uses: dict[tuple[date, int | None, str], FreeUse] = {}
    for row in UnpaidMonth.objects.order_by("month", "kind", "product_id", "currency"):
        key = (row.month, row.product_id, row.kind)
        if key not in uses:
            uses[key] = FreeUse(names.get(row.product_id or 0, "no product"), row.kind)
            found.setdefault(row.month, MonthFigures(row.month)).free.append(uses[key])
        use = uses[key]
        use.tokens += row.tokens
        use.uncosted += row.uncosted
        if row.currency:
            use.costs[row.currency] = use.costs.get(row.currency, ZERO) + row.cost


def _add_billed(found: dict[date, MonthFigures], names: dict[int, str]) -> None:
    rows = BilledMonth.objects.filter(month__lte=database_clock().date()).order_by()
    sums = rows.values_list("month", "currency", "kind", "product").annotate(Sum("billed"), Sum("earned"))
    for month, currency, kind, product, billed, earned in sums:
        figures = found.setdefault(month, MonthFigures(month)).figures(currency)
        part = figures.overage if kind == BilledMonth.Kind.OVERAGE else figures.fees
        part.billed += billed
        part.earned += earned
        if earned and product:
            name = names.get(product, "no product")
            part.by_product[name] = part.by_product.get(name, ZERO) + earned


def _carry(found: dict[date, MonthFigures]) -> None:
    """What is owed in a currency stands also in the months that moved nothing of it."""
    owed: dict[str, Figures] = {}
    for month in sorted(found):
        for currency in sorted({*owed, *(each.currency for each in found[month].currencies)}):
            figures, before = found[month].figures(currency), owed.get(currency) or Figures(currency)
            figures.owed = before.owed + figures.deferred
            for now, then in ((figures.fees, before.fees), (figures.overage, before.overage)):
                now.owed = then.owed + now.billed - now.earned
            owed[currency] = figures
        found[month].currencies.sort(key=lambda each: each.currency)


def figures_at_closing(period: AccountingPeriod) -> QuerySet[PeriodFigure]:
    """What the month came to when it was closed."""
    return period.figures.order_by("currency", "-kind", "product_id")


def next_to_close() -> date | None:
    """The month after the last closed one, else the first that moved something; None where nothing ever did."""
    last = last_closed()
    if last is not None:
        return next_month(last.month)
    firsts = [model.objects.aggregate(first=Min("month"))["first"] for model in (RevenueMonth, BilledMonth)]
    return min((each for each in firsts if each is not None), default=None)


def why_not_to_close(month: date) -> str:
    """Why it is not the turn of a month to have its books closed, in a sentence; nothing where it is."""
    opens_at, last, due = end_of(month) + SETTLES_IN, last_closed(), next_to_close()
    if last is not None and month <= last.month:
        return f"The books of {month:%B %Y} are closed."
    if database_clock() < opens_at:
        return f"{month:%B %Y} can be closed from {opens_at:%-d %B %Y %H:%M} UTC on."
    if due is None and not Entry.objects.filter(recorded_at__lt=end_of(month)).exists():
        return f"Nothing was booked by the end of {month:%B %Y}, so there is nothing to close."
    if due is not None and month != due:
        return f"Months are closed in their order: the next is {due:%B %Y}."
    return ""


def last_closed() -> AccountingPeriod | None:
    return AccountingPeriod.objects.closed().order_by("-month").first()


def owed_after(month: date) -> dict[str, Decimal]:
    """What is owed in tokens at the end of a month, by currency, of every currency that moved until then."""
    owed: dict[str, Decimal] = {}
    for row in RevenueMonth.objects.filter(month__lte=month).order_by("currency"):
        owed[row.currency] = owed.get(row.currency, ZERO) + row.deferred
    return owed


def owed_by_unit() -> dict[int, Decimal]:
    """What the books owe in tokens now, by token unit, in the reporting currency at present rates, not rounded."""
    with connection.cursor() as cursor:
        cursor.execute(_OWED)
        return dict(cursor.fetchall())


_OWED = """
    SELECT w.unit_id, sum(r.deferred * c.reporting_rate)
    FROM billing_grantrevenue r
    JOIN wallets_grant g ON g.account_id = r.account_id AND g.id = r.grant_id
    JOIN wallets_wallet w ON w.account_id = g.account_id AND w.id = g.wallet_id
    JOIN wallets_currency c ON c.code = r.currency
    WHERE g.is_open AND r.deferred > 0 GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class GrantsPage:
    """Some grants of a month, and after which row the next ones come."""

    rows: Sequence[GrantMonth]
    next_after: UUID | None


def grants_of(month: date, currency: str, after: UUID | None = None) -> GrantsPage:
    """Grants of a currency that moved in a month, in the order in which the month first moved them."""
    rows = GrantMonth.objects.filter(month=month, currency=currency).select_related("account")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    page = list(rows.order_by("pk")[: ROWS_SHOWN + 1])
    names = _products()
    for row in page:
        row.product_name = names.get(row.product_id or 0, "")  # type: ignore[attr-defined]
    return GrantsPage(page[:ROWS_SHOWN], page[ROWS_SHOWN - 1].pk if len(page) > ROWS_SHOWN else None)


def months_of_grant(revenue: GrantRevenue) -> list[GrantMonth]:
    """What each month moved of a grant, the newest first."""
    rows = GrantMonth.objects.filter(account=revenue.account_id, grant_id=revenue.grant_id)
    names = _products()
    found = list(rows.order_by("-month", "product_id"))
    for row in found:
        row.product_name = names.get(row.product_id or 0, "")  # type: ignore[attr-defined]
    return found


def of_account(account: Account) -> list[GrantRevenue]:
    """What was paid for each grant of an account and where it is now, the newest first."""
    return list(GrantRevenue.objects.filter(account=account).order_by("-made_at", "-pk")[:ROWS_SHOWN])


def _products() -> dict[int, str]:
    return dict(Product.objects.values_list("pk", "code"))
