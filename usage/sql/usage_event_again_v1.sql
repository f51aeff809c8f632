-- Let events that are stuck be tried again: they take their place among those that wait, by the time of their usage.
-- Those of a backfill wait for its approval, whoever asks. Answers how many there were.
CREATE FUNCTION usage_event_again_v1(p_events uuid[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_count integer;
BEGIN
    UPDATE usage_waitingevent SET reason = '', due_at = NULL WHERE event_id = ANY (p_events) AND reason NOT IN ('', 'backfill');
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
-- reverse:
DROP FUNCTION usage_event_again_v1(uuid[]);
