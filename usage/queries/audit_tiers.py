"""What must hold of the units that months charged, which decide the tiers of lines."""

from config.kernel.audit import Check, Promise

TIERS = (
    Check(
        "line_by_tiers_is_counted",
        Promise.RIGHT_PRICE,
        "A line priced by tiers is counted, and no other is.",
        """SELECT l.account_id AS account, l.debit_id AS debit, l.position, r.tier_mode, l.counted, l.counter_id AS counter
           FROM usage_debitline l JOIN pricing_rate r ON r.id = l.rate_id
           WHERE (r.tier_mode <> '') <> (l.counted IS NOT NULL) OR (l.counted IS NULL) <> (l.counter_id IS NULL)""",
    ),
    Check(
        "line_is_counted_where_it_belongs",
        Promise.RIGHT_PRICE,
        "A line counts to the month of its usage in the account's time zone, to its feature and to its rate's pattern.",
        """SELECT l.account_id AS account, l.debit_id AS debit, l.position, c.month, d.occurred_at
           FROM usage_debitline l
           JOIN usage_debit d ON d.id = l.debit_id AND d.account_id = l.account_id
           JOIN pricing_rate r ON r.id = l.rate_id
           LEFT JOIN usage_tiercount c ON c.id = l.counter_id AND c.account_id = l.account_id
           LEFT JOIN LATERAL (
               SELECT greatest(date_trunc('month', d.occurred_at AT TIME ZONE z.time_zone)::date, z.first_month) AS month
               FROM wallets_zone z
               WHERE z.account_id = l.account_id AND (z.counts_from IS NULL OR z.counts_from <= d.occurred_at AND z.recorded_at <= d.recorded_at)
               ORDER BY z.counts_from DESC NULLS LAST, z.id DESC LIMIT 1) AS zone ON true
           WHERE l.counter_id IS NOT NULL AND (
               c.feature_id = l.feature_id AND c.pattern = r.feature AND c.dimensions = r.dimensions AND c.month = zone.month) IS NOT TRUE""",
    ),
    Check(
        "month_counts_its_lines",
        Promise.RIGHT_PRICE,
        "The units of a month are those of its lines, charged and not covered, but of debits that were reversed whole.",
        """SELECT c.account_id AS account, c.id AS counter, c.month, c.pattern, c.units, coalesce(l.units, 0) AS lines
           FROM usage_tiercount c
           LEFT JOIN (
               SELECT account_id, counter_id, sum(quantity - covered_quantity) AS units FROM usage_debitline l
               WHERE counter_id IS NOT NULL AND NOT EXISTS (
                   SELECT FROM usage_reversal r WHERE r.account_id = l.account_id AND r.debit_id = l.debit_id AND r.is_whole)
               GROUP BY 1, 2) l ON l.account_id = c.account_id AND l.counter_id = c.id
           WHERE c.units <> coalesce(l.units, 0)""",
    ),
    Check(
        "line_begins_where_the_month_stood",
        Promise.RIGHT_PRICE,
        "A line by tiers begins at the units that its month had charged when it was recorded; a capture's and a correction's have checks of their own.",
        """WITH counted AS (
               SELECT l.account_id, l.counter_id, l.debit_id AS happened, l.position, CASE WHEN s.id IS NULL AND c.id IS NULL THEN l.counted END AS counted,
                      l.quantity - l.covered_quantity AS units
               FROM usage_debitline l
               LEFT JOIN usage_holdstep s ON s.debit_id = l.debit_id AND s.account_id = l.account_id
               LEFT JOIN usage_correction c ON c.replacement_id = l.debit_id AND c.account_id = l.account_id
               WHERE l.counter_id IS NOT NULL
               UNION ALL
               SELECT l.account_id, l.counter_id, r.id, 0, NULL, -sum(l.quantity - l.covered_quantity)
               FROM usage_reversal r JOIN usage_debitline l ON l.debit_id = r.debit_id AND l.account_id = r.account_id
               WHERE r.is_whole AND l.counter_id IS NOT NULL GROUP BY 1, 2, 3)
           SELECT account_id AS account, happened AS debit, position, counted, stood
           FROM (SELECT *, coalesce(sum(units) OVER (
                     PARTITION BY account_id, counter_id ORDER BY happened, position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS stood
                 FROM counted) AS run
           WHERE counted <> stood""",
    ),
)
