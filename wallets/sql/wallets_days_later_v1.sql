-- The same time of day so many days later in a zone, or before; after a gap its end, of a time that exists twice the first.
CREATE FUNCTION wallets_days_later_v1(p_at timestamptz, p_days integer, p_zone text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_local timestamp := (p_at AT TIME ZONE p_zone) + make_interval(days => p_days);
    v_at timestamptz := v_local AT TIME ZONE p_zone;
    v_gap interval := (v_at AT TIME ZONE p_zone) - v_local;
    v_before timestamptz := v_at - interval '1 day';
    v_offset interval := (v_before AT TIME ZONE p_zone) - (v_before AT TIME ZONE 'UTC');
    v_middle timestamptz;
BEGIN
    IF v_gap = interval '0' THEN
        v_before := (v_local - v_offset) AT TIME ZONE 'UTC';
        RETURN CASE WHEN v_before < v_at AND v_before AT TIME ZONE p_zone = v_local THEN v_before ELSE v_at END;
    END IF;
    v_before := v_at - v_gap;
    WHILE v_at - v_before > interval '1 second' LOOP
        v_middle := v_before + (v_at - v_before) / 2;
        IF (v_middle AT TIME ZONE p_zone) - (v_middle AT TIME ZONE 'UTC') = v_offset THEN
            v_before := v_middle;
        ELSE
            v_at := v_middle;
        END IF;
    END LOOP;
    RETURN date_trunc('second', v_at);
END
$$;
-- reverse:
DROP FUNCTION wallets_days_later_v1(timestamptz, integer, text);
