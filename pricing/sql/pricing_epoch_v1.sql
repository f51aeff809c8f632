-- How often a rate table's prices have changed. PostgreSQL unfolds it into the query that asks.
-- The caller holds publishing off (pricing_hold_v1).
CREATE FUNCTION pricing_epoch_v1(p_table bigint) RETURNS TABLE (epoch bigint)
LANGUAGE sql STABLE
AS $$
    SELECT e.epoch FROM pricing_epoch e WHERE e.table_id = p_table
$$;
-- reverse:
DROP FUNCTION pricing_epoch_v1(bigint);
