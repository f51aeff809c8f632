-- What a request would take of each budget that it falls under, what its window had spent before, and what open holds keep of it.
-- p_hold: the one that is captured, whose own room is not counted; null of a request that asks.
CREATE FUNCTION usage_budgets_v1(p usage_order, p_hold uuid, p_day date, p_charges numeric[], p_now timestamptz) RETURNS usage_budget_use[]
LANGUAGE sql STABLE
AS $$
    SELECT array_agg(ROW(
        b.budget, b.code, b.value, b.period, w.start, b.lines,
        (SELECT sum(p_charges[line]) FROM unnest(b.lines) AS line), coalesce(c.spent, 0),
        (SELECT coalesce(sum(k.kept), 0) FROM usage_holdbudget k JOIN wallets_open_holds_v1((p).account, p_now) h ON h.hold = k.hold_id
         WHERE k.account_id = (p).account AND k.budget_id = b.budget AND k.value = b.value AND k.window_start = w.start AND k.kept > 0
           AND k.hold_id IS DISTINCT FROM p_hold),
        b.tokens, b.hard, c.id)::usage_budget_use ORDER BY b.n)
    FROM unnest(((p).rules).budgets) WITH ORDINALITY AS b (budget, code, value, period, tokens, hard, lines, n)
    CROSS JOIN LATERAL wallets_period_start_v1(p_day, b.period, NULL) AS w (start)
    LEFT JOIN usage_budgetcount c
        ON c.account_id = (p).account AND c.budget_id = b.budget AND c.value = b.value AND c.window_start = w.start
$$;
-- reverse:
DROP FUNCTION usage_budgets_v1(usage_order, uuid, date, numeric[], timestamptz);
