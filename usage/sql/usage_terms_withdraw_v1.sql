-- Take scheduled terms of an account back before they begin: what held until then goes on until the next, or for good.
-- Debits under way end first, and what was priced by these terms is priced anew, since usage may be dated a few minutes ahead.
-- Answers withdrawn, unknown_terms, already_withdrawn or already_begun.
CREATE FUNCTION usage_terms_withdraw_v1(
    p_account uuid, p_terms uuid, p_by text, p_reason text, p_now timestamptz DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_now timestamptz;
    v_from timestamptz;
BEGIN
    PERFORM wallets_account_lock_v1(p_account);
    v_now := coalesce(p_now, clock_timestamp());
    SELECT effective_from INTO v_from FROM usage_terms WHERE account_id = p_account AND id = p_terms;
    IF NOT FOUND THEN
        RETURN 'unknown_terms';
    ELSIF EXISTS (SELECT FROM usage_termswithdrawal WHERE account_id = p_account AND terms_id = p_terms) THEN
        RETURN 'already_withdrawn';
    ELSIF v_from IS NULL OR v_from <= v_now THEN
        RETURN 'already_begun';
    END IF;
    INSERT INTO usage_termswithdrawal (account_id, terms_id, withdrawn_at, withdrawn_by, reason)
    VALUES (p_account, p_terms, v_now, p_by, p_reason);
    PERFORM usage_terms_changed_v1(p_account);
    RETURN 'withdrawn';
END
$$;
-- reverse:
DROP FUNCTION usage_terms_withdraw_v1(uuid, uuid, text, text, timestamptz);
