-- Whether a hold kept what it keeps at p_at, whatever has become of it since and whenever its end was booked.
CREATE FUNCTION wallets_hold_open_v1(p_account uuid, p_hold uuid, p_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT h.created_at <= p_at AND h.expires_at > p_at AND (h.state IN ('held', 'expired') OR h.ended_at > p_at)
    FROM wallets_hold h WHERE h.id = p_hold AND h.account_id = p_account
$$;
-- reverse:
DROP FUNCTION wallets_hold_open_v1(uuid, uuid, timestamptz);
