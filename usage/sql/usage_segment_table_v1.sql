-- Let a segment pay by another table, from now on or from a later instant; the first table of one without members holds for all the past.
-- Waits for the debits under way at the prices it leaves, so that what was priced by them is priced anew.
-- Answers set, unchanged, past_instant or overlap. Changes of terms that many accounts share go one after the other (7102).
CREATE FUNCTION usage_segment_table_v1(
    p_segment bigint, p_table bigint, p_from timestamptz, p_by text, p_reason text, p_now timestamptz DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '1s'
SET enable_seqscan = off
AS $$
DECLARE
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_old bigint;
    v_left bigint;
    v_outdated bigint[] := '{}';
BEGIN
    PERFORM pg_advisory_xact_lock(7102, 0);
    -- What the segment pays by until then, its own table or the default one: it is outdated under its lock, which may take until
    -- another table of the segment has begun; then that one too.
    LOOP
        IF p_from < v_now THEN
            RETURN 'past_instant';
        END IF;
        SELECT table_id INTO v_old FROM usage_segmentterms
        WHERE segment_id = p_segment AND (effective_from IS NULL OR effective_from <= coalesce(p_from, v_now))
        ORDER BY effective_from DESC NULLS LAST, recorded_at DESC, id DESC LIMIT 1;
        IF v_old = p_table THEN
            RETURN 'unchanged';
        ELSIF EXISTS (SELECT FROM usage_segmentterms WHERE segment_id = p_segment AND effective_from = p_from) THEN
            RETURN 'overlap';
        END IF;
        v_left := coalesce(v_old, (
            SELECT table_id FROM usage_defaultterms WHERE effective_from IS NULL OR effective_from <= v_now
            ORDER BY effective_from DESC NULLS LAST, recorded_at DESC, id DESC LIMIT 1));
        EXIT WHEN v_left IS NULL OR v_left = ANY (v_outdated);
        v_now := pricing_outdate_v1(v_left, p_now);
        v_outdated := v_outdated || v_left;
    END LOOP;
    INSERT INTO usage_segmentterms (segment_id, table_id, effective_from, recorded_at, set_by, reason)
    VALUES (
        p_segment, p_table,
        CASE WHEN p_from IS NOT NULL THEN p_from
             WHEN EXISTS (SELECT FROM usage_terms WHERE segment_id = p_segment)
                 OR EXISTS (SELECT FROM usage_segmentterms WHERE segment_id = p_segment) THEN v_now END,
        v_now, p_by, p_reason);
    RETURN 'set';
END
$$;
-- reverse:
DROP FUNCTION usage_segment_table_v1(bigint, bigint, timestamptz, text, text, timestamptz);
