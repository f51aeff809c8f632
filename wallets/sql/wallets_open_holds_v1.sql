-- The holds of an account that kept what they keep at p_at, whatever has become of them since and whenever their end was booked.
-- PostgreSQL unfolds it into the query that asks.
CREATE FUNCTION wallets_open_holds_v1(p_account uuid, p_at timestamptz) RETURNS TABLE (hold uuid)
LANGUAGE sql STABLE
AS $$
    SELECT h.id FROM wallets_hold h
    WHERE h.account_id = p_account AND h.created_at <= p_at AND h.expires_at > p_at AND (h.state IN ('held', 'expired') OR h.ended_at > p_at)
$$;
-- reverse:
DROP FUNCTION wallets_open_holds_v1(uuid, timestamptz);
