-- Let what is left of a grant stay with its account: transfers pass it over from now on. Answers whether there is such a grant.
CREATE FUNCTION wallets_bind_v1(p_account uuid, p_grant uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM wallets_account_lock_v1(p_account);
    UPDATE wallets_grant SET is_bound = true WHERE account_id = p_account AND id = p_grant;
    RETURN FOUND;
END
$$;
-- reverse:
DROP FUNCTION wallets_bind_v1(uuid, uuid);
