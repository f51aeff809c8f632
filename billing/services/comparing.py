"""What outside systems have, compared with what we have, day by day: what was sent to them, and what they sold."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from time import monotonic

from django.db import transaction

from billing.connectors.contract import Connector
from billing.models import ComparedRecord, Connection, Gap, Outgoing
from billing.queries.sales_here import names_of_days
from billing.rules.connecting import Access, ConnectionFault, Listed, Sold, Unreachable
from billing.rules.mapping import Mapped
from billing.rules.reconciling import Ours, Theirs
from billing.rules.sales_compared import SALE
from billing.services import compared_days, gaps, sales_there
from billing.services.accesses import Connectors, RenewedElsewhere, exchanged
from billing.services.connections import rules_of
from billing.services.sales_there import Told
from billing.services.sync_runs import note_exchange
from config.kernel.utc import midnight
from usage.queries.moments import database_clock

log = logging.getLogger(__name__)

JOB = "compare"
SLACK = timedelta(days=1)
"""How far apart the two books may date the same message."""
SECONDS_A_DAY = 600.0
"""How long one system may take to answer for one day."""


class ToldMeanwhile(Exception):
    """Something was told anew while it was asked for: ask again."""


@dataclass(slots=True)
class Asked:
    """What a system answered for one day: all of it, or none of this is kept."""

    items: dict[str, Sequence[Listed]] = field(default_factory=dict)
    sales: list[Told] = field(default_factory=list)


def askable(connectors: Connectors) -> list[str]:
    """The kinds of connections that can be asked what they have."""
    return sorted(kind for kind, each in connectors.items() if each.lists or each.sells)


def compare(connectors: Connectors, first: date, last: date) -> int:
    """Compare days of UTC, both included, with each connection that can be asked; answers how many gaps.

    One that gives no answer keeps the gaps it had; its health says why.
    """
    found = 0
    for row in Connection.objects.on().filter(kind__in=askable(connectors)):
        try:
            for number in range((last - first).days + 1):
                found += compare_day(row, connectors[row.kind], first + timedelta(days=number))
        except (RenewedElsewhere, ToldMeanwhile):
            log.info("%s is not compared to the end: it is asked again later.", row.code)
        except ConnectionFault as fault:
            note_exchange(row.pk, JOB, fault)
            log.warning("%s is not compared: %s", row.code, fault)
    return found


def compare_day(row: Connection, connector: Connector, day: date) -> int:
    """Ask a connection all that it can be asked of a day, and keep where the two differ; answers how many gaps.

    What it has not answered to the end is not taken for an answer: nothing of the day is kept then.
    Raises ConnectionFault, RenewedElsewhere, ToldMeanwhile.
    """
    names = _names(row, day) if connector.sells else set()
    mapped, began_at = rules_of(row.pk, connector.targets), database_clock()
    until = min(midnight(day + timedelta(days=1)), began_at)
    asked = exchanged(row, connector, partial(_asked, connector, mapped, day, until, names))
    pairs = sales_there.pairs_of(row, asked.sales, names, began_at)
    with transaction.atomic():
        gaps.keep_alone()
        if sales_there.changed_since(pairs, row, began_at):
            raise ToldMeanwhile
        found = 0
        for kind, listed in asked.items.items():
            found += compared_days.keep_items(row, kind, day, *_items(row, kind, day, listed))
        if connector.sells:
            found += compared_days.keep_sales(row, day, pairs)
        compared_days.keep_day(row, day, began_at)
    note_exchange(row.pk, JOB)
    return found


def sale_named(row: Connection, connector: Connector, name: str) -> list[Told]:
    """What they have of one sale now. Raises as `compare_day`."""
    mapped = rules_of(row.pk, connector.targets)
    return exchanged(row, connector, partial(_named, connector, mapped, [name]))


def item_listed(row: Connection, connector: Connector, item: Outgoing) -> Listed | None:
    """What they have now of one message that was sent. Raises as `compare_day`."""
    assert item.finished_at is not None
    since, until = item.finished_at - SLACK, item.finished_at + SLACK
    listed = exchanged(row, connector, partial(connector.listed, kind=item.kind, since=since, until=until))
    return next((each for each in listed if each.external_id == item.external_id), None)


def amount_of(message: Outgoing) -> Decimal:
    """The exact sum that a message is of."""
    return Decimal(message.content["amount"])


def _asked(
    connector: Connector, mapped: Mapped, day: date, until: datetime, names: Collection[str], access: Access
) -> Asked:
    """All answers of a day. Without the database."""
    asked, since, ends = Asked(), midnight(day), monotonic() + SECONDS_A_DAY
    for kind in sorted(connector.lists):
        end = since + timedelta(days=1) + SLACK
        asked.items[kind] = list(connector.listed(access, kind, since - SLACK, end))
    if not connector.sells:
        return asked
    if until > since:
        sold = _in_time(connector.sold(access, since, until), ends)
        asked.sales += [sales_there.told_of(connector, mapped, each) for each in sold]
    known = {name for each in asked.sales for name in each.names}
    if left := sorted(set(names) - known):
        asked.sales += _named(connector, mapped, left, access, ends)
    return asked


def _named(
    connector: Connector, mapped: Mapped, names: Sequence[str], access: Access, ends: float | None = None
) -> list[Told]:
    ends = monotonic() + SECONDS_A_DAY if ends is None else ends
    sold = _in_time(connector.sales_named(access, names), ends)
    return [sales_there.told_of(connector, mapped, each) for each in sold]


def _in_time(sold: Iterator[Sold], ends: float) -> Iterator[Sold]:
    """The same, as long as there is time.

    Raises Unreachable.
    """
    for each in sold:
        if monotonic() > ends:
            raise Unreachable(f"It did not answer for one day within {SECONDS_A_DAY:g} s.")
        yield each


def _names(row: Connection, day: date) -> set[str]:
    """Sales that are of a day by our book, or were when it was compared last, and those whose gaps are of it."""
    found = set(names_of_days(row.pk, midnight(day), midnight(day + timedelta(days=1))))
    before = ComparedRecord.objects.filter(connection=row, kind=SALE, day=day)
    begin = f"{row.code} {SALE} "
    of_sales = Gap.objects.of_days(day, day).filter(subject__startswith=begin)
    found |= set(before.values_list("name", flat=True))
    return found | {subject.removeprefix(begin) for subject in of_sales.values_list("subject", flat=True)}


def _items(
    row: Connection, kind: str, day: date, listed: Sequence[Listed]
) -> tuple[list[Ours], list[Theirs]]:
    """The messages of a day by our book, or by theirs where we have none, as each has them."""
    since, until = midnight(day) - SLACK, midnight(day) + timedelta(days=1) + SLACK
    sent = Outgoing.objects.filter(
        connection=row, kind=kind, state__in=["sent", "dead"], finished_at__gte=since, finished_at__lt=until
    )
    ours = [_ours(each) for each in sent.order_by("pk")]
    accounts = {each.external_id: each.account for each in ours}
    theirs = [_theirs(kind, each, accounts.get(each.external_id, "")) for each in listed]
    days: dict[str, date] = {}
    records: list[Ours | Theirs] = [*ours, *theirs]
    for each in records:
        days.setdefault(each.external_id, each.occurred_on)
    return (
        [each for each in ours if days[each.external_id] == day],
        [each for each in theirs if days[each.external_id] == day],
    )


def _ours(row: Outgoing) -> Ours:
    """What was given up has no name there but its key: there is nothing of it, as far as anybody knows."""
    assert row.finished_at is not None
    return Ours(
        kind=row.kind,
        external_id=row.external_id or row.key,
        account=row.subject,
        customer=None,
        amount=amount_of(row),
        currency=row.content["currency"],
        occurred_on=row.finished_at.astimezone(UTC).date(),
    )


def _theirs(kind: str, row: Listed, account: str) -> Theirs:
    day = row.at.astimezone(UTC).date()
    return Theirs(kind, row.external_id, account, row.amount, row.currency, day)
