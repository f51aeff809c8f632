-- The account's wallet in a unit, made where there is none, with the floor of the account's other wallets (0 without any).
-- The caller holds the account's lock.
CREATE FUNCTION wallets_wallet_open_v1(p_account uuid, p_unit bigint) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
    v_wallet uuid;
BEGIN
    SELECT id INTO v_wallet FROM wallets_wallet WHERE account_id = p_account AND unit_id = p_unit;
    IF v_wallet IS NULL THEN
        INSERT INTO wallets_wallet (account_id, unit_id, balance, held, overage, overage_held, last_number, floor)
        VALUES (p_account, p_unit, 0, 0, 0, 0, 0, wallets_new_floor_v1(p_account))
        RETURNING id INTO v_wallet;
    END IF;
    RETURN v_wallet;
END
$$;
-- reverse:
DROP FUNCTION wallets_wallet_open_v1(uuid, bigint);
