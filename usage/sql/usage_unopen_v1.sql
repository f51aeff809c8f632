-- End what a debit opened, from now: it was reversed whole. What others opened stays. The caller holds the account's lock.
CREATE FUNCTION usage_unopen_v1(p_account uuid, p_debit uuid, p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO usage_access (account_id, pattern, kind, effective_from, debit_id, recorded_at, set_by, reason)
    SELECT DISTINCT p_account, pattern, 'none', p_now, p_debit, p_now, '', '' FROM usage_access
    WHERE account_id = p_account AND debit_id = p_debit AND kind = 'open' AND effective_until > p_now;
    IF FOUND THEN
        PERFORM usage_terms_changed_v1(p_account);
    END IF;
END
$$;
-- reverse:
DROP FUNCTION usage_unopen_v1(uuid, uuid, timestamptz);
