-- Turn the windows of an allowance whose end has passed: what they leave unused goes into the next one, as far as the rule says that
-- was in force at their end; what a hold kept then stays with it. Each is turned once (turned_at). Called before the allowance is used,
-- given back or read, so that no job decides what covers. Rules whose windows begin on the same days share them. The caller holds the
-- account's lock.
CREATE FUNCTION usage_roll_v1(p_account uuid, p_pattern text, p_period text, p_anchor date, p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_latest date := wallets_period_start_v1(wallets_day_v1(p_account, p_now), p_period, p_anchor);
    v_days date := wallets_period_start_v1('2000-12-31', p_period, p_anchor);    -- the same for all that begin on the same days
    v_start date;
    v_next date;
    v_ends_at timestamptz;
    v_carried numeric;
BEGIN
    SELECT wallets_period_end_v1(max(window_start), p_period, p_anchor) INTO v_start FROM usage_allowancewindow
    WHERE account_id = p_account AND pattern = p_pattern AND period = p_period AND turned_at IS NOT NULL
      AND window_start = wallets_period_start_v1(window_start, p_period, p_anchor);
    IF v_start IS NULL THEN    -- nothing went on before a rule said so
        SELECT wallets_period_start_v1(wallets_day_v1(p_account, min(effective_from)), p_period, p_anchor) INTO v_start FROM usage_allowance
        WHERE account_id = p_account AND pattern = p_pattern AND period = p_period AND carries > 0 AND effective_from <= p_now
          AND wallets_period_start_v1('2000-12-31', period, anchor) = v_days;
    END IF;
    WHILE v_start < v_latest LOOP
        v_next := wallets_period_end_v1(v_start, p_period, p_anchor);
        v_ends_at := wallets_midnight_v1(p_account, v_next);
        SELECT least(a.carries, a.units + coalesce(w.carried_in - w.carried_out - w.used, 0) - (
            SELECT coalesce(sum(k.kept), 0) FROM usage_holdcover k JOIN wallets_open_holds_v1(p_account, v_ends_at) AS h ON h.hold = k.hold_id
            WHERE k.account_id = p_account AND k.pattern = p_pattern AND k.period = p_period AND k.window_start = v_start AND k.kept > 0)) INTO v_carried
        FROM (SELECT * FROM usage_allowance
              WHERE account_id = p_account AND pattern = p_pattern AND effective_from < v_ends_at AND effective_from <= p_now
              ORDER BY effective_from DESC, recorded_at DESC, id DESC LIMIT 1) AS a
        LEFT JOIN usage_allowancewindow w
            ON w.account_id = p_account AND w.pattern = p_pattern AND w.period = p_period AND w.window_start = v_start
        WHERE a.period = p_period AND wallets_period_start_v1('2000-12-31', a.period, a.anchor) = v_days
          AND a.units > 0 AND a.carries > 0 AND (a.effective_until IS NULL OR a.effective_until >= v_ends_at);
        v_carried := greatest(coalesce(v_carried, 0), 0);
        INSERT INTO usage_allowancewindow AS w (account_id, pattern, period, window_start, carried_in, carried_out, used, turned_at)
        VALUES (p_account, p_pattern, p_period, v_start, 0, v_carried, 0, p_now)
        ON CONFLICT (account_id, pattern, period, window_start)
        DO UPDATE SET carried_out = w.carried_out + EXCLUDED.carried_out, turned_at = EXCLUDED.turned_at;
        IF v_carried > 0 THEN
            INSERT INTO usage_allowancewindow AS w (account_id, pattern, period, window_start, carried_in, carried_out, used)
            VALUES (p_account, p_pattern, p_period, v_next, v_carried, 0, 0)
            ON CONFLICT (account_id, pattern, period, window_start) DO UPDATE SET carried_in = w.carried_in + EXCLUDED.carried_in;
        END IF;
        v_start := v_next;
    END LOOP;
END
$$;
-- reverse:
DROP FUNCTION usage_roll_v1(uuid, text, text, date, timestamptz);
