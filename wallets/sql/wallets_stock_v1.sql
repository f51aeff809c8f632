-- What shares spent, purchases and new overage are told by: of one wallet, no row where there is none.
CREATE TYPE wallets_stock AS (stocked numeric, starts bigint, bought numeric, purchases bigint, overdrawn_from bigint);
CREATE FUNCTION wallets_stock_v1(p_account uuid, p_wallet uuid) RETURNS SETOF wallets_stock
LANGUAGE sql STABLE
AS $$
    SELECT stocked, starts, bought, purchases, overdrawn_from FROM wallets_wallet WHERE account_id = p_account AND id = p_wallet
$$;
-- reverse:
DROP FUNCTION wallets_stock_v1(uuid, uuid);
DROP TYPE wallets_stock;
