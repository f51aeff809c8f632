-- Give the account a wallet in a unit, if it has none; answers the wallet. Takes the account's lock.
CREATE FUNCTION wallets_open_v1(p_account uuid, p_unit bigint) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM wallets_account_lock_v1(p_account);
    RETURN wallets_wallet_open_v1(p_account, p_unit);
END
$$;
-- reverse:
DROP FUNCTION wallets_open_v1(uuid, bigint);
