-- Note that a limit was crossed, once for each p_once. Answers whether it is new. The caller holds the account's lock.
CREATE FUNCTION usage_cross_v1(p_account uuid, p_kind text, p_name text, p_once text, p_debit uuid, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO usage_crossing (account_id, kind, name, once, debit_id, recorded_at)
    VALUES (p_account, p_kind, p_name, p_once, p_debit, p_now)
    ON CONFLICT (account_id, once) DO NOTHING;
    RETURN FOUND;
END
$$;
-- reverse:
DROP FUNCTION usage_cross_v1(uuid, text, text, text, uuid, timestamptz);
