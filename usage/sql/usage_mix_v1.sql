-- The identity of a mix, from what it is of: the same content has the same identity, so that nothing is looked up.
CREATE FUNCTION usage_mix_v1(p_content jsonb) RETURNS uuid
LANGUAGE sql IMMUTABLE
AS $$
    SELECT encode(substring(sha256(convert_to(p_content::text, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid
$$;
-- reverse:
DROP FUNCTION usage_mix_v1(jsonb);
