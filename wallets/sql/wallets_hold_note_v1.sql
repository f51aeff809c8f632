-- Write down one change of what is held; p_grant null: of the room for overage, or of the hold's end alone.
-- The caller holds the account's lock and makes the change.
CREATE FUNCTION wallets_hold_note_v1(
    p_account uuid, p_hold uuid, p_kind text, p_grant uuid, p_tokens numeric, p_expires_at timestamptz, p_cause uuid, p_now timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO wallets_holdentry (
        account_id, wallet_id, hold_id, kind, grant_id, tokens, expires_at, cause_id, after_number, recorded_at)
    SELECT p_account, h.wallet_id, p_hold, p_kind, p_grant, p_tokens, p_expires_at, p_cause, w.last_number, p_now
    FROM wallets_hold h JOIN wallets_wallet w ON w.account_id = h.account_id AND w.id = h.wallet_id
    WHERE h.account_id = p_account AND h.id = p_hold;
END
$$;
-- reverse:
DROP FUNCTION wallets_hold_note_v1(uuid, uuid, text, uuid, numeric, timestamptz, uuid, timestamptz);
