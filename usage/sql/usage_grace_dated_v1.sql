-- Let the grace that an overage is in end by the term that it was judged by now, at once where that has passed: the policy may be another
-- one than when it began. Of debits alone, for a capture is judged by the policy that its hold keeps. The caller holds the account's lock.
CREATE FUNCTION usage_grace_dated_v1(p_account uuid, p_wallet uuid, p_judged usage_judged, p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE usage_grace SET ends_at = p_judged.grace_ends_at
    WHERE account_id = p_account AND wallet_id = p_wallet AND overdrawn_from = (p_judged.stock).overdrawn_from AND ended_at IS NULL
      AND ends_at IS DISTINCT FROM p_judged.grace_ends_at;
    IF p_judged.grace_ends_at <= p_now THEN
        PERFORM usage_grace_over_v1(p_account, g.id, 'term', NULL, p_now) FROM usage_grace g
        WHERE g.account_id = p_account AND g.wallet_id = p_wallet AND g.overdrawn_from = (p_judged.stock).overdrawn_from AND g.ended_at IS NULL;
    END IF;
END
$$;
-- reverse:
DROP FUNCTION usage_grace_dated_v1(uuid, uuid, usage_judged, timestamptz);
