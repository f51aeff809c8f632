-- Count a debit by the rules it was judged by: budgets, allowances. Answers what the caller is told of it beside the outcome.
-- The caller holds the account's lock and writes the debit in the same transaction.
CREATE FUNCTION usage_apply_v1(p_account uuid, p_debit uuid, p_uses usage_budget_use[], p_cover usage_cover, p_now timestamptz) RETURNS text[]
LANGUAGE plpgsql
AS $$
DECLARE
    v_use usage_budget_use;
    v_spent numeric;
    v_cover usage_cover_use;
    v_notices text[] := '{}';
BEGIN
    FOREACH v_use IN ARRAY coalesce(p_uses, '{}') LOOP
        IF v_use.counter IS NULL THEN
            WITH counted AS (
                INSERT INTO usage_budgetcount (account_id, budget_id, value, window_start, spent)
                VALUES (p_account, v_use.budget, v_use.value, v_use.window_start, v_use.tokens)
                RETURNING id, spent
            ), used AS (
                INSERT INTO usage_budgetuse (account_id, debit_id, counter_id, lines, tokens)
                SELECT p_account, p_debit, id, v_use.lines, v_use.tokens FROM counted
            )
            SELECT id, spent INTO STRICT v_use.counter, v_spent FROM counted;
        ELSE
            WITH counted AS (
                UPDATE usage_budgetcount SET spent = spent + v_use.tokens WHERE id = v_use.counter AND account_id = p_account
                RETURNING id, spent
            ), used AS (
                INSERT INTO usage_budgetuse (account_id, debit_id, counter_id, lines, tokens)
                SELECT p_account, p_debit, id, v_use.lines, v_use.tokens FROM counted
            )
            SELECT spent INTO STRICT v_spent FROM counted;
        END IF;
        IF v_spent >= v_use.budgeted AND v_use.tokens > 0 AND usage_cross_v1(
            p_account, 'limit.reached', 'budget:' || v_use.code, 'budget:' || v_use.counter || ':' || v_use.budgeted, p_debit, p_now)
        THEN
            v_notices := v_notices || ('budget:' || v_use.code);
        END IF;
    END LOOP;
    FOREACH v_cover IN ARRAY coalesce((p_cover).uses, '{}') LOOP
        IF v_cover.window_id IS NULL THEN
            WITH counted AS (
                INSERT INTO usage_allowancewindow AS w (account_id, pattern, period, window_start, carried_in, carried_out, used)
                VALUES (p_account, v_cover.pattern, v_cover.period, v_cover.window_start, 0, 0, v_cover.units)
                ON CONFLICT (account_id, pattern, period, window_start) DO UPDATE SET used = w.used + EXCLUDED.used
                RETURNING w.id
            )
            INSERT INTO usage_allowanceuse (account_id, debit_id, position, window_id, units)
            SELECT p_account, p_debit, v_cover.line, id, v_cover.units FROM counted;
        ELSE
            WITH counted AS (
                UPDATE usage_allowancewindow SET used = used + v_cover.units WHERE id = v_cover.window_id AND account_id = p_account
                RETURNING id
            )
            INSERT INTO usage_allowanceuse (account_id, debit_id, position, window_id, units)
            SELECT p_account, p_debit, v_cover.line, id, v_cover.units FROM counted;
        END IF;
    END LOOP;
    RETURN v_notices;
END
$$;
-- reverse:
DROP FUNCTION usage_apply_v1(uuid, uuid, usage_budget_use[], usage_cover, timestamptz);
