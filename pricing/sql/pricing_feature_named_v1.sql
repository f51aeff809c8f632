-- The identity of the feature with this code. PostgreSQL unfolds it into the query that asks.
CREATE FUNCTION pricing_feature_named_v1(p_code text) RETURNS TABLE (feature bigint)
LANGUAGE sql STABLE
AS $$
    SELECT f.id FROM pricing_feature f WHERE f.code = p_code
$$;
-- reverse:
DROP FUNCTION pricing_feature_named_v1(text);
