-- What a request would take of each budget that it falls under, and what its window had spent before.
CREATE FUNCTION usage_budgets_v1(p usage_order, p_occurred_at timestamptz, p_charges numeric[]) RETURNS usage_budget_use[]
LANGUAGE sql STABLE
AS $$
    SELECT array_agg(ROW(
        b.budget, b.code, b.value, b.period, w.start, b.lines,
        (SELECT sum(p_charges[line]) FROM unnest(b.lines) AS line), coalesce(c.spent, 0), b.tokens, b.hard)::usage_budget_use ORDER BY b.n)
    FROM wallets_day_v1((p).account, p_occurred_at) AS day
    CROSS JOIN unnest(((p).rules).budgets) WITH ORDINALITY AS b (budget, code, value, period, tokens, hard, lines, n)
    CROSS JOIN LATERAL wallets_period_start_v1(day, b.period, NULL) AS w (start)
    LEFT JOIN usage_budgetcount c
        ON c.account_id = (p).account AND c.budget_id = b.budget AND c.value = b.value AND c.window_start = w.start
$$;
-- reverse:
DROP FUNCTION usage_budgets_v1(usage_order, timestamptz, numeric[]);
