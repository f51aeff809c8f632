-- The review that approved what a draft says now, or null: its latest one, decided so, of exactly this content.
CREATE FUNCTION pricing_approval_v1(p_version bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_latest record;
BEGIN
    SELECT review.id, review.digest, decision.verdict INTO v_latest
    FROM pricing_review AS review LEFT JOIN pricing_decision AS decision ON decision.review_id = review.id
    WHERE review.version_id = p_version ORDER BY review.id DESC LIMIT 1;
    IF v_latest.verdict = 'approved' AND v_latest.digest = pricing_content_v1(p_version) THEN
        RETURN v_latest.id;
    END IF;
    RETURN NULL;
END
$$;
-- reverse:
DROP FUNCTION pricing_approval_v1(bigint);
