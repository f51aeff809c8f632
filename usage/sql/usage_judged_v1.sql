-- What is kept of how a ladder judged a debit: amounts as text, levels in calls or tokens.
CREATE FUNCTION usage_judged_v1(p usage_judged, p_ladder usage_rule_ladder) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
    SELECT JSON_OBJECT(
        'policies' VALUE (p_ladder).policies, 'cap' VALUE (p).cap, 'policy' VALUE (p).scope, 'bought' VALUE ((p).stock).bought::text,
        'available' VALUE (p).available::text, 'stocked' VALUE ((p).stock).stocked::text, 'spent_percent' VALUE (p).share::text,
        'grace' VALUE (p).grace, 'grace_started_at' VALUE (p).grace_started_at, 'grace_ends_at' VALUE (p).grace_ends_at,
        'grace_tokens' VALUE (p).grace_tokens::text,
        'buckets' VALUE (SELECT jsonb_agg(jsonb_build_object(
            'throttle', measure || '_per_minute', 'policy', scope, 'from', share, 'limit', per_minute::text,
            'level', trunc(level / 60000000, 6)::text, 'taken', need::text) ORDER BY n)
            FROM unnest((p).buckets) WITH ORDINALITY AS b (bucket, scope, measure, share, per_minute, level, need, n))
        ABSENT ON NULL RETURNING jsonb)
$$;
-- reverse:
DROP FUNCTION usage_judged_v1(usage_judged, usage_rule_ladder);
