-- Remember that usage has noted whether a wallet has anything available. The caller holds the account's lock.
CREATE FUNCTION wallets_empty_v1(p_account uuid, p_wallet uuid, p_is_empty boolean) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE wallets_wallet SET empty_since = CASE WHEN p_is_empty THEN starts END WHERE id = p_wallet AND account_id = p_account;
END
$$;
-- reverse:
DROP FUNCTION wallets_empty_v1(uuid, uuid, boolean);
