-- How many units of each line its allowances cover, and from which windows: those in which its day lies. What open holds keep there
-- is theirs. p_hold: the one that is captured, whose own room covers it; null of a request that asks.
-- Writes nothing but that windows turn whose end has passed. The caller holds the account's lock.
CREATE FUNCTION usage_cover_v1(p usage_order, p_hold uuid, p_day date, p_now timestamptz) RETURNS usage_cover
LANGUAGE plpgsql
AS $$
DECLARE
    v_covered numeric[] := array_fill(0::numeric, ARRAY[cardinality(p.lines)]);
    v_uses usage_cover_use[] := '{}';
    v_allowance usage_rule_allowance;
    v_start date;
    v_window uuid;
    v_left numeric;
    v_take numeric;
    v_is_kept boolean := EXISTS (SELECT FROM usage_holdcover WHERE account_id = p.account AND kept > 0);
BEGIN
    FOREACH v_allowance IN ARRAY (p.rules).allowances LOOP
        IF v_allowance.carries THEN
            PERFORM usage_roll_v1(p.account, v_allowance.pattern, v_allowance.period, v_allowance.anchor, p_now);
        END IF;
        v_start := wallets_period_start_v1(p_day, v_allowance.period, v_allowance.anchor);
        SELECT id, carried_in - carried_out - used INTO v_window, v_left FROM usage_allowancewindow
        WHERE account_id = p.account AND pattern = v_allowance.pattern AND period = v_allowance.period AND window_start = v_start;
        v_left := v_allowance.units + coalesce(v_left, 0);
        IF v_is_kept THEN
            v_left := v_left - (
                SELECT coalesce(sum(kept), 0) FROM usage_holdcover JOIN wallets_open_holds_v1(p.account, p_now) AS h ON h.hold = hold_id
                WHERE account_id = p.account AND pattern = v_allowance.pattern AND period = v_allowance.period AND window_start = v_start
                  AND kept > 0 AND hold_id IS DISTINCT FROM p_hold);
        END IF;
        FOR n IN 1 .. cardinality(v_allowance.lines) LOOP
            v_take := least(v_left, p.lines[v_allowance.lines[n]].quantity - v_covered[v_allowance.lines[n]]);
            CONTINUE WHEN v_take <= 0;
            v_covered[v_allowance.lines[n]] := v_covered[v_allowance.lines[n]] + v_take;
            v_left := v_left - v_take;
            v_uses := v_uses || ROW(
                v_allowance.pattern, v_allowance.period, v_start, v_allowance.lines[n], v_take, v_window)::usage_cover_use;
        END LOOP;
    END LOOP;
    RETURN ROW(v_covered, v_uses)::usage_cover;
END
$$;
-- reverse:
DROP FUNCTION usage_cover_v1(usage_order, uuid, date, timestamptz);
