-- Turn the windows of an allowance whose end has passed: what they leave unused goes into the next one, as far as the rule says.
-- Called before the allowance is used, given back or read, so that no job decides what covers. The caller holds the account's lock.
CREATE FUNCTION usage_roll_v1(p_account uuid, p_pattern text, p_period text, p_anchor date, p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_latest date := wallets_period_start_v1(wallets_day_v1(p_account, p_now), p_period, p_anchor);
    v_start date;
    v_next date;
    v_carried numeric;
BEGIN
    SELECT max(window_start) INTO v_start FROM usage_allowancewindow
    WHERE account_id = p_account AND pattern = p_pattern AND period = p_period AND window_start <= v_latest;
    IF v_start IS NULL THEN
        SELECT wallets_period_start_v1(wallets_day_v1(p_account, min(effective_from)), p_period, p_anchor) INTO v_start
        FROM usage_allowance WHERE account_id = p_account AND pattern = p_pattern AND period = p_period AND effective_from <= p_now;
        INSERT INTO usage_allowancewindow (account_id, pattern, period, window_start, carried_in, carried_out, used)
        VALUES (p_account, p_pattern, p_period, v_start, 0, 0, 0);
    END IF;
    WHILE v_start < v_latest LOOP
        v_next := wallets_period_end_v1(v_start, p_period, p_anchor);
        SELECT least(a.carries, a.units + w.carried_in - w.carried_out - w.used) INTO v_carried
        FROM usage_allowancewindow w
        CROSS JOIN LATERAL (
            SELECT * FROM usage_allowance
            WHERE account_id = p_account AND pattern = p_pattern AND effective_from < wallets_midnight_v1(p_account, v_next)
            ORDER BY effective_from DESC, recorded_at DESC, id DESC LIMIT 1) AS a
        WHERE w.account_id = p_account AND w.pattern = p_pattern AND w.period = p_period AND w.window_start = v_start
          AND a.period = p_period AND (a.effective_until IS NULL OR a.effective_until >= wallets_midnight_v1(p_account, v_next));
        v_carried := greatest(coalesce(v_carried, 0), 0);
        UPDATE usage_allowancewindow SET carried_out = carried_out + v_carried
        WHERE account_id = p_account AND pattern = p_pattern AND period = p_period AND window_start = v_start;
        INSERT INTO usage_allowancewindow (account_id, pattern, period, window_start, carried_in, carried_out, used)
        VALUES (p_account, p_pattern, p_period, v_next, v_carried, 0, 0);
        v_start := v_next;
    END LOOP;
END
$$;
-- reverse:
DROP FUNCTION usage_roll_v1(uuid, text, text, date, timestamptz);
