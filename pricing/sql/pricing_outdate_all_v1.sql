-- What is priced by any table is to be priced anew: what all usage is judged by has changed. Waits for the debits under way.
-- Table by table in their order, as a batch of debits takes their locks; no table is added meanwhile. Answers the instant from which
-- the change holds.
CREATE FUNCTION pricing_outdate_all_v1(p_now timestamptz DEFAULT NULL) RETURNS timestamptz
LANGUAGE plpgsql
AS $$
DECLARE
    v_table bigint;
    v_now timestamptz := coalesce(p_now, clock_timestamp());
BEGIN
    LOCK TABLE pricing_epoch IN SHARE ROW EXCLUSIVE MODE;
    FOR v_table IN SELECT table_id FROM pricing_epoch ORDER BY table_id LOOP
        v_now := pricing_outdate_v1(v_table, p_now);
    END LOOP;
    RETURN v_now;
END
$$;
-- reverse:
DROP FUNCTION pricing_outdate_all_v1(timestamptz);
