-- The windows in which an account's budgets and allowances count: by the local midnights of its time zone.
-- p_period: day, week (from Monday), month, year, or total, which never ends. A month or year begins on the day of p_anchor, where it
-- has one: the 29th to 31st fall on the last day of a shorter month and return. A window is named by its first day.
CREATE FUNCTION wallets_period_start_v1(p_day date, p_period text, p_anchor date) RETURNS date
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    v_months integer := CASE p_period WHEN 'month' THEN 1 WHEN 'year' THEN 12 END;
    v_anchor date := p_anchor;
    v_passed integer;
    v_start date;
BEGIN
    IF p_anchor IS NULL AND v_months IS NOT NULL THEN
        RETURN date_trunc(p_period, p_day)::date;
    ELSIF v_months IS NULL THEN
        RETURN CASE p_period WHEN 'day' THEN p_day WHEN 'week' THEN date_trunc('week', p_day)::date WHEN 'total' THEN '0001-01-01'::date END;
    END IF;
    v_passed := (extract(year FROM p_day) - extract(year FROM v_anchor)) * 12 + extract(month FROM p_day) - extract(month FROM v_anchor);
    v_passed := floor(v_passed::numeric / v_months) * v_months;
    v_start := v_anchor + make_interval(months => v_passed);    -- from the anchor itself, so that a 31st returns
    IF v_start > p_day THEN
        v_start := v_anchor + make_interval(months => v_passed - v_months);
    END IF;
    RETURN v_start;
END
$$;
-- reverse:
DROP FUNCTION wallets_period_start_v1(date, text, date);
