-- Note that what an account pays by has changed: what was priced under an older revision is priced again.
CREATE FUNCTION usage_terms_changed_v1(p_account uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_revision bigint;
BEGIN
    PERFORM wallets_account_lock_v1(p_account);
    INSERT INTO usage_standing (account_id, revision) VALUES (p_account, 1)
    ON CONFLICT (account_id) DO UPDATE SET revision = usage_standing.revision + 1
    RETURNING revision INTO v_revision;
    RETURN v_revision;
END
$$;
-- reverse:
DROP FUNCTION usage_terms_changed_v1(uuid);
