"""The one statement that puts prices on a slice of recorded usage: a row an account and feature.

Its pieces, by name: `kind`, how lines that differ in their quantity alone are priced; `computed`, what formulas made of
quantities; `line`, the lines asked for; where tiers count, `event`, all that a month counted in the order of recording,
and `counted`, where it stood before each line.
"""

from __future__ import annotations

from usage.queries.recorded import ASKED, DEBITS, GIVEN_BACK, LINES, OF_THE_ACCOUNTS, SAME_KIND, WHOLE

# What is looked up by a key stays so, however many rows the planner thinks there are; what is joined is joined by hash.
BY_KEYS = """
    SELECT set_config('enable_seqscan', 'off', true), set_config('enable_nestloop', 'off', true),
           set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)
"""
_KINDS = """
    kind AS MATERIALIZED (
        SELECT place, feature_id, dimensions, rate_id, override_id, bounds::numeric[] AS bounds,
               prices::numeric[] AS prices, per, minimum, rounding, mode, packs::numeric[] AS packs, counter,
               cost_before, cost_after
        FROM unnest(
            %(features)s::bigint[], %(dimensions)s::jsonb[], %(rates)s::bigint[], %(overrides)s::uuid[],
            %(bounds)s::text[], %(prices)s::text[], %(per)s::numeric[], %(minimum)s::numeric[], %(rounding)s::text[],
            %(mode)s::text[], %(packs)s::text[], %(counter)s::int[], %(cost_before)s::numeric[],
            %(cost_after)s::numeric[]
        ) WITH ORDINALITY AS given (
            feature_id, dimensions, rate_id, override_id, bounds, prices, per, minimum, rounding, mode, packs, counter,
            cost_before, cost_after, place)
    )
"""
_OF_ITS_KIND = f"JOIN kind ON {SAME_KIND}"


def _lines_asked(how: str) -> str:
    """The lines, and what formulas made of their quantities. how: MATERIALIZED, or nothing."""
    return f"""
        computed AS MATERIALIZED (
            SELECT * FROM unnest(
                %(computed_kind)s::int[], %(computed_quantity)s::numeric[], %(computed_price)s::numeric[],
                %(computed_per)s::numeric[]
            ) AS given (place, quantity, price, per)
        ), line AS {how} (
            SELECT l.*, kind.place, kind.bounds, kind.prices, kind.per, kind.minimum, kind.rounding, kind.mode,
                   kind.packs, kind.cost_before, kind.cost_after
            FROM {DEBITS}
            LEFT JOIN LATERAL (
                SELECT r.id FROM usage_reversal AS r
                WHERE r.debit_id = d.id AND r.account_id = d.account_id AND r.is_whole AND r.recorded_at < %(horizon)s
                LIMIT 1
            ) AS back ON true {LINES} {_OF_ITS_KIND}
            WHERE {OF_THE_ACCOUNTS} AND {ASKED} AND back.id IS NULL
        )
    """


_SUMS = """
    SELECT account_id, feature_id, count(*), sum(quantity), sum(tokens), coalesce(sum(after), 0),
           count(*) FILTER (WHERE after IS NULL), coalesce(sum(tokens) FILTER (WHERE after IS NULL), 0),
           coalesce(sum(cost_before) FILTER (WHERE after IS NOT NULL), 0),
           coalesce(sum(tokens) FILTER (WHERE after IS NOT NULL AND cost_before IS NOT NULL), 0),
           coalesce(sum(cost_after) FILTER (WHERE after IS NOT NULL), 0),
           coalesce(sum(after) FILTER (WHERE cost_after IS NOT NULL), 0)
    FROM charged GROUP BY 1, 2
"""


# A currency is looked up in a constant, not joined; most lines say nothing.
_COST = """
    CASE WHEN line.cost IS NULL THEN line.quantity * {of_its_kind}
         ELSE line.cost * (%(worths)s::jsonb ->> line.cost_currency)::numeric END
"""


def _charged(counted: str, counting: str) -> str:
    """The lines with their tokens at the version's prices; null where it has none. Each is priced once.

    What a line cost is what its usage said, whatever the price; else its quantity at what its kind costs.
    """
    return f"""
        charged AS MATERIALIZED (
            SELECT line.account_id, line.feature_id, line.quantity, line.tokens,
                   {_COST.format(of_its_kind="line.cost_before")} AS cost_before,
                   {_COST.format(of_its_kind="line.cost_after")} AS cost_after,
                   CASE WHEN coalesce(line.per, c.per) IS NOT NULL THEN pricing_charge_v1(
                       line.quantity, line.covered_quantity, {counted}, line.bounds,
                       coalesce(line.prices, ARRAY[c.price]), coalesce(line.per, c.per),
                       line.minimum, line.rounding, line.mode, line.packs) END AS after
            FROM line LEFT JOIN computed AS c ON c.place = line.place AND c.quantity = line.quantity {counting}
        )
    """


# Debits and whole reversals, in the order in which they were recorded. Of debits that are not asked for only those
# matter that count where the rows with tiers would: they stand as they were charged.
_HAPPENED = f"""
    tiered AS MATERIALIZED (
        SELECT place::int - 1 AS counter, pattern, dimensions
        FROM unnest(%(tiered_pattern)s::text[], %(tiered_dimensions)s::jsonb[]) WITH ORDINALITY
            AS given (pattern, dimensions, place)
    ), outside AS MATERIALIZED (
        SELECT c.id, c.account_id, c.month, c.feature_id, tiered.counter
        FROM usage_tiercount AS c JOIN tiered ON tiered.pattern = c.pattern AND tiered.dimensions = c.dimensions
        WHERE c.account_id BETWEEN %(first)s AND %(last)s
    ), happened AS MATERIALIZED (
        SELECT d.id, d.account_id, d.occurred_at, d.recorded_at, {ASKED} AS is_asked,
               d.recorded_at AS at, d.id AS cause_id, 1 AS sign
        FROM {DEBITS}
        WHERE {OF_THE_ACCOUNTS} AND ({ASKED} OR d.account_id IN (SELECT account_id FROM outside))
        UNION ALL
        SELECT d.id, d.account_id, d.occurred_at, d.recorded_at, {ASKED}, r.recorded_at, r.id, -1
        FROM {GIVEN_BACK} WHERE {WHOLE}
    )
"""
# The month as `wallets_month_v1` answers it, for many at once.
ZONE = """
    CROSS JOIN LATERAL (
        SELECT greatest(date_trunc('month', d.occurred_at AT TIME ZONE z.time_zone)::date, z.first_month) AS month
        FROM wallets_zone AS z
        WHERE z.account_id = d.account_id
          AND (z.counts_from IS NULL OR (z.counts_from <= d.occurred_at AND z.recorded_at <= d.recorded_at))
        ORDER BY z.counts_from DESC NULLS LAST, z.id DESC LIMIT 1
    ) AS zone
"""
MONTHS_AS_THEY_WERE = f"""
    {_HAPPENED}, event AS MATERIALIZED (
        SELECT d.account_id, zone.month, l.feature_id, kind.counter, d.at, d.cause_id, l.position,
               d.sign * (l.quantity - l.covered_quantity) AS units
        FROM happened AS d {LINES} {_OF_ITS_KIND} {ZONE}
        WHERE d.is_asked AND kind.counter IS NOT NULL
        UNION ALL
        SELECT d.account_id, o.month, o.feature_id, o.counter, d.at, d.cause_id, l.position,
               d.sign * (l.quantity - l.covered_quantity)
        FROM happened AS d {LINES} JOIN outside AS o ON o.id = l.counter_id AND o.account_id = l.account_id
        WHERE NOT d.is_asked
        UNION ALL
        SELECT %(first)s::uuid, month, feature_id, counter, '-infinity', NULL, 0, units
        FROM unnest(
            %(carried_month)s::date[], %(carried_feature)s::bigint[], %(carried_counter)s::int[],
            %(carried_units)s::numeric[]
        ) AS given (month, feature_id, counter, units)
    )
"""
FRESH_MONTH = f"""
    event AS MATERIALIZED (
        SELECT l.account_id, date '2000-01-01' AS month, l.feature_id, kind.counter, d.recorded_at AS at,
               d.id AS cause_id, l.position, l.quantity - l.covered_quantity AS units
        FROM {DEBITS} {LINES} {_OF_ITS_KIND}
        WHERE {OF_THE_ACCOUNTS} AND {ASKED} AND kind.counter IS NOT NULL
    )
"""
_COUNTED = """
    counted AS (
        SELECT cause_id, position, coalesce(sum(units) OVER (
            PARTITION BY account_id, month, feature_id, counter ORDER BY at, cause_id NULLS FIRST, position
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS units
        FROM event
    )
"""
_COUNTING = "LEFT JOIN counted AS s ON s.cause_id = line.debit_id AND s.position = line.position"

CARRIED = f"""
    WITH {_KINDS}, {MONTHS_AS_THEY_WERE}
    SELECT month, feature_id, counter, sum(units) FROM event GROUP BY 1, 2, 3 HAVING sum(units) <> 0
"""


def rating(months: str | None) -> str:
    """The statement. months: how units are counted; None where nothing is."""
    if months is None:
        return f"WITH {_KINDS}, {_lines_asked('')}, {_charged('NULL', '')} {_SUMS}"
    lines = _lines_asked("MATERIALIZED")  # else what months counted is worked out anew for each account
    return f"WITH {_KINDS}, {months}, {_COUNTED}, {lines}, {_charged('s.units', _COUNTING)} {_SUMS}"
