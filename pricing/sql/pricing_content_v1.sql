-- What a version says, as a digest: every column of its rates but their identities, in whatever order they were written.
-- A column that a row leaves empty does not count, so that a later column leaves the digests of earlier rows as they were.
CREATE FUNCTION pricing_content_v1(p_version bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT encode(sha256(convert_to(coalesce(string_agg(said, E'\n' ORDER BY said COLLATE "C"), ''), 'UTF8')), 'hex')
    FROM (SELECT jsonb_strip_nulls(to_jsonb(rate) - 'id' - 'version_id')::text AS said
          FROM pricing_rate AS rate WHERE version_id = p_version) AS rates
$$;
-- reverse:
DROP FUNCTION pricing_content_v1(bigint);
