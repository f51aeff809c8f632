-- What a request would take of each budget that it falls under, what its window had spent before, and what open holds keep of it.
-- p_hold: the one that is captured, whose own room is not counted; null of a request that asks.
CREATE FUNCTION usage_budgets_v1(p usage_order, p_hold uuid, p_day date, p_charges numeric[], p_now timestamptz) RETURNS usage_budget_use[]
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_uses usage_budget_use[];
    v_rule usage_rule_budget;
    v_line integer;
    v_tokens numeric;
    v_spent numeric;
    v_kept numeric := 0;
    v_counter uuid;
    v_period text;
    v_start date;
    v_is_kept boolean := EXISTS (SELECT FROM usage_holdbudget WHERE account_id = p.account AND kept > 0);
BEGIN
    FOREACH v_rule IN ARRAY coalesce((p.rules).budgets, '{}') LOOP
        IF v_rule.period IS DISTINCT FROM v_period THEN
            v_period := v_rule.period;
            v_start := wallets_period_start_v1(p_day, v_period, NULL);
        END IF;
        v_tokens := 0;
        FOREACH v_line IN ARRAY v_rule.lines LOOP
            v_tokens := v_tokens + p_charges[v_line];
        END LOOP;
        SELECT id, spent INTO v_counter, v_spent FROM usage_budgetcount
        WHERE account_id = p.account AND budget_id = v_rule.budget AND value = v_rule.value AND window_start = v_start;
        IF v_is_kept THEN
            SELECT coalesce(sum(k.kept), 0) INTO v_kept
            FROM usage_holdbudget k JOIN wallets_open_holds_v1(p.account, p_now) AS h ON h.hold = k.hold_id
            WHERE k.account_id = p.account AND k.budget_id = v_rule.budget AND k.value = v_rule.value AND k.window_start = v_start
              AND k.kept > 0 AND k.hold_id IS DISTINCT FROM p_hold;
        END IF;
        v_uses := v_uses || ROW(
            v_rule.budget, v_rule.code, v_rule.value, v_period, v_start, v_rule.lines, v_tokens, coalesce(v_spent, 0), v_kept,
            v_rule.tokens, v_rule.hard, v_counter)::usage_budget_use;
    END LOOP;
    RETURN v_uses;
END
$$;
-- reverse:
DROP FUNCTION usage_budgets_v1(usage_order, uuid, date, numeric[], timestamptz);
