-- Note that a wallet has nothing available any more, or something again: once a change. The caller holds the account's lock.
-- p_empty_since: of the wallet. One that never had anything is not noted. p_debit: null where no debit changed it.
CREATE FUNCTION usage_emptied_v1(
    p_account uuid, p_wallet uuid, p_available numeric, p_empty_since bigint, p_debit uuid, p_now timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF (p_available = 0) = (p_empty_since IS NOT NULL) THEN
        RETURN;
    END IF;
    IF p_available = 0 THEN
        PERFORM usage_cross_v1(p_account, 'balance.depleted', 'depleted', concat_ws(':', 'depleted', p_wallet, uuidv7()), p_debit, p_now);
    ELSIF p_empty_since > 0 THEN
        PERFORM usage_cross_v1(p_account, 'balance.recovered', 'recovered', concat_ws(':', 'recovered', p_wallet, uuidv7()), p_debit, p_now);
    END IF;
    PERFORM wallets_empty_v1(p_account, p_wallet, p_available = 0);
END
$$;
-- reverse:
DROP FUNCTION usage_emptied_v1(uuid, uuid, numeric, bigint, uuid, timestamptz);
