-- Take back what is left of a grant and not held. Outcomes: voided, not_found, nothing_left.
CREATE FUNCTION wallets_void_v1(
    p_account uuid, p_grant uuid, p_cause uuid, p_now timestamptz DEFAULT NULL,
    OUT outcome text, OUT tokens numeric, OUT recorded_at timestamptz
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
    tokens := v_grant.remaining - v_grant.held;
    IF tokens = 0 OR v_grant.expires_at <= recorded_at THEN outcome := 'nothing_left'; tokens := 0; RETURN; END IF;
    PERFORM wallets_post_v1(p_account, v_grant.wallet_id, 'void', tokens, p_grant, NULL, 'void', p_cause, NULL, NULL, recorded_at);
    UPDATE wallets_grant SET voided_at = recorded_at WHERE id = p_grant AND account_id = p_account;
    outcome := 'voided';
END
$$;
-- reverse:
DROP FUNCTION wallets_void_v1(uuid, uuid, uuid, timestamptz);
