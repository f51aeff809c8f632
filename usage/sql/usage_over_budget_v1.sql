-- The figures of the first hard budget that a request would pass; null where it passes none. A line without tokens passes none.
CREATE FUNCTION usage_over_budget_v1(p_uses usage_budget_use[], p_account uuid) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'budget', code, 'value', value, 'period', period, 'limit', budgeted::text, 'used', spent::text,
        'held', nullif(held, 0)::text, 'required', tokens::text,
        'available', greatest(budgeted - spent - held, 0)::text, 'line', lines[1],
        'resets_at', wallets_midnight_v1(p_account, wallets_period_end_v1(window_start, period, NULL))))
    FROM unnest(p_uses) WITH ORDINALITY AS u (
        budget, code, value, period, window_start, lines, tokens, spent, held, budgeted, hard, counter, n)
    WHERE hard AND tokens > 0 AND spent + held + tokens > budgeted
    ORDER BY n LIMIT 1
$$;
-- reverse:
DROP FUNCTION usage_over_budget_v1(usage_budget_use[], uuid);
