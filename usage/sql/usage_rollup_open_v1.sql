-- Open the next reading, unless one is open: it will take what was written by transactions from `since` on and before `until`.
-- All of those have ended, whatever their rows' identities are, so that none commits behind the reading's back. Nor does the caller's own
-- transaction, which may write on.
-- floor_at: no row that is left was made before it. A transaction has its number before it makes a row (it locks the account first), so
-- what is numbered after the reading before this one was opened is younger than that. The caller holds the row of usage_rollups.
CREATE FUNCTION usage_rollup_open_v1() RETURNS usage_rollups
LANGUAGE plpgsql
AS $$
DECLARE
    r usage_rollups;
    v_snapshot pg_snapshot;
BEGIN
    SELECT * INTO STRICT r FROM usage_rollups;
    IF r.until IS NOT NULL THEN
        RETURN r;
    END IF;
    SELECT pg_current_snapshot() INTO v_snapshot;
    r.until := least((SELECT min(x::text::bigint) FROM pg_snapshot_xip(v_snapshot) AS x), pg_snapshot_xmax(v_snapshot)::text::bigint,
        pg_current_xact_id()::text::bigint);
    r.next_floor_at := CASE
        WHEN r.since = 0 THEN transaction_timestamp() - interval '1 day'    -- no transaction takes so long
        WHEN r.until > r.seen THEN r.seen_at
        ELSE r.floor_at END;
    r.seen := pg_current_xact_id()::text::bigint;
    r.seen_at := transaction_timestamp();
    -- A minute more is looked through, for clocks that step back; what was taken is known by its transaction.
    r.debits_reached := usage_first_id_v1(r.floor_at - interval '1 minute');
    r.reversals_reached := r.debits_reached;
    r.are_debits_read := false;
    UPDATE usage_rollups SET
        until = r.until, next_floor_at = r.next_floor_at, seen = r.seen, seen_at = r.seen_at, debits_reached = r.debits_reached,
        reversals_reached = r.reversals_reached, are_debits_read = false;
    RETURN r;
END
$$;
-- reverse:
DROP FUNCTION usage_rollup_open_v1();
