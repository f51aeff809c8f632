-- Publish a draft, from now or from a later instant until the next version that is scheduled.
-- The exclusive lock comes last: it waits for the debits under way at the old price, and the instant is stamped under it.
-- It waits a second at most: the debits of the table queue behind whoever waits for it.
-- p_needs_review: a rule asks for a second person. Where one asks whatever changes, this function asks by itself. Only what was in
-- force before is published again without.
-- Answers published, unknown_version, already_published, review_needed, past_instant or overlap, and the table's new epoch.
CREATE FUNCTION pricing_publish_v1(
    p_version bigint, p_effective_from timestamptz, p_user bigint, p_reason text, p_warnings jsonb, p_needs_review boolean,
    p_now timestamptz DEFAULT NULL, OUT outcome text, OUT new_epoch bigint
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '1s'
AS $$
DECLARE
    v_version pricing_version;
    v_now timestamptz;
    v_from timestamptz;
    v_until timestamptz;
    v_needs_review boolean;
    v_review bigint;
BEGIN
    SELECT * INTO v_version FROM pricing_version WHERE id = p_version FOR UPDATE;
    IF NOT FOUND THEN
        outcome := 'unknown_version';
        RETURN;
    ELSIF v_version.published_at IS NOT NULL THEN
        outcome := 'already_published';
        RETURN;
    END IF;

    v_review := pricing_approval_v1(p_version);
    v_needs_review := (p_needs_review IS DISTINCT FROM false OR EXISTS (
            SELECT FROM pricing_reviewrule
            WHERE is_active AND kind = 'sensitive' AND (table_id IS NULL OR table_id = v_version.table_id)))
        AND NOT pricing_restores_v1(p_version, coalesce(p_now, clock_timestamp()));
    IF v_needs_review AND v_review IS NULL THEN
        outcome := 'review_needed';
        RETURN;
    END IF;

    PERFORM pg_advisory_xact_lock(7101, v_version.table_id::integer);
    v_now := coalesce(p_now, clock_timestamp());
    v_from := coalesce(p_effective_from, v_now);
    IF v_from < v_now
        OR EXISTS (SELECT FROM pricing_version WHERE table_id = v_version.table_id AND published_at > v_now)
    THEN
        outcome := 'past_instant';
        RETURN;
    ELSIF EXISTS (
        SELECT FROM pricing_version
        WHERE table_id = v_version.table_id AND published_at IS NOT NULL AND effective_from = v_from
          AND effective_until IS DISTINCT FROM effective_from    -- withdrawn
    ) THEN
        outcome := 'overlap';
        RETURN;
    END IF;

    PERFORM set_config('pricing.publishing_at', v_now::text, true);
    UPDATE pricing_version SET effective_until = v_from
    WHERE table_id = v_version.table_id AND published_at IS NOT NULL
      AND effective_from < v_from AND (effective_until IS NULL OR effective_until > v_from);
    SELECT min(effective_from) INTO v_until FROM pricing_version
    WHERE table_id = v_version.table_id AND published_at IS NOT NULL AND effective_from > v_from
      AND effective_until IS DISTINCT FROM effective_from;
    UPDATE pricing_version
    SET published_at = v_now, effective_from = v_from, effective_until = v_until,
        published_by_id = p_user, reason = p_reason, warnings = p_warnings, needs_review = v_needs_review, review_id = v_review
    WHERE id = p_version;
    PERFORM set_config('pricing.publishing_at', '', true);

    UPDATE pricing_epoch SET epoch = epoch + 1 WHERE table_id = v_version.table_id RETURNING epoch INTO STRICT new_epoch;
    outcome := 'published';
END
$$;
-- reverse:
DROP FUNCTION pricing_publish_v1(bigint, timestamptz, bigint, text, jsonb, boolean, timestamptz);
