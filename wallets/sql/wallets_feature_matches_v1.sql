-- Whether a grant restricted to these codes and patterns (ending in *) pays for a feature; no patterns: it pays for all.
CREATE FUNCTION wallets_feature_matches_v1(p_patterns text[], p_feature text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT cardinality(p_patterns) = 0 OR EXISTS (
        SELECT FROM unnest(p_patterns) AS pattern
        WHERE pattern = p_feature OR (right(pattern, 1) = '*' AND starts_with(p_feature, left(pattern, -1)))
    )
$$;
-- reverse:
DROP FUNCTION wallets_feature_matches_v1(text[], text);
