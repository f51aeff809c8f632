-- A hold as it stands; no row where there is none. The caller has settled the account.
CREATE FUNCTION wallets_hold_state_v1(
    p_account uuid, p_hold uuid, OUT state text, OUT held numeric, OUT overage_held numeric, OUT expires_at timestamptz
) RETURNS SETOF record
LANGUAGE sql STABLE
AS $$
    SELECT h.state, h.held, h.overage_held, h.expires_at FROM wallets_hold h WHERE h.id = p_hold AND h.account_id = p_account
$$;
-- reverse:
DROP FUNCTION wallets_hold_state_v1(uuid, uuid);
