"""What happened to prices that somebody may be told of: versions that were published."""

from config.kernel.facts import Facts, utc

_PUBLISHED = f"""
SELECT v.published_at AS at, 'rate_table.published' AS kind, v.id::text AS fact, NULL::uuid AS about,
       v.published_at AS occurred_at,
       jsonb_build_object('rate_table', t.code, 'version', v.number, 'token', t.token,
           'published_at', {utc("v.published_at")}, 'effective_from', {utc("v.effective_from")}) AS data
FROM (SELECT * FROM pricing_version WHERE published_at >= $since AND published_at < $until OFFSET 0) v
JOIN pricing_ratetable t ON t.id = v.table_id
"""

FACTS = (
    Facts(
        "versions published",
        _PUBLISHED,
        # A history was loaded: nobody could have been told at the instant at which it says it was published.
        excused="""NOT EXISTS (SELECT FROM pricing_historicalversion h
                               WHERE h.id = f.fact::bigint AND h.published_at IS NOT NULL
                                 AND h.history_date < f.at + interval '1 hour')""",
    ),
)
