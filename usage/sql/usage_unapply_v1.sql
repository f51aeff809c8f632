-- Give back to budgets what a reversal takes off their lines; a whole one (p_is_whole) gives the allowances' units back as well, and
-- ends what the debit opened.
-- The caller holds the account's lock and has written the reversal's lines.
CREATE FUNCTION usage_unapply_v1(p_account uuid, p_debit uuid, p_reversal uuid, p_is_whole boolean, p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE usage_budgetcount c SET spent = c.spent - taken.tokens
    FROM (SELECT u.counter_id, sum(l.tokens) AS tokens
          FROM usage_budgetuse u
          JOIN usage_reversalline l ON l.account_id = u.account_id AND l.reversal_id = p_reversal AND l.position = ANY (u.lines)
          WHERE u.account_id = p_account AND u.debit_id = p_debit GROUP BY 1) AS taken
    WHERE c.account_id = p_account AND c.id = taken.counter_id;
    IF p_is_whole THEN
        PERFORM usage_roll_v1(p_account, a.pattern, a.period, a.anchor, p_now)
        FROM (SELECT DISTINCT pattern, period FROM usage_allowanceuse u JOIN usage_allowancewindow w ON w.account_id = u.account_id AND w.id = u.window_id
              WHERE u.account_id = p_account AND u.debit_id = p_debit) AS used
        CROSS JOIN LATERAL (
            SELECT DISTINCT pattern, period, anchor FROM usage_allowance
            WHERE account_id = p_account AND pattern = used.pattern AND period = used.period AND carries > 0 AND effective_from <= p_now) AS a;
        UPDATE usage_allowancewindow w SET used = w.used - taken.units
        FROM (SELECT window_id, sum(units) AS units FROM usage_allowanceuse
              WHERE account_id = p_account AND debit_id = p_debit GROUP BY 1) AS taken
        WHERE w.account_id = p_account AND w.id = taken.window_id;
        PERFORM usage_unopen_v1(p_account, p_debit, p_now);
    END IF;
END
$$;
-- reverse:
DROP FUNCTION usage_unapply_v1(uuid, uuid, uuid, boolean, timestamptz);
