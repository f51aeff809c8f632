-- What an account has to pay with in a unit: the wallet, its floor, open overage (owed) and holds, and the grants that may pay.
-- overage_held: room above the floor that holds keep. next_due_at: when the next grant starts or the next hold ends; where that
-- has passed, settle the account and ask again. empty_since: null where something was available when it was last noted.
-- No row where the account has no wallet in the unit. PostgreSQL unfolds it into the query that asks.
CREATE TYPE wallets_funds AS (
    wallet uuid, floor numeric, owed numeric, held numeric, overage_held numeric, next_due_at timestamptz, empty_since bigint,
    grants wallets_candidate[]
);
CREATE FUNCTION wallets_funds_v1(p_account uuid, p_unit bigint, p_occurred_at timestamptz, p_now timestamptz) RETURNS SETOF wallets_funds
LANGUAGE sql STABLE
AS $$
    SELECT w.id, w.floor, w.overage, w.held, w.overage_held, w.next_due_at, w.empty_since,
           ARRAY(SELECT g FROM wallets_candidates_v1(p_account, w.id, p_occurred_at, p_now, false) AS g)
    FROM wallets_wallet w WHERE w.account_id = p_account AND w.unit_id = p_unit
$$;
-- reverse:
DROP FUNCTION wallets_funds_v1(uuid, bigint, timestamptz, timestamptz);
DROP TYPE wallets_funds;
