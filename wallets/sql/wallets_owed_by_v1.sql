-- What is open of the overage that one debit took.
CREATE FUNCTION wallets_owed_by_v1(p_account uuid, p_debit uuid) RETURNS numeric
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(sum(tokens - repaid - reversed - settled), 0)
    FROM wallets_overage WHERE account_id = p_account AND cause_id = p_debit AND is_open
$$;
-- reverse:
DROP FUNCTION wallets_owed_by_v1(uuid, uuid);
