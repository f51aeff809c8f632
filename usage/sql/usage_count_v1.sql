-- Count the units of lines that are priced by tiers. Answers the counter of each line, null for the others.
-- The caller holds the account's lock, has judged the request and will write it.
CREATE FUNCTION usage_count_v1(p usage_order, p_month date, p_covered numeric[]) RETURNS uuid[]
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO usage_tiercount AS c (account_id, month, feature_id, pattern, dimensions, units)
    SELECT p.account, p_month, feature_id, pattern, rate_dimensions, sum(quantity - coalesce(p_covered[n], 0))
    FROM unnest(p.lines) WITH ORDINALITY AS line (
        feature_id, feature, quantity, dimensions, rate, bounds, prices, per, minimum, rounding,
        mode, packs, pattern, rate_dimensions, formula_price, formula_per, override, cost, cost_currency, n)
    WHERE mode IS NOT NULL
    GROUP BY feature_id, pattern, rate_dimensions
    ON CONFLICT (account_id, month, feature_id, pattern, md5(dimensions::text)) DO UPDATE SET units = c.units + EXCLUDED.units;
    RETURN ARRAY(
        SELECT c.id
        FROM unnest(p.lines) WITH ORDINALITY AS line (
            feature_id, feature, quantity, dimensions, rate, bounds, prices, per, minimum, rounding,
            mode, packs, pattern, rate_dimensions, formula_price, formula_per, override, cost, cost_currency, n)
        LEFT JOIN usage_tiercount c ON line.mode IS NOT NULL AND c.account_id = p.account AND c.month = p_month
            AND c.feature_id = line.feature_id AND c.pattern = line.pattern AND md5(c.dimensions::text) = md5(line.rate_dimensions::text)
        ORDER BY line.n);
END
$$;
-- reverse:
DROP FUNCTION usage_count_v1(usage_order, date, numeric[]);
