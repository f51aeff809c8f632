-- What is priced by any table is to be priced anew: others decide what goes with a debit, and have decided otherwise.
-- Waits for the debits under way, in the order in which batches hold tables.
CREATE FUNCTION pricing_outdate_all_v1() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_table bigint;
BEGIN
    FOR v_table IN SELECT table_id FROM pricing_epoch ORDER BY table_id LOOP
        PERFORM pricing_outdate_v1(v_table);
    END LOOP;
END
$$;
-- reverse:
DROP FUNCTION pricing_outdate_all_v1();
