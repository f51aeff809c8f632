-- Make the months of usage events that are wanting: the one of p_now and so many ahead. Answers the names of those it made.
-- A month is attached, not made in place: that asks for no lock which the taking of events would wait for.
CREATE FUNCTION usage_event_partitions_v1(p_ahead integer, p_now timestamptz DEFAULT NULL) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '2s'
AS $$
DECLARE
    v_month timestamp := date_trunc('month', coalesce(p_now, clock_timestamp()) AT TIME ZONE 'UTC');
    v_from timestamptz;
    v_name text;
    v_made text[] := '{}';
BEGIN
    IF p_ahead NOT BETWEEN 0 AND 24 THEN
        RAISE EXCEPTION '% months ahead', p_ahead USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(7105, 0);
    FOR n IN 0 .. p_ahead LOOP
        v_from := (v_month + n * interval '1 month') AT TIME ZONE 'UTC';
        v_name := 'usage_event_' || to_char(v_month + n * interval '1 month', 'YYYY_MM');
        CONTINUE WHEN to_regclass('public.' || v_name) IS NOT NULL;
        EXECUTE format('CREATE TABLE public.%I (LIKE public.usage_event INCLUDING ALL)', v_name);
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE TRUNCATE ON public.%I FOR EACH STATEMENT EXECUTE FUNCTION public.kernel_refuse_change_v1()',
            v_name || '_never_empties', v_name);
        EXECUTE format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER %I', v_name, v_name || '_never_empties');
        EXECUTE format(
            'ALTER TABLE public.usage_event ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
            v_name, v_from, (v_month + (n + 1) * interval '1 month') AT TIME ZONE 'UTC');
        v_made := v_made || v_name;
    END LOOP;
    RETURN v_made;
END
$$;
-- reverse:
DROP FUNCTION usage_event_partitions_v1(integer, timestamptz);
