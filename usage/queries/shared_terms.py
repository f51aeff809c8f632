"""The terms that many accounts share, and what features open: read with the epochs that tell when they are old."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connection

from config.kernel import shaped
from usage.rules.access import UnlockFact

ALWAYS = datetime.min.replace(tzinfo=UTC)
UNKNOWN = -1
"""The epoch of a table that is younger than what was read: no debit is charged by it."""


class Span(NamedTuple):
    """From when, and the rate table. table_id: None is the segment's; where there is none, the default one."""

    start: datetime
    table_id: int | None
    segment_id: int | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """The terms of segments, the default ones, what features open, and the epochs of all tables, of one snapshot."""

    default: tuple[Span, ...]
    segments: Mapping[int, tuple[Span, ...]]
    epochs: Mapping[int, int]
    unlocks: Mapping[str, UnlockFact]


def read_shared() -> Shared:
    """All of it, of one snapshot."""
    with connection.cursor() as cursor:
        cursor.execute(_SHARED)
        terms, epochs, unlocks = cursor.fetchone()
    spans: defaultdict[int | None, list[Span]] = defaultdict(list)
    for segment_id, start, table_id in shaped.decode(terms or "[]", list[_Terms]):
        spans[segment_id].append(Span(start or ALWAYS, table_id))
    default = tuple(spans.pop(None, ()))
    segments = {segment_id: tuple(found) for segment_id, found in spans.items() if segment_id is not None}
    return Shared(
        default,
        segments,
        dict(shaped.decode(epochs or "[]", list[tuple[int, int]])),
        {code: UnlockFact(pattern, period) for code, pattern, period in json.loads(unlocks or "[]")},
    )


_Terms = tuple[int | None, datetime | None, int]
_SHARED = """
    SELECT (SELECT json_agg(json_build_array(segment_id, effective_from, table_id)
                            ORDER BY effective_from NULLS FIRST, recorded_at, id)::text
            FROM (SELECT segment_id, effective_from, table_id, recorded_at, id FROM usage_segmentterms
                  UNION ALL SELECT NULL, effective_from, table_id, recorded_at, id FROM usage_defaultterms) AS t),
           (SELECT json_agg(json_build_array(table_id, epoch))::text FROM pricing_epoch),
           (SELECT json_agg(json_build_array(f.code, u.pattern, u.period))::text
            FROM usage_unlock u JOIN pricing_feature f ON f.id = u.feature_id WHERE u.is_active)
"""
