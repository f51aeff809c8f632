-- Note why events can't be rated as things stand, and when each is tried again by itself: after so many seconds, or not where that is null.
-- One that another has rated meanwhile is not there any more. Answers how many there were.
CREATE FUNCTION usage_event_park_v1(p_stuck jsonb) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_count integer;
BEGIN
    UPDATE usage_waitingevent AS w
    SET reason = s.reason, detail = s.detail, tries = w.tries + 1, due_at = clock_timestamp() + s.seconds * interval '1 second'
    FROM jsonb_to_recordset(p_stuck) AS s (event_id uuid, reason text, detail text, seconds numeric)
    WHERE w.event_id = s.event_id AND w.reason = '' AND s.reason <> '';
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
-- reverse:
DROP FUNCTION usage_event_park_v1(jsonb);
