"""How those fare who are told of news: what waits for them, what arrived and what was given up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from billing.models import Delivery, Endpoint, News
from config.kernel.identity import first_id_at

LOOKED_AT = 100
COUNTED = 1000
DELIVERIES_SHOWN = 50
TROUBLE_OF = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an endpoint fares. waiting, dead: counted up to COUNTED.

    attempts, failures: of its last LOOKED_AT deliveries. rests_until: it asked to be left alone, or did not answer.
    """

    waiting: int
    waits_since: datetime | None
    dead: int
    attempts: int
    failures: int
    rests_until: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None

    @property
    def failing(self) -> Decimal | None:
        """The share of attempts that failed; None where none was made."""
        return Decimal(self.failures) / self.attempts if self.attempts else None


_STANDINGS = """
SELECT e.id, w.waiting, w.since, x.dead, t.attempts, t.failures,
       CASE WHEN h.rests_until > clock_timestamp() THEN h.rests_until END, h.last_success_at, h.last_failure_at
FROM unnest(%(endpoints)s::bigint[]) AS e (id) LEFT JOIN billing_endpointhealth h ON h.endpoint_id = e.id
CROSS JOIN LATERAL (SELECT count(*) AS waiting, min(created_at) AS since FROM (
    SELECT d.created_at FROM billing_delivery d
    WHERE d.endpoint_id = e.id AND d.state = 'waiting' ORDER BY d.next_at LIMIT %(most)s) AS few) AS w
CROSS JOIN LATERAL (SELECT count(*) AS dead FROM (
    SELECT FROM billing_delivery d WHERE d.endpoint_id = e.id AND d.state = 'dead' LIMIT %(most)s) AS few) AS x
CROSS JOIN LATERAL (
    SELECT count(a.id) AS attempts, count(a.id) FILTER (WHERE a.error <> '') AS failures
    FROM (SELECT d.id FROM billing_delivery d WHERE d.endpoint_id = e.id ORDER BY d.id DESC LIMIT %(looked_at)s) AS last
    JOIN billing_attempt a ON a.delivery_id = last.id AND a.finished_at IS NOT NULL) AS t
"""


def standings(endpoints: Sequence[Endpoint]) -> dict[int, Standing]:
    """How each of these fares, by identity."""
    identities = [each.pk for each in endpoints]
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, {"endpoints": identities, "most": COUNTED, "looked_at": LOOKED_AT})
        return {row[0]: Standing(*row[1:]) for row in cursor.fetchall()}


def deliveries_of(endpoint: Endpoint, *, state: str = "", below: UUID | None = None) -> list[Delivery]:
    """The endpoint's deliveries, newest first, one more than a page shows. state: those alone. below: older ones."""
    rows = Delivery.objects.filter(endpoint=endpoint).select_related("news__about")
    if state:
        rows = rows.filter(state=state)
    if below is not None:
        rows = rows.filter(pk__lt=below)
    return list(rows.order_by("-pk")[: DELIVERIES_SHOWN + 1])


def with_counts(rows: QuerySet[News]) -> QuerySet[News]:
    """News with how many deliveries they have (`handed`) and how many of these arrived (`arrived`)."""
    counted = Delivery.objects.filter(news=OuterRef("pk")).order_by().values("news")
    arrived = Count("pk", filter=Q(state=Delivery.State.DELIVERED))
    return rows.annotate(
        handed=Subquery(counted.annotate(all=Count("pk")).values("all")),
        arrived=Subquery(counted.annotate(some=arrived).values("some")),
    )


@dataclass(frozen=True, slots=True)
class Trouble:
    """Deliveries of the last two days that were given up, and who did not get them: up to three."""

    count: int
    receivers: Sequence[str]


def trouble(moment: datetime) -> Trouble:
    """What did not reach those who asked for it."""
    rows = Delivery.objects.dead().filter(pk__gte=first_id_at(moment - TROUBLE_OF))
    lost = list(rows.select_related("endpoint", "recipient").order_by("-pk")[:COUNTED])
    names = dict.fromkeys(str(each.endpoint or each.recipient) for each in lost)
    return Trouble(len(lost), list(names)[:3])
