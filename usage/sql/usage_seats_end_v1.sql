-- End the account's checkouts that gave no sign of life in time, each at its last one. Answers how many.
-- Called before every call about a seat, so that no job decides who has one. The caller holds the account's lock.
CREATE FUNCTION usage_seats_end_v1(p_account uuid, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    v_count integer;
BEGIN
    WITH lost AS (
        UPDATE usage_checkout SET ended_at = last_beat_at, ended_by = 'lost'
        WHERE account_id = p_account AND ended_at IS NULL AND alive_until <= p_now
        RETURNING id, ended_at
    )
    INSERT INTO usage_checkoutmove (account_id, checkout_id, seat, at) SELECT p_account, id, '', ended_at FROM lost;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
-- reverse:
DROP FUNCTION usage_seats_end_v1(uuid, timestamptz);
