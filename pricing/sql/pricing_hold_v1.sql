-- Hold off publishing on a rate table for the rest of the transaction. Many may hold at once; a publish waits for all of them.
-- The epoch is read after it, in another statement: a snapshot taken before could be of older prices.
CREATE FUNCTION pricing_hold_v1(p_table bigint) RETURNS boolean
LANGUAGE sql VOLATILE
AS $$
    SELECT pg_advisory_xact_lock_shared(7101, p_table::integer) IS NOT NULL
$$;
-- reverse:
DROP FUNCTION pricing_hold_v1(bigint);
