-- How the units of each line fell into tiers, as pairs of tier_from and units; null for a line without tiers.
CREATE FUNCTION usage_tiers_v1(p usage_order, p_counted numeric[], p_covered numeric[]) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT jsonb_agg(CASE WHEN line.mode IS NOT NULL THEN coalesce((
        SELECT jsonb_agg(jsonb_build_array(tier.tier_from, tier.units) ORDER BY tier.tier_from)
        FROM pricing_tiers_v1(line.quantity - coalesce(p_covered[line.n], 0), p_counted[line.n], line.bounds, line.prices, line.mode, line.packs) AS tier
    ), '[]') END ORDER BY line.n)
    FROM unnest((p).lines) WITH ORDINALITY AS line (
        feature_id, feature, quantity, dimensions, rate, bounds, prices, per, minimum, rounding,
        mode, packs, pattern, rate_dimensions, formula_price, formula_per, override, cost, cost_currency, n)
$$;
-- reverse:
DROP FUNCTION usage_tiers_v1(usage_order, numeric[], numeric[]);
