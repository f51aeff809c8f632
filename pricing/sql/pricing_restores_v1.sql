-- Whether a draft says what a version of its table said that was in force before: undoing a change brings back nothing new.
CREATE FUNCTION pricing_restores_v1(p_version bigint, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_former bigint;
BEGIN
    SELECT former.id INTO v_former
    FROM pricing_version AS draft JOIN pricing_version AS former ON former.id = draft.restores_id AND former.table_id = draft.table_id
    WHERE draft.id = p_version AND former.published_at IS NOT NULL AND former.effective_from <= p_now
      AND former.effective_until IS DISTINCT FROM former.effective_from;
    RETURN v_former IS NOT NULL AND pricing_content_v1(p_version) = pricing_content_v1(v_former);
END
$$;
-- reverse:
DROP FUNCTION pricing_restores_v1(bigint, timestamptz);
