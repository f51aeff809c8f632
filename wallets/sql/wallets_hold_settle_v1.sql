-- Settle a hold: end it as captured or released, and let its wallet know what is due next.
-- The caller holds the account's lock, has settled the account, and knows that the hold is open.
CREATE FUNCTION wallets_hold_settle_v1(p_account uuid, p_hold uuid, p_state text, p_cause uuid, p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM wallets_hold_end_v1(p_account, p_hold, p_state, p_cause, p_now);
    UPDATE wallets_wallet w SET next_due_at = wallets_next_due_v1(p_account, w.id)
    FROM wallets_hold h
    WHERE h.id = p_hold AND h.account_id = p_account AND w.id = h.wallet_id AND w.account_id = p_account
      AND w.next_due_at = h.expires_at;    -- an earlier one stays due whatever becomes of this hold
END
$$;
-- reverse:
DROP FUNCTION wallets_hold_settle_v1(uuid, uuid, text, uuid, timestamptz);
