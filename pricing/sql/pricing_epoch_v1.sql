-- Hold off publishing for the rest of the transaction, then tell how often the table's prices have changed.
-- The epoch is read in a statement of its own, after the lock: a snapshot taken before could be of older prices.
CREATE FUNCTION pricing_epoch_v1(p_table bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_epoch bigint;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7101, p_table::integer);
    SELECT epoch INTO v_epoch FROM pricing_epoch WHERE table_id = p_table;
    RETURN v_epoch;
END
$$;
-- reverse:
DROP FUNCTION pricing_epoch_v1(bigint);
