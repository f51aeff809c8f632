-- Take what a capture took of budgets and windows off the room that its hold keeps there. The caller holds the account's lock.
CREATE FUNCTION usage_unkeep_v1(p_account uuid, p_hold uuid, p_uses usage_budget_use[], p_cover usage_cover) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE usage_holdbudget k SET kept = greatest(k.kept - u.tokens, 0) FROM unnest(p_uses) AS u
    WHERE k.account_id = p_account AND k.hold_id = p_hold AND k.kept > 0
      AND k.budget_id = u.budget AND k.value = u.value AND k.window_start = u.window_start;
    UPDATE usage_holdcover k SET kept = greatest(k.kept - u.units, 0)
    FROM (SELECT pattern, period, window_start, sum(units) AS units FROM unnest((p_cover).uses) GROUP BY 1, 2, 3) AS u
    WHERE k.account_id = p_account AND k.hold_id = p_hold AND k.kept > 0
      AND k.pattern = u.pattern AND k.period = u.period AND k.window_start = u.window_start;
END
$$;
-- reverse:
DROP FUNCTION usage_unkeep_v1(uuid, uuid, usage_budget_use[], usage_cover);
