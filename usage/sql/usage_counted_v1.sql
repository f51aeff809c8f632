-- The units that a month charged before each line whose tiers are counted, in the order of the lines; null for the others.
-- p_covered: units of each line that allowances cover, null where they cover none. Counted by account, feature and row pattern, whatever the rate table. The caller holds the account's lock.
CREATE FUNCTION usage_counted_v1(p usage_order, p_month date, p_covered numeric[]) RETURNS numeric[]
LANGUAGE sql STABLE
AS $$
    SELECT array_agg(CASE WHEN line.mode IS NOT NULL THEN coalesce(c.units, 0) + line.units_before END ORDER BY line.n)
    FROM (
        SELECT l.*, coalesce(sum(quantity - coalesce(p_covered[n], 0)) FILTER (WHERE mode IS NOT NULL) OVER (
            PARTITION BY feature_id, pattern, rate_dimensions ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS units_before
        FROM unnest((p).lines) WITH ORDINALITY AS l (
            feature_id, feature, quantity, dimensions, rate, bounds, prices, per, minimum, rounding,
            mode, packs, pattern, rate_dimensions, formula_price, formula_per, override, cost, cost_currency, n)
    ) AS line
    LEFT JOIN usage_tiercount c ON c.account_id = (p).account AND c.month = p_month AND c.feature_id = line.feature_id
        AND c.pattern = line.pattern AND md5(c.dimensions::text) = md5(line.rate_dimensions::text)
$$;
-- reverse:
DROP FUNCTION usage_counted_v1(usage_order, date, numeric[]);
