"""News: every fact that somebody may be told of, found once and handed to whoever chose its type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from billing.models import NewsReading
from billing.queries.facts import FACTS
from billing.rules.reading import OVERLAP_MINUTES
from billing.services import switchboard
from config.kernel.facts import Facts
from config.kernel.identity import first_id_at

OVERLAP = timedelta(minutes=OVERLAP_MINUTES)
PAGE = 500
_ROW_BY_ROW = (
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
)
"""Whatever the planner believes of a table, none is read as a whole; each fact asks for its news by itself."""

_TELL = """
WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at), fresh AS MATERIALIZED (
    SELECT f.* FROM ({facts}) AS f
    WHERE (SELECT n.id FROM billing_news n WHERE n.kind = f.kind AND n.fact = f.fact) IS NULL
    ORDER BY f.at, f.fact LIMIT %(page)s
), told AS (
    INSERT INTO billing_news (kind, fact, about_id, occurred_at, recorded_at, data)
    SELECT kind, fact, about, occurred_at, now.at, data FROM fresh, now ORDER BY fresh.at, fact
    ON CONFLICT (kind, fact) DO NOTHING
    RETURNING id, kind, about_id, occurred_at, recorded_at
), handed AS (
    INSERT INTO billing_delivery
        (news_id, endpoint_id, recipient_id, state, attempts, round_began_with, created_at, next_at, reason)
    SELECT told.id, e.id, NULL::bigint, 'waiting', 0, 0, told.recorded_at, told.recorded_at, ''
    FROM told JOIN billing_endpoint e
      ON e.is_on AND told.kind = ANY (e.types) AND told.occurred_at >= e.created_at
    UNION ALL
    SELECT told.id, NULL, r.id, 'waiting', 0, 0, told.recorded_at, told.recorded_at, ''
    FROM told JOIN billing_recipient r
      ON r.is_on AND told.kind = ANY (r.types) AND told.occurred_at >= r.created_at
     AND (r.about_id IS NULL OR r.about_id = told.about_id)
    RETURNING 1
)
SELECT (SELECT count(*) FROM fresh), (SELECT count(*) FROM told), (SELECT count(*) FROM handed)
"""


@dataclass(slots=True)
class Told:
    """What a reading made."""

    news: int = 0
    deliveries: int = 0


@dataclass(frozen=True, slots=True)
class _Span:
    """The facts that one reading looks at: those that came to be from `since` on and before `until`."""

    since: datetime
    until: datetime


def tell(sorts: Sequence[Facts] = FACTS) -> Told:
    """Make news of every fact that has none yet, and deliveries for whoever chose its type.

    Safe at any time, by any number of workers, ended anywhere: a kind tells a fact once, and what was not finished is
    found again. Its cost depends on what came to be since the last time, not on the history.
    """
    told = Told()
    for facts in sorts:
        span = _next_span(facts)
        while _tell_page(facts, span, told):
            continue
        NewsReading.objects.filter(pk=facts.name, read_until__lt=span.until).update(read_until=span.until)
    return told


def _next_span(facts: Facts) -> _Span:
    """From a little before where the last reading ended; a sort that was never read begins now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO billing_newsreading (name, since_at, read_until)
               SELECT %s, now, now FROM clock_timestamp() AS now ON CONFLICT DO NOTHING""",
            [facts.name],
        )
        cursor.execute(
            """SELECT greatest(since_at, read_until - make_interval(secs => %s)), clock_timestamp()
               FROM billing_newsreading WHERE name = %s""",
            [OVERLAP.total_seconds(), facts.name],
        )
        return _Span(*cursor.fetchone())


def _tell_page(facts: Facts, span: _Span, told: Told) -> bool:
    """Tell a page of facts, in a transaction. Answers whether there may be more."""
    query = facts.between("%(since)s::timestamptz", "%(until)s::timestamptz", "%(least)s::uuid")
    least = first_id_at(span.since)
    with transaction.atomic(), connection.cursor() as cursor:
        switchboard.take()
        cursor.execute(_ROW_BY_ROW)
        cursor.execute(
            _TELL.format(facts=query),
            {"since": span.since, "until": span.until, "least": least, "page": PAGE},
        )
        found, news, deliveries = cursor.fetchone()
    told.news += news
    told.deliveries += deliveries
    return bool(found == PAGE and news)
