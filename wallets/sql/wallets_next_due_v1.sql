-- When the next thing is due in a wallet: a grant that waits for its start, or a hold's end. Null where nothing is.
CREATE FUNCTION wallets_next_due_v1(p_account uuid, p_wallet uuid) RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
    SELECT least(
        (SELECT min(effective_at) FROM wallets_grant WHERE account_id = p_account AND wallet_id = p_wallet AND is_pending),
        (SELECT min(expires_at) FROM wallets_hold WHERE account_id = p_account AND wallet_id = p_wallet AND state = 'held'))
$$;
-- reverse:
DROP FUNCTION wallets_next_due_v1(uuid, uuid);
