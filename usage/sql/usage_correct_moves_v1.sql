-- How a charge in a debit's place would move the units that months count: what each counter would have more or less; null where none would.
CREATE FUNCTION usage_correct_moves_v1(p_account uuid, p_order usage_correction_order) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
    SELECT jsonb_agg(jsonb_build_object(
        'account', p_account, 'month', month, 'feature_id', feature_id, 'pattern', pattern, 'dimensions', dimensions, 'units', units::text))
    FROM (
        SELECT month, feature_id, pattern, dimensions, sum(units) AS units
        FROM (
            SELECT wallets_month_v1(p_account, (p_order).asked.occurred_at) AS month, l.feature_id, l.pattern, l.rate_dimensions AS dimensions,
                   l.quantity - (p_order).cover.covered[l.n] AS units
            FROM unnest((p_order).asked.lines) WITH ORDINALITY AS l (
                feature_id, feature, quantity, dimensions, rate, bounds, prices, per, minimum, rounding,
                mode, packs, pattern, rate_dimensions, formula_price, formula_per, override, cost, cost_currency, n)
            WHERE l.mode IS NOT NULL
            UNION ALL
            SELECT t.month, t.feature_id, t.pattern, t.dimensions, -(l.quantity - l.covered_quantity)
            FROM usage_debitline l JOIN usage_tiercount t ON t.account_id = l.account_id AND t.id = l.counter_id
            WHERE l.account_id = p_account AND l.debit_id = (p_order).debit
        ) AS moved
        GROUP BY month, feature_id, pattern, dimensions HAVING sum(units) <> 0
    ) AS counter
$$;
-- reverse:
DROP FUNCTION usage_correct_moves_v1(uuid, usage_correction_order);
