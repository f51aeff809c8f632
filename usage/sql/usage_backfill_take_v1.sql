-- Gather events into an open backfill: they wait for its approval, and nobody's asking rates them before that.
-- Only such as wait for their turn, are too old, or were in a backfill that was discarded. Answers how many there were.
CREATE FUNCTION usage_backfill_take_v1(p_backfill bigint, p_events uuid[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_count integer;
BEGIN
    PERFORM FROM usage_backfill WHERE id = p_backfill AND state = 'open' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    UPDATE usage_waitingevent SET reason = 'backfill', detail = '', due_at = NULL, tries = greatest(tries, 1), backfill_id = p_backfill
    WHERE event_id = ANY (p_events) AND reason IN ('', 'too_old', 'discarded');
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
-- reverse:
DROP FUNCTION usage_backfill_take_v1(bigint, uuid[]);
