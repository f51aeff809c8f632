-- The figures of the strictest limit of a ladder that a hold's estimate passes; null where it passes none.
CREATE FUNCTION usage_too_much_v1(p_ladder usage_rule_ladder, p_tokens numeric) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
    SELECT jsonb_build_object(
        'hold_limit', h.tokens::text, 'policy', h.scope, 'limit', h.tokens::text, 'required', p_tokens::text, 'available', h.tokens::text,
        'line', h.line)
    FROM unnest((p_ladder).holds) AS h WHERE p_tokens > h.tokens ORDER BY h.tokens, h.line LIMIT 1
$$;
-- reverse:
DROP FUNCTION usage_too_much_v1(usage_rule_ladder, numeric);
