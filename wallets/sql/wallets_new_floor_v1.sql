-- The floor that a further wallet of the account begins with: that of its other wallets, 0 without any.
CREATE FUNCTION wallets_new_floor_v1(p_account uuid) RETURNS numeric
LANGUAGE sql STABLE
AS $$
    SELECT CASE WHEN count(*) = 0 THEN 0 ELSE max(floor) END FROM wallets_wallet WHERE account_id = p_account
$$;
-- reverse:
DROP FUNCTION wallets_new_floor_v1(uuid);
