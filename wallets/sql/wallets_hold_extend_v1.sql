-- Let a hold last for p_seconds from now, where that is longer than it does. Outcomes: extended, not_found, settled, expired.
CREATE FUNCTION wallets_hold_extend_v1(p_account uuid, p_hold uuid, p_seconds integer, p_now timestamptz DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_now timestamptz;
    v_hold wallets_hold;
    v_until timestamptz;
BEGIN
    PERFORM wallets_settle_v1(p_account, p_now);
    v_now := coalesce(p_now, clock_timestamp());
    SELECT * INTO v_hold FROM wallets_hold WHERE id = p_hold AND account_id = p_account;
    IF NOT FOUND THEN RETURN 'not_found'; END IF;
    IF v_hold.state = 'expired' OR (v_hold.state = 'held' AND v_hold.expires_at <= v_now) THEN RETURN 'expired'; END IF;
    IF v_hold.state <> 'held' THEN RETURN 'settled'; END IF;
    v_until := v_now + make_interval(secs => p_seconds);
    IF v_until > v_hold.expires_at THEN
        UPDATE wallets_hold SET expires_at = v_until WHERE id = p_hold AND account_id = p_account;
        PERFORM wallets_hold_note_v1(p_account, p_hold, 'extended', NULL, 0, v_until, p_hold, v_now);
        UPDATE wallets_wallet SET next_due_at = wallets_next_due_v1(p_account, v_hold.wallet_id)
        WHERE id = v_hold.wallet_id AND account_id = p_account AND next_due_at = v_hold.expires_at;
    END IF;
    RETURN 'extended';
END
$$;
-- reverse:
DROP FUNCTION wallets_hold_extend_v1(uuid, uuid, integer, timestamptz);
