-- What a denial keeps of a request: what was asked for, without what it was priced by.
CREATE FUNCTION usage_request_v1(p usage_order) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'occurred_at', p.occurred_at, 'subject', p.subject, 'metadata', p.metadata, 'table', p."table", 'version', p.version,
        'items', (SELECT jsonb_agg(jsonb_build_object(
            'feature', feature, 'quantity', quantity::text, 'dimensions', dimensions, 'rate', rate,
            'cost', cost::text, 'currency', cost_currency) ORDER BY n)
            FROM unnest(p.lines) WITH ORDINALITY AS line (
                feature_id, feature, quantity, dimensions, rate, bounds, prices, per, minimum, rounding,
                mode, packs, pattern, rate_dimensions, formula_price, formula_per, override, cost, cost_currency, n))))
$$;
-- reverse:
DROP FUNCTION usage_request_v1(usage_order);
