"""What was paid, earned, owed, lost by expiry and given back: by month, currency and product, and by grant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet

from billing.models import AccountingPeriod, GrantMonth, GrantRevenue, PeriodFigure, RevenueMonth, UnpaidMonth
from billing.rules.money import places_of
from billing.rules.months import next_month
from pricing.models import Product
from wallets.models import Account

ROWS_SHOWN = 50
ZERO = Decimal(0)


@dataclass(slots=True)
class Figures:
    """What a month moved in one currency, and what was owed in tokens at its end."""

    currency: str
    paid: Decimal = ZERO
    recognised: Decimal = ZERO
    breakage: Decimal = ZERO
    refunded: Decimal = ZERO
    owed: Decimal = ZERO
    by_product: dict[str, Decimal] = field(default_factory=dict)

    @property
    def places(self) -> int:
        return places_of(self.currency)


@dataclass(slots=True)
class FreeUse:
    """Tokens of one product that nobody paid: of free grants of a kind, or overage. costs: ours, by currency."""

    product: str
    kind: str
    tokens: Decimal = ZERO
    uncosted: Decimal = ZERO
    costs: dict[str, Decimal] = field(default_factory=dict)


@dataclass(slots=True)
class MonthFigures:
    """One month of the books. period: its closing that stands, if any."""

    month: date
    currencies: list[Figures] = field(default_factory=list)
    free: list[FreeUse] = field(default_factory=list)
    period: AccountingPeriod | None = None

    def in_currency(self, currency: str) -> Figures | None:
        return next((each for each in self.currencies if each.currency == currency), None)


def months() -> list[MonthFigures]:
    """Every month that moved something, the newest first. Reads sums by month alone, whatever the ledger's length."""
    found: dict[date, MonthFigures] = {}
    names = _products()
    owed: dict[str, Decimal] = {}
    for row in RevenueMonth.objects.order_by("month", "currency"):
        month = found.setdefault(row.month, MonthFigures(row.month))
        figures = month.in_currency(row.currency)
        if figures is None:
            figures = Figures(row.currency)
            month.currencies.append(figures)
        owed[row.currency] = owed.get(row.currency, ZERO) + row.deferred
        _add(figures, row, names)
        figures.owed = owed[row.currency]
    _add_free(found, names)
    _add_quiet_currencies(found)
    for period in AccountingPeriod.objects.closed().select_related("closed_by"):
        found.setdefault(period.month, MonthFigures(period.month)).period = period
    return [found[month] for month in sorted(found, reverse=True)]


def _add(figures: Figures, row: RevenueMonth, names: dict[int, str]) -> None:
    figures.paid += row.paid
    figures.recognised += row.recognised
    figures.breakage += row.breakage
    figures.refunded += row.refunded
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


def _add_quiet_currencies(found: dict[date, MonthFigures]) -> None:
    """What is owed in a currency stands also in the months that moved nothing of it."""
    owed: dict[str, Decimal] = {}
    for month in sorted(found):
        figures = found[month].currencies
        there = {each.currency for each in figures}
        figures += [Figures(currency, owed=sum_) for currency, sum_ in owed.items() if currency not in there]
        figures.sort(key=lambda each: each.currency)
        owed = {each.currency: each.owed for each in figures}


def figures_at_closing(period: AccountingPeriod) -> QuerySet[PeriodFigure]:
    """What the month came to when it was closed."""
    return period.figures.order_by("currency", "product_id")


def next_to_close() -> date | None:
    """The month after the last closed one, else the first that moved something; None where nothing ever did."""
    last = last_closed()
    if last is not None:
        return next_month(last.month)
    return RevenueMonth.objects.order_by("month").values_list("month", flat=True).first()


def last_closed() -> AccountingPeriod | None:
    return AccountingPeriod.objects.closed().order_by("-month").first()


def owed_after(month: date) -> dict[str, Decimal]:
    """What is owed in tokens at the end of a month, by currency, of every currency that moved until then."""
    owed: dict[str, Decimal] = {}
    for row in RevenueMonth.objects.filter(month__lte=month).order_by("currency"):
        owed[row.currency] = owed.get(row.currency, ZERO) + row.deferred
    return owed


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
