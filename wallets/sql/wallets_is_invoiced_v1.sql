-- Whether a final invoice carries overage that one debit took, and no credit note has given all of it back.
CREATE FUNCTION wallets_is_invoiced_v1(p_account uuid, p_debit uuid) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (SELECT FROM wallets_overage WHERE account_id = p_account AND cause_id = p_debit AND settled > 0)
$$;
-- reverse:
DROP FUNCTION wallets_is_invoiced_v1(uuid, uuid);
