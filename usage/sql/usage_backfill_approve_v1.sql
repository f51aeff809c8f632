-- Approve an open backfill: its events are noted for good and take their turn, however old their usage is.
-- Outcomes: approved, not_open, empty. count: of its events.
CREATE FUNCTION usage_backfill_approve_v1(p_backfill bigint, p_by text, OUT outcome text, OUT count integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_now timestamptz;
BEGIN
    PERFORM FROM usage_backfill WHERE id = p_backfill AND state = 'open' FOR UPDATE;
    IF NOT FOUND THEN
        outcome := 'not_open';
        RETURN;
    END IF;
    v_now := clock_timestamp();
    WITH taken AS (
        UPDATE usage_waitingevent SET reason = '' WHERE backfill_id = p_backfill AND reason = 'backfill'
        RETURNING event_id, recorded_at
    )
    INSERT INTO usage_backfillevent (backfill_id, event_id, account, product_id, recorded_at)
    SELECT p_backfill, e.id, e.account, e.product_id, v_now FROM taken JOIN usage_event e ON e.id = taken.event_id AND e.recorded_at = taken.recorded_at;
    GET DIAGNOSTICS count = ROW_COUNT;
    IF count = 0 THEN
        outcome := 'empty';
        RETURN;
    END IF;
    UPDATE usage_backfill SET state = 'approved', closed_by = p_by, closed_at = v_now WHERE id = p_backfill;
    outcome := 'approved';
END
$$;
-- reverse:
DROP FUNCTION usage_backfill_approve_v1(bigint, text);
