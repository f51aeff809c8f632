-- What is kept of how a ladder judged a debit: amounts as text, levels in calls or tokens.
CREATE FUNCTION usage_judged_v1(p usage_judged, p_ladder usage_rule_ladder) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'policies', to_jsonb((p_ladder).policies), 'cap', (p).cap, 'policy', (p).scope, 'bought', ((p).stock).bought::text,
        'available', (p).available::text, 'stocked', ((p).stock).stocked::text, 'spent_percent', (p).share::text,
        'grace', (p).grace, 'grace_started_at', (p).grace_started_at, 'grace_ends_at', (p).grace_ends_at,
        'grace_tokens', (p).grace_tokens::text,
        'buckets', (SELECT jsonb_agg(jsonb_build_object(
            'throttle', measure || '_per_minute', 'policy', scope, 'from', share, 'limit', per_minute::text,
            'level', trunc(level / 60000000, 6)::text, 'taken', need::text) ORDER BY n)
            FROM unnest((p).buckets) WITH ORDINALITY AS b (bucket, scope, measure, share, per_minute, level, need, n))))
$$;
-- reverse:
DROP FUNCTION usage_judged_v1(usage_judged, usage_rule_ladder);
