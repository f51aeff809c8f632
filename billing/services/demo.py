"""The demo: ninety days of a company's life, told in order through the services that make such days."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial

from billing.errors import NotEmpty
from billing.queries.revenue import next_to_close
from billing.rules.demo_catalogue import ModelPrice
from billing.rules.demo_clients import Client
from billing.rules.demo_prices import EDITIONS
from billing.rules.demo_shape import bundles
from billing.rules.demo_traffic import Call
from billing.rules.demo_usage import Sampler, Usage
from billing.rules.offers import Snapshot
from billing.services import (
    advising,
    auditing,
    demo_buyers,
    demo_charging,
    demo_clients,
    demo_connection,
    demo_customers,
    demo_finance,
    demo_founding,
    demo_quotations,
    demo_seats,
    demo_trials,
    noting_hours,
    periods,
    recognising,
    reconciling,
    watching,
)
from billing.services.accesses import Connectors
from billing.services.demo_charging import Cashier
from billing.services.demo_town import DAY, FINANCE, REASON, Town
from config.kernel.models import AuditRun
from config.kernel.signing import dated
from usage.services import keys, rolling

READINGS = 3
"""Only the reading after the next one knows to which instant the first one came."""
SECONDS_A_TURN = 30.0


@dataclass(frozen=True)
class Source:
    """What the demo is made of. hours: of each client's traffic, as many as there are clients.

    days: of traffic, 90 at most. told: gets what begins, and how many bundles that has.
    """

    offers: Sequence[Snapshot]
    prices: Sequence[ModelPrice]
    calls: Sequence[Call]
    clients: Sequence[Client]
    hours: Sequence[Sequence[Decimal]]
    days: int
    connectors: Connectors
    began: Callable[[str, int], None]
    told: Callable[[int], None]


@dataclass
class Grown:
    """What came of it. seconds: by what was done, of the clock and of this process."""

    cashier: Cashier
    audit: AuditRun
    seconds: dict[str, tuple[float, float]] = field(default_factory=dict)


def grow(source: Source, now: datetime) -> Grown:
    """Grow the days that end at `now`. Jobs must not run meanwhile: they would turn months that are not told yet.

    Raises NotEmpty, and what the services refuse.
    """
    if not demo_founding.is_empty():
        raise NotEmpty()
    seconds: dict[str, tuple[float, float]] = {}
    with _timed("prices and customers", source, seconds), dated(demo_founding.begins_at(now)):
        town = demo_founding.found(source.offers, source.prices, source.clients, now)
    traffic = _traffic(source, now)
    cashier = Cashier(town, source.told)
    with dated(town.since):
        _plan(town, source, traffic, cashier)
    with _timed("ninety days", source, seconds, len(traffic)):
        town.chronicle.tell(now, traffic, cashier.charge)
    with _timed("books of months that are over", source, seconds):
        _close_months(town)
    with _timed("the connection", source, seconds):
        demo_connection.connect(town, source.clients, source.connectors, now)
    with _timed("roll-ups", source, seconds):
        for _ in range(READINGS):
            while rolling.roll(SECONDS_A_TURN):
                pass
        noting_hours.note_hours()
        watching.watch()
        watching.watch_burn_once_a_day()
        advising.advise_once_a_day()
    for key in town.keys.values():
        keys.revoke(prefix=key.prefix, reason=REASON)
    with _timed("audit", source, seconds):
        audit = auditing.run()
    return Grown(cashier, audit, seconds)


def _plan(town: Town, source: Source, traffic: Sequence[Usage], cashier: Cashier) -> None:
    for edition in EDITIONS[1:]:
        town.chronicle.at(
            town.ago(edition.day), partial(demo_founding.publish_edition, edition, source.prices)
        )
    demo_customers.buy(town)
    demo_customers.use(town)
    demo_quotations.quote(town)
    demo_trials.issue(town)
    demo_finance.invoice(town)
    demo_clients.tend(town)
    demo_clients.trade(town, source.clients, traffic)
    demo_clients.limit(town, traffic)
    demo_buyers.invite(town)
    demo_clients.run_out_soon(town, source.clients, traffic, cashier)
    demo_seats.sit(town, source.clients, source.days)
    demo_charging.speak(town, source.clients, source.days, cashier)
    demo_charging.give_back(town, source.days, cashier)


def _traffic(source: Source, now: datetime) -> list[Usage]:
    sampler = Sampler(source.calls, source.prices, now)
    found: list[Usage] = []
    for number, (client, hours) in enumerate(zip(source.clients, source.hours, strict=True)):
        models = sampler.models(client, number)
        found += (sampler.usage(client, models, each) for each in bundles(client, hours, now, source.days))
    return sorted(found, key=lambda each: each.at)


def _close_months(town: Town) -> None:
    """Close the books but for the last month that is over, which waits for finance, and reconcile what came since."""
    while recognising.reckon(SECONDS_A_TURN):
        pass
    user = town.people[FINANCE]
    while (due := next_to_close()) is not None and due <= town.months[0].date():
        periods.close(month=due, user=user, reason="Reconciled with the bank.", connectors={})
    reconciling.reconcile(first=town.months[1].date(), last=(town.now - DAY).date(), by=user.username)


@contextmanager
def _timed(
    name: str, source: Source, seconds: dict[str, tuple[float, float]], steps: int = 0
) -> Iterator[None]:
    source.began(name, steps)
    begun = time.monotonic(), time.process_time()
    yield
    seconds[name] = time.monotonic() - begun[0], time.process_time() - begun[1]
