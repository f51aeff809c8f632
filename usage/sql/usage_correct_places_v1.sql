-- The units that months charged before lines whose tiers are counted, by the order's place in p_orders and the line's in it. Usage keeps
-- its place in its month: what was recorded before it counts, as it was charged or is charged in its place by now, and what was given back
-- whole by then does not. p_orders: of one account, in order of their roots. p_carried: units that charges before p_orders would move and
-- have not moved yet, as a dry run tells them.
CREATE FUNCTION usage_correct_places_v1(p_account uuid, p_orders usage_correction_order[], p_carried jsonb)
RETURNS TABLE (n integer, line integer, counted numeric)
LANGUAGE sql STABLE
AS $$
    WITH line AS MATERIALIZED (
        SELECT o.n, (o.o).root, l.n AS position, (o.o).asked.occurred_at AS at, wallets_month_v1(p_account, (o.o).asked.occurred_at) AS month,
               l.feature_id, l.pattern, l.rate_dimensions AS dimensions, l.quantity - (o.o).cover.covered[l.n] AS units
        FROM (SELECT n, p_orders[n] AS o FROM generate_subscripts(p_orders, 1) AS n) AS o
        CROSS JOIN LATERAL unnest((o.o).asked.lines) WITH ORDINALITY AS l (
            feature_id, feature, quantity, dimensions, rate, bounds, prices, per, minimum, rounding,
            mode, packs, pattern, rate_dimensions, formula_price, formula_per, override, cost, cost_currency, n)
        WHERE l.mode IS NOT NULL
    ), counter AS MATERIALIZED (
        SELECT DISTINCT month, feature_id, pattern, dimensions FROM line
    ), root AS MATERIALIZED (    -- what charged usage first, and what charges it now
        SELECT d.id, coalesce(c.replacement_id, d.id) AS debit
        FROM usage_debit d
        LEFT JOIN LATERAL (SELECT replacement_id FROM usage_correction c WHERE c.account_id = p_account AND c.root_id = d.id
                           ORDER BY replacement_id DESC LIMIT 1) AS c ON true
        WHERE d.account_id = p_account AND d.recorded_at >= (SELECT min(at) - interval '33 days' FROM line)
          AND d.id < (SELECT l.root FROM line l ORDER BY l.root DESC LIMIT 1)
          AND NOT EXISTS (SELECT FROM usage_correction c WHERE c.account_id = p_account AND c.replacement_id = d.id)
    ), stood AS MATERIALIZED (
        SELECT k.month, k.feature_id, k.pattern, k.dimensions, root.id AS place, root.debit, l.position, l.quantity - l.covered_quantity AS units
        FROM root
        JOIN usage_debitline l ON l.account_id = p_account AND l.debit_id = root.debit
        JOIN usage_tiercount t ON t.account_id = p_account AND t.id = l.counter_id
        JOIN counter k ON k.month = t.month AND k.feature_id = t.feature_id AND k.pattern = t.pattern AND k.dimensions = t.dimensions
        WHERE root.debit NOT IN (SELECT (p_orders[n]).debit FROM generate_subscripts(p_orders, 1) AS n)
    ), happened AS (
        SELECT NULL::integer AS n, month, feature_id, pattern, dimensions, place, position::bigint, units FROM stood
        UNION ALL
        SELECT NULL, s.month, s.feature_id, s.pattern, s.dimensions, r.id, 0, -s.units
        FROM stood s JOIN usage_reversal r ON r.account_id = p_account AND r.debit_id = s.debit AND r.is_whole
        UNION ALL
        SELECT NULL, c.month, c.feature_id, c.pattern, c.dimensions, '00000000-0000-0000-0000-000000000000', 0, c.units
        FROM jsonb_to_recordset(p_carried) AS c (account uuid, month date, feature_id bigint, pattern text, dimensions jsonb, units numeric)
        WHERE c.account = p_account
        UNION ALL
        SELECT n, month, feature_id, pattern, dimensions, root, position, units FROM line
    )
    SELECT run.n, run.position::integer, run.before
    FROM (SELECT h.*, coalesce(sum(units) OVER (PARTITION BY month, feature_id, pattern, dimensions ORDER BY place, position
                  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
          FROM happened h) AS run
    WHERE run.n IS NOT NULL
$$;
-- reverse:
DROP FUNCTION usage_correct_places_v1(uuid, usage_correction_order[], jsonb);
