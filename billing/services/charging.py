"""What orders ask money for: a charge for each period, and one for each change of it, written as it comes about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import User
from django.contrib.postgres.aggregates import BoolOr
from django.db import transaction
from django.db.models import Max, Q, Sum

from billing.models import (
    AccountBilling,
    BilledMonth,
    Order,
    OrderCharge,
    OrderLine,
    OrderPeriod,
    OrderVersion,
    Portion,
)
from billing.models.order_charge import Billing
from billing.queries.calendar import day_of
from billing.queries.order_money import billing_of
from billing.queries.order_months import money_ahead, periods_with_more_ahead
from billing.queries.orders import line_of, lines_of, present_version
from billing.rules.fees import Fee, month_of, months_of, months_of_end, price_of_one
from billing.rules.money import rounded
from billing.rules.orders import ACTIVE, Line
from config.kernel.amounts import plain
from config.kernel.errors import InvalidRequest
from config.kernel.signing import signed
from wallets.models import Account
from wallets.services import ledger

NOTHING = Decimal(0)
AN_INSTANT = timedelta(microseconds=1)
Place = tuple[UUID, str, int, int]
"""An order, the name and the run of its line, and the number of the period."""


@dataclass(slots=True)
class _Charged:
    """What a period was asked for until now."""

    amount: Decimal = NOTHING
    fee: Decimal = NOTHING
    ahead: Decimal = NOTHING
    count: int = 0
    is_external: bool | None = None


@dataclass(slots=True)
class _Books:
    """The account's periods that are looked at, with what was asked for and what their grants carry.

    active: the lines of the present versions of the periods' orders, by order, name and run. billing: who asks for
    money, as these versions say it, by order.
    """

    account: Account
    moment: datetime
    active: Mapping[tuple[UUID, str, int], Line]
    billing: Mapping[UUID, str]
    charged: Mapping[UUID, _Charged]
    kept: Mapping[Place, Decimal]
    days: dict[datetime, date] = field(default_factory=dict)

    def day(self, moment: datetime) -> date:
        if moment not in self.days:
            self.days[moment] = day_of(self.account.pk, moment)
        return self.days[moment]


def charge(*, account: Account, moment: datetime, order: Order | None = None) -> None:
    """Write down by how much the account's periods cost more or less than they were asked for, under its lock.

    order: all its periods that go on are looked at, and of what is paid for once also those that are over, for a
    version changes these too; else only those of the account that were asked for nothing yet, or for tokens of months
    that were still to come.
    """
    rows = OrderPeriod.objects.filter(account=account)
    wanted = Q(charges=None, amount__gt=0) | Q(pk__in=periods_with_more_ahead(account.pk))
    if order is None:
        rows = rows.filter(wanted)
    else:
        rows = rows.filter(wanted | Q(number=0) | Q(ends_at=None) | Q(ends_at__gt=moment), order=order)
    periods = list(rows.distinct().select_related("order").order_by("order", "line", "run", "number"))
    if not periods:
        return
    orders = {each.order_id: each.order for each in periods}
    versions = [version for each in orders.values() if (version := present_version(each)) is not None]
    billing = {version.order_id: version.billing for version in versions}
    books = _Books(account, moment, _active(versions), billing, _charged(periods), _kept(periods))
    for period in periods:
        _charge(books, period)


@transaction.atomic
def choose_billing(
    *, customer_id: UUID, billing: str, user: User | None = None, reason: str = ""
) -> AccountBilling:
    """Say who asks for the money of the account's orders from now on: of periods that were asked for it stays.

    billing: invoice or external.

    Raises InvalidRequest, AccountMissing.
    """
    if billing not in Billing.values:
        raise InvalidRequest.at("/billing", "Invoices are made here, or elsewhere.")
    ledger.lock(customer_id)
    row = AccountBilling.objects.filter(pk=customer_id).first() or AccountBilling(customer_id=customer_id)
    row.billing = billing
    signed(row, user, reason).save()
    return row


def _active(versions: Sequence[OrderVersion]) -> dict[tuple[UUID, str, int], Line]:
    """The lines of these versions, by order, name and run; of those that are cancelled none."""
    return {
        (version.order_id, line.name, line.run): line
        for version in versions
        if version.state == ACTIVE
        for line in lines_of(version)
    }


def _charged(periods: Sequence[OrderPeriod]) -> Mapping[UUID, _Charged]:
    found: dict[UUID, _Charged] = defaultdict(_Charged)
    rows = OrderCharge.objects.filter(period__in=periods)
    for pk, amount, fee, ahead, last, is_external in (
        rows.order_by()
        .values_list("period")
        .annotate(Sum("amount"), Sum("fee"), Sum("ahead"), Max("number"), elsewhere=BoolOr("is_external"))
    ):
        found[pk] = _Charged(amount, fee, ahead, last + 1, is_external)
    return found


def _kept(periods: Sequence[OrderPeriod]) -> Mapping[Place, Decimal]:
    """What the grants of each period carry, less what the order took back of them: as revenue shares it out."""
    rows = Portion.objects.filter(
        order__in={each.order_id for each in periods}, number__in={each.number for each in periods}
    )
    found: dict[Place, Decimal] = defaultdict(Decimal)
    for row in rows:
        found[row.order_id, row.line, row.run, row.number] += row.paid
    return found


def _charge(books: _Books, period: OrderPeriod) -> None:
    known = books.charged.get(period.pk) or _Charged()
    costs = rounded(period.amount, period.currency)
    carried = books.kept.get((period.order_id, period.line, period.run, period.number), NOTHING)
    amount, fee = costs - known.amount, costs - carried - known.fee
    ahead = _ahead(books, period) - known.ahead
    if not amount and not fee and not ahead:
        return
    rows = OrderLine.objects.filter(version__order=period.order_id, name=period.line, run=period.run)
    said, *former = rows.order_by("-version__number")[:2]
    line = line_of(said)
    is_end = known.count > 0 and (period.order_id, line.name, line.run) not in books.active
    starts_at, ends_at = _time(books, period, line, known)
    written = OrderCharge(
        account=books.account,
        period=period,
        number=known.count,
        version=period.version,
        amount=amount,
        fee=fee,
        ahead=ahead,
        currency=period.currency,
        starts_at=starts_at,
        ends_at=ends_at,
        is_end=is_end,
        first_day=books.day(starts_at),
        last_day=books.day(ends_at - AN_INSTANT) if ends_at else None,
        is_external=_is_external(books, period) if known.is_external is None else known.is_external,
        recorded_at=books.moment,
        **(_change(line, former, amount, is_end) if known.count else _whole(line, period, amount)),
    )
    written.save(force_insert=True)
    _earn(written, known.fee + fee)


def _ahead(books: _Books, period: OrderPeriod) -> Decimal:
    """What tokens of the months that are still to come will be paid with."""
    line = books.active.get((period.order_id, period.line, period.run))
    if line is None or line.has_ended(books.moment) or not line.offer.by_month():
        return NOTHING
    return money_ahead(period, line)


def _time(
    books: _Books, period: OrderPeriod, line: Line, known: _Charged
) -> tuple[datetime, datetime | None]:
    """The time that is charged for: the period, or the rest of it; no time where none is left."""
    starts_at = max(period.starts_at, books.moment) if known.count else period.starts_at
    ends_at = min((each for each in (period.ends_at, line.ends_at) if each is not None), default=None)
    return starts_at, None if ends_at is not None and ends_at <= starts_at else ends_at


def _whole(line: Line, period: OrderPeriod, amount: Decimal) -> dict[str, object]:
    """What stands on an invoice for a period: quantity, price, and before what was taken off."""
    quantity, price = price_of_one(amount, period.amount, line.quantity, period.currency)
    listed = rounded(line.list_amount, period.currency)
    is_less = period.amount == line.amount and listed > amount
    return {
        "description": line.offer.name[:300],
        "quantity": quantity,
        "unit_price": price,
        "list_amount": listed if is_less else None,
    }


def _change(line: Line, former: Sequence[OrderLine], amount: Decimal, is_end: bool) -> dict[str, object]:
    """What stands on an invoice for a change in the course of a period: the difference. former: the line before it."""
    name, before = line.offer.name, line_of(former[0]) if former else line
    told = f"{name}: new price"
    if not amount:
        told = f"{name}: tokens"
    elif is_end:
        told = f"{name}: ended early"
    elif before.offer.code != line.offer.code:
        told = f"{name} instead of {before.offer.name}"
    elif before.quantity != line.quantity:
        told = f"{name}: {plain(line.quantity)} instead of {plain(before.quantity)}"
    return {"description": told[:300], "quantity": Decimal(1), "unit_price": amount}


def _is_external(books: _Books, period: OrderPeriod) -> bool:
    """Whether the order, or else its account, is billed elsewhere."""
    billing = books.billing[period.order_id] or billing_of(books.account.pk)
    return bool(billing == Billing.EXTERNAL)


def _earn(charge: OrderCharge, total: Decimal) -> None:
    """Write down which months earn the charge's fee. total: the fee of all of the period's charges."""
    if charge.is_end:
        rows = BilledMonth.objects.filter(charge__period=charge.period_id, line=None).values_list("month")
        before = dict(rows.annotate(sum=Sum("earned")).order_by())
        earned = months_of_end(before, total, charge.recorded_at)
    else:
        fee = Fee(charge.fee - charge.ahead, charge.starts_at, charge.ends_at, charge.currency)
        earned = months_of(fee, charge.recorded_at)
    billed = {month_of(charge.recorded_at): charge.fee} if charge.fee else {}
    BilledMonth.objects.bulk_create(
        BilledMonth(
            account=charge.account,
            month=month,
            currency=charge.currency,
            kind=BilledMonth.Kind.FEE,
            charge=charge,
            billed=billed.get(month, NOTHING),
            earned=earned.get(month, NOTHING),
        )
        for month in sorted({*earned, *billed})
    )
