-- The first day after the window that begins at p_start; null where it never ends.
CREATE FUNCTION wallets_period_end_v1(p_start date, p_period text, p_anchor date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE p_period
        WHEN 'day' THEN p_start + 1
        WHEN 'week' THEN p_start + 7
        WHEN 'month' THEN wallets_period_start_v1((date_trunc('month', p_start) + interval '2 months')::date - 1, p_period, p_anchor)
        WHEN 'year' THEN wallets_period_start_v1((date_trunc('month', p_start) + interval '13 months')::date - 1, p_period, p_anchor) END
$$;
-- reverse:
DROP FUNCTION wallets_period_end_v1(date, text, date);
