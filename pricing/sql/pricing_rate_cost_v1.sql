-- What one unit of a rate costs us, as its version was published with; no row where it says nothing of that.
-- An empty currency is the reporting one. PostgreSQL unfolds it into the query that asks.
CREATE FUNCTION pricing_rate_cost_v1(p_rate bigint) RETURNS TABLE (cost numeric, currency text)
LANGUAGE sql STABLE
AS $$
    SELECT r.cost, r.cost_currency::text FROM pricing_rate r WHERE r.id = p_rate AND r.cost IS NOT NULL
$$;
-- reverse:
DROP FUNCTION pricing_rate_cost_v1(bigint);
