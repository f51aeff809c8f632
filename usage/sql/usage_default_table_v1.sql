-- Let accounts without terms of their own pay by another table from now on; the first default holds for all the past.
-- Waits for the debits under way at the old default's prices, and stamps the instant when they are done.
-- Answers whether anything changed. Changes of the default go one after the other (7102).
CREATE FUNCTION usage_default_table_v1(p_table bigint, p_by text, p_reason text, p_now timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '1s'
SET enable_seqscan = off
AS $$
DECLARE
    v_old bigint;
    v_from timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(7102, 0);
    SELECT table_id INTO v_old FROM usage_defaultterms ORDER BY effective_from DESC NULLS LAST, recorded_at DESC, id DESC LIMIT 1;
    IF v_old = p_table THEN
        RETURN false;
    END IF;
    IF v_old IS NOT NULL THEN
        v_from := pricing_outdate_v1(v_old, p_now);
    END IF;
    INSERT INTO usage_defaultterms (table_id, effective_from, recorded_at, set_by, reason)
    VALUES (p_table, v_from, coalesce(v_from, p_now, clock_timestamp()), p_by, p_reason);
    RETURN true;
END
$$;
-- reverse:
DROP FUNCTION usage_default_table_v1(bigint, text, text, timestamptz);
