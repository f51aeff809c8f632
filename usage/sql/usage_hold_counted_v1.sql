-- The units before each line of a capture whose tiers are counted; null for the others. A hold keeps the place in the month that its
-- lines had when it was made: a capture goes on from there, after what the hold's earlier captures charged, whatever else was counted
-- since. p_covered: as usage_counted_v1 takes it. Where no line of the hold was counted by the same row pattern, it is as usage_counted_v1 says.
CREATE FUNCTION usage_hold_counted_v1(p usage_order, p_hold uuid, p_month date, p_covered numeric[]) RETURNS numeric[]
LANGUAGE sql STABLE
AS $$
    WITH place AS (
        SELECT h.feature_id, h.pattern, h.rate_dimensions, min(h.counted) + coalesce((
            SELECT sum(l.quantity - l.covered_quantity)
            FROM usage_holdstep s
            JOIN usage_debitline l ON l.debit_id = s.debit_id AND l.account_id = s.account_id
            JOIN usage_tiercount c ON c.id = l.counter_id AND c.account_id = l.account_id
            WHERE s.hold_id = p_hold AND s.account_id = (p).account AND c.month = p_month AND c.feature_id = h.feature_id
              AND c.pattern = h.pattern AND c.dimensions = h.rate_dimensions
              AND NOT EXISTS (SELECT FROM usage_reversal r WHERE r.account_id = s.account_id AND r.debit_id = s.debit_id AND r.is_whole)
        ), 0) AS units
        FROM usage_holdline h WHERE h.hold_id = p_hold AND h.account_id = (p).account AND h.counted IS NOT NULL
        GROUP BY h.feature_id, h.pattern, h.rate_dimensions
    )
    SELECT array_agg(CASE WHEN place.units IS NULL THEN as_now.units ELSE place.units + line.units_before END ORDER BY line.n)
    FROM (
        SELECT l.*, coalesce(sum(quantity - coalesce(p_covered[n], 0)) FILTER (WHERE mode IS NOT NULL) OVER (
            PARTITION BY feature_id, pattern, rate_dimensions ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS units_before
        FROM unnest((p).lines) WITH ORDINALITY AS l (
            feature_id, feature, quantity, dimensions, rate, bounds, prices, per, minimum, rounding,
            mode, packs, pattern, rate_dimensions, formula_price, formula_per, override, cost, cost_currency, n)
    ) AS line
    JOIN unnest(usage_counted_v1(p, p_month, p_covered)) WITH ORDINALITY AS as_now (units, n) ON as_now.n = line.n
    LEFT JOIN place ON line.mode IS NOT NULL AND place.feature_id = line.feature_id AND place.pattern = line.pattern
        AND place.rate_dimensions = line.rate_dimensions
$$;
-- reverse:
DROP FUNCTION usage_hold_counted_v1(usage_order, uuid, date, numeric[]);
