-- Forget quarters of an hour of days that are more than p_days back, at most p_most rows; days stay. Answers how many went.
CREATE FUNCTION usage_rollup_forget_v1(p_days integer, p_most integer, p_now timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_since timestamptz := date_trunc('day', coalesce(p_now, clock_timestamp()) - make_interval(days => p_days), 'UTC');
    v_gone integer;
BEGIN
    UPDATE usage_rollups SET slots_since = greatest(slots_since, v_since) RETURNING slots_since INTO v_since;
    DELETE FROM usage_usageslot
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM usage_usageslot WHERE slot_at < v_since LIMIT p_most));
    GET DIAGNOSTICS v_gone = ROW_COUNT;
    RETURN v_gone;
END
$$;
-- reverse:
DROP FUNCTION usage_rollup_forget_v1(integer, integer, timestamptz);
