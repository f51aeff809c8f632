-- A hold as it stands, and what a capture can draw: its pins in their order, then the grants that may pay for usage at p_occurred_at.
-- overage_held: the room that it keeps; all_overage_held: with that of the wallet's other holds. The caller has settled the account.
CREATE TYPE wallets_hold_funds AS (
    wallet uuid, state text, expires_at timestamptz, overage_held numeric, owed numeric, all_overage_held numeric, empty_since bigint,
    pins wallets_candidate[], grants wallets_candidate[]
);
CREATE FUNCTION wallets_hold_funds_v1(
    p_account uuid, p_hold uuid, p_occurred_at timestamptz, p_now timestamptz
) RETURNS SETOF wallets_hold_funds
LANGUAGE sql STABLE
AS $$
    SELECT w.id, h.state, h.expires_at, h.overage_held, w.overage, w.overage_held, w.empty_since,
           ARRAY(SELECT ROW(
                     g.id, g.kind, g.features, p.held, false, true, false, g.priority, g.features = '{}', g.expires_at, g.draw_cost,
                     g.effective_at, g.created_at)::wallets_candidate
                 FROM wallets_pin p JOIN wallets_grant g ON g.id = p.grant_id AND g.account_id = p.account_id
                 WHERE p.hold_id = p_hold AND p.account_id = p_account AND p.held > 0 ORDER BY p.position),
           ARRAY(SELECT g FROM wallets_candidates_v1(p_account, w.id, p_occurred_at, p_now, true) AS g)
    FROM wallets_hold h JOIN wallets_wallet w ON w.account_id = h.account_id AND w.id = h.wallet_id
    WHERE h.id = p_hold AND h.account_id = p_account
$$;
-- reverse:
DROP FUNCTION wallets_hold_funds_v1(uuid, uuid, timestamptz, timestamptz);
DROP TYPE wallets_hold_funds;
