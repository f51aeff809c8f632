-- Record that a transfer asked for more than there was to move. The caller holds the account's lock. Answers the denial's id.
CREATE FUNCTION usage_deny_transfer_v1(
    p_account uuid, p_product bigint, p_key text, p_request jsonb, p_figures jsonb, p_now timestamptz
) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM wallets_account_lock_v1(p_account);
    RETURN usage_deny_v1(p_account, p_product, '', 'insufficient_tokens', p_key, p_request, p_figures, p_now);
END
$$;
-- reverse:
DROP FUNCTION usage_deny_transfer_v1(uuid, bigint, text, jsonb, jsonb, timestamptz);
