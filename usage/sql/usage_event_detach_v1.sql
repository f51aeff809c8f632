-- Detach the months of usage events that ended before the last so many whole ones. Identities, claims and debits stay for good,
-- and the table of a detached month stays as well, for the operator to archive. A month of which an event still waits is kept.
-- Answers the names of those it detached. At least three months are kept: usage may be dated 35 days back.
CREATE FUNCTION usage_event_detach_v1(p_keep_months integer, p_now timestamptz DEFAULT NULL) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '1s'
AS $$
DECLARE
    v_first timestamp := date_trunc('month', coalesce(p_now, clock_timestamp()) AT TIME ZONE 'UTC') - p_keep_months * interval '1 month';
    v_name text;
    v_month timestamp;
    v_detached text[] := '{}';
BEGIN
    IF (p_keep_months >= 3) IS NOT TRUE THEN
        RAISE EXCEPTION '% months of events are too few to keep', p_keep_months USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(7105, 0);
    FOR v_name IN
        SELECT month.relname FROM pg_inherits JOIN pg_class AS month ON month.oid = inhrelid
        WHERE inhparent = 'public.usage_event'::regclass ORDER BY 1
    LOOP
        v_month := to_date(right(v_name, 7), 'YYYY_MM');
        CONTINUE WHEN v_month >= v_first OR EXISTS (
            SELECT FROM usage_waitingevent
            WHERE recorded_at >= v_month AT TIME ZONE 'UTC' AND recorded_at < (v_month + interval '1 month') AT TIME ZONE 'UTC');
        EXECUTE format('ALTER TABLE public.usage_event DETACH PARTITION public.%I', v_name);
        v_detached := v_detached || v_name;
    END LOOP;
    RETURN v_detached;
END
$$;
-- reverse:
DROP FUNCTION usage_event_detach_v1(integer, timestamptz);
