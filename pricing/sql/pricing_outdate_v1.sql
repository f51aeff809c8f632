-- What is priced by this table is to be priced anew: others decide who pays by it, and have decided otherwise.
-- Waits for the debits under way at its prices. Answers the instant from which the change holds.
CREATE FUNCTION pricing_outdate_v1(p_table bigint, p_now timestamptz DEFAULT NULL) RETURNS timestamptz
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7101, p_table::integer);
    UPDATE pricing_epoch SET epoch = epoch + 1 WHERE table_id = p_table;
    RETURN coalesce(p_now, clock_timestamp());
END
$$;
-- reverse:
DROP FUNCTION pricing_outdate_v1(bigint, timestamptz);
