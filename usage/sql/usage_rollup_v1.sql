-- Roll up what was recorded since the last time, at most p_most debits, reversals and notes of refusals each, in the caller's transaction.
-- Outcomes: busy (somebody else is at it), more (call again), done (all that had ended when the reading was opened is in).
-- Reversals are read after all debits of their reading, so that none is taken off before its debit counts.
CREATE FUNCTION usage_rollup_v1(p_most integer, OUT outcome text, OUT taken integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    r usage_rollups;
    v_home text;
    v_some integer := 0;
    v_notes integer;
BEGIN
    taken := 0;
    SELECT home INTO v_home FROM usage_rollups FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        outcome := 'busy';
        RETURN;
    END IF;
    IF v_home IS DISTINCT FROM usage_rollup_home_v1() THEN
        PERFORM usage_rollup_anew_v1();
    END IF;
    r := usage_rollup_open_v1();
    IF NOT r.are_debits_read THEN
        v_some := usage_rollup_debits_v1(r, p_most);
        taken := v_some;
    END IF;
    IF v_some < p_most THEN
        v_some := usage_rollup_reversals_v1(r, p_most);
        taken := taken + v_some;
    END IF;
    v_notes := usage_rollup_refusals_v1(p_most);
    taken := taken + v_notes;
    outcome := CASE WHEN v_some = p_most OR v_notes = p_most THEN 'more' ELSE 'done' END;
END
$$;
-- reverse:
DROP FUNCTION usage_rollup_v1(integer);
