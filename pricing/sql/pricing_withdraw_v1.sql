-- Take a scheduled version back before it begins: it prices nothing, and the one before it lasts until the next, or for good.
-- Waits as pricing_publish_v1 does for the debits under way, since usage may be dated a few minutes ahead.
-- Answers withdrawn, unknown_version, not_published, already_withdrawn or already_begun, and the table's new epoch.
CREATE FUNCTION pricing_withdraw_v1(
    p_version bigint, p_user bigint, p_reason text, p_now timestamptz DEFAULT NULL, OUT outcome text, OUT new_epoch bigint
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '1s'
AS $$
DECLARE
    v_table bigint;
    v_version pricing_version;
    v_now timestamptz;
BEGIN
    SELECT table_id INTO v_table FROM pricing_version WHERE id = p_version;
    IF NOT FOUND THEN
        outcome := 'unknown_version';
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(7101, v_table::integer);
    v_now := coalesce(p_now, clock_timestamp());
    SELECT * INTO v_version FROM pricing_version WHERE id = p_version FOR UPDATE;
    outcome := CASE
        WHEN v_version.published_at IS NULL THEN 'not_published'
        WHEN v_version.effective_until = v_version.effective_from THEN 'already_withdrawn'
        WHEN v_version.effective_from <= v_now THEN 'already_begun' END;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;

    PERFORM set_config('pricing.publishing_at', v_now::text, true);
    UPDATE pricing_version SET effective_until = effective_from WHERE id = p_version;
    UPDATE pricing_version SET effective_until = v_version.effective_until
    WHERE table_id = v_table AND published_at IS NOT NULL
      AND effective_until = v_version.effective_from AND effective_from < effective_until;
    PERFORM set_config('pricing.publishing_at', '', true);
    INSERT INTO pricing_withdrawal (version_id, withdrawn_at, withdrawn_by_id, reason) VALUES (p_version, v_now, p_user, p_reason);

    UPDATE pricing_epoch SET epoch = epoch + 1 WHERE table_id = v_table RETURNING epoch INTO STRICT new_epoch;
    outcome := 'withdrawn';
END
$$;
-- reverse:
DROP FUNCTION pricing_withdraw_v1(bigint, bigint, text, timestamptz);
