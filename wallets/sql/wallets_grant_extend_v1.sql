-- Let a grant expire at another instant than it would, later or sooner; null is never. A dated fact: what was judged before stands.
-- A grant that is over or was voided stays so. The new end is more than five minutes ahead, so that no usage already accepted,
-- which may be dated so far ahead, lies beyond it. Outcomes: extended, unchanged, not_found, over, too_soon.
CREATE FUNCTION wallets_grant_extend_v1(
    p_account uuid, p_grant uuid, p_expires_at timestamptz, p_cause uuid, p_reason text, p_by text, p_now timestamptz DEFAULT NULL,
    OUT outcome text, OUT expires_before timestamptz, OUT recorded_at timestamptz
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_grant wallets_grant;
BEGIN
    PERFORM wallets_settle_v1(p_account, p_now);
    recorded_at := coalesce(p_now, clock_timestamp());
    SELECT * INTO v_grant FROM wallets_grant WHERE id = p_grant AND account_id = p_account;
    IF NOT FOUND THEN outcome := 'not_found'; RETURN; END IF;
    expires_before := v_grant.expires_at;
    IF v_grant.voided_at IS NOT NULL OR v_grant.expires_at <= recorded_at THEN outcome := 'over'; RETURN; END IF;
    IF v_grant.expires_at IS NOT DISTINCT FROM p_expires_at THEN outcome := 'unchanged'; RETURN; END IF;
    IF p_expires_at <= greatest(recorded_at + interval '5 minutes', v_grant.effective_at) THEN outcome := 'too_soon'; RETURN; END IF;
    UPDATE wallets_grant SET expires_at = p_expires_at WHERE id = p_grant AND account_id = p_account;
    INSERT INTO wallets_expirychange (
        account_id, wallet_id, grant_id, expires_before, expires_after, after_number, cause_id, reason, changed_by, recorded_at)
    SELECT p_account, w.id, p_grant, v_grant.expires_at, p_expires_at, w.last_number, p_cause, p_reason, p_by, wallets_grant_extend_v1.recorded_at
    FROM wallets_wallet w WHERE w.id = v_grant.wallet_id AND w.account_id = p_account;
    outcome := 'extended';
END
$$;
-- reverse:
DROP FUNCTION wallets_grant_extend_v1(uuid, uuid, timestamptz, uuid, text, text, timestamptz);
