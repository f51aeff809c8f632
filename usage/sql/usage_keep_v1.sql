-- Keep a hold's room: what its estimate takes of each budget and of each window of an allowance, as it was judged.
-- The caller holds the account's lock and makes the hold in the same transaction.
CREATE FUNCTION usage_keep_v1(p_account uuid, p_hold uuid, p_uses usage_budget_use[], p_cover usage_cover) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO usage_holdbudget (hold_id, account_id, budget_id, value, window_start, lines, tokens, kept)
    SELECT p_hold, p_account, u.budget, u.value, u.window_start, u.lines, u.tokens, u.tokens FROM unnest(p_uses) AS u;
    INSERT INTO usage_holdcover (hold_id, account_id, pattern, period, window_start, units, kept)
    SELECT p_hold, p_account, u.pattern, u.period, u.window_start, sum(u.units), sum(u.units)
    FROM unnest((p_cover).uses) AS u GROUP BY u.pattern, u.period, u.window_start;
END
$$;
-- reverse:
DROP FUNCTION usage_keep_v1(uuid, uuid, usage_budget_use[], usage_cover);
