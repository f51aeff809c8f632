-- Let the events of a backfill that are not booked leave the queue's turns: for good where it was discarded or is reverted (they can be
-- gathered into another), for now where it is being reverted. Answers how many there were.
CREATE FUNCTION usage_backfill_leave_v1(p_backfill bigint) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_state text;
    v_count integer;
BEGIN
    SELECT state INTO v_state FROM usage_backfill WHERE id = p_backfill;
    IF v_state IN ('discarded', 'reverted') THEN
        UPDATE usage_waitingevent SET reason = 'discarded', backfill_id = NULL, due_at = NULL, tries = greatest(tries, 1)
        WHERE backfill_id = p_backfill;
    ELSIF v_state = 'reverting' THEN
        UPDATE usage_waitingevent SET reason = 'backfill', due_at = NULL, tries = greatest(tries, 1)
        WHERE backfill_id = p_backfill AND reason <> 'backfill';
    ELSE
        RETURN 0;
    END IF;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
-- reverse:
DROP FUNCTION usage_backfill_leave_v1(bigint);
