-- Lock an account's row, the one lock of all that moves its tokens; answers its state, null where there is no such account.
-- For the doors, which run as the owner.
CREATE FUNCTION wallets_account_lock_v1(p_account uuid) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    v_state text;
BEGIN
    SELECT state INTO v_state FROM wallets_account WHERE id = p_account FOR NO KEY UPDATE;
    RETURN v_state;
END
$$;
-- reverse:
DROP FUNCTION wallets_account_lock_v1(uuid);
